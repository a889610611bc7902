//! Verifiers and hooks of the application, asked through the guard.

use std::sync::{Arc, Mutex};

use portcullis_runtime::{Credential, HookAnswer, RoutePolicy, Verified};

use crate::support::{CLIENT, Request, builder, config, denial};

#[tokio::test]
async fn a_verifier_sees_the_secret_and_nobody_else_does() {
    let shown = Arc::new(Mutex::new(String::new()));
    let log = Arc::clone(&shown);
    let (builder, _, kept) = builder(config(|_| {}));
    let guard = builder
        .verifier("jwt", move |secret: portcullis_runtime::Secret| {
            *log.lock().unwrap() = format!("{secret:?}");
            let good = secret.expose() == b"s3cret";
            async move { if good { Verified::Accept } else { Verified::Reject } }
        })
        .build()
        .unwrap();
    let policy = guard.policy("api", RoutePolicy::new().verify(Credential::Bearer, "jwt")).unwrap();
    let request = |value| Request { headers: vec![("authorization", value)], ..Request::policy(policy) };
    assert_eq!(request("Bearer s3cret").status(&guard).await, None);
    assert_eq!(*shown.lock().unwrap(), "Secret(..)");
    assert_eq!(request("Bearer s3cre7").status(&guard).await, Some(401));
    let said = format!("{:?} {:?}", kept.events(), request("Bearer s3cre7").head());
    assert!(!said.contains("s3cre"), "{said}");
}

#[tokio::test]
async fn a_hook_is_told_who_asks_for_what() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let (builder, _, _) = builder(config(|_| {}));
    let guard = builder
        .hook("closed", move |request: portcullis_runtime::Asked| {
            log.lock().unwrap().push((request.client, request.method, request.path));
            async { HookAnswer::Deny(451, "not here".into()) }
        })
        .hook("broken", |_| async { HookAnswer::Fail })
        .build()
        .unwrap();
    let closed = guard.policy("closed", RoutePolicy::new().hook("closed")).unwrap();
    let refused = denial(Request::policy(closed).check(&guard).await).unwrap();
    assert_eq!((refused.status, refused.body.as_str()), (451, "not here"));
    assert_eq!(*asked.lock().unwrap(), [(Some(CLIENT), "GET".into(), "/items".into())]);
    let broken = guard.policy("broken", RoutePolicy::new().hook("broken")).unwrap();
    assert_eq!(Request::policy(broken).status(&guard).await, Some(500));
}
