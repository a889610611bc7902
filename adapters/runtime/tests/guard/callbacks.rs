//! Verifiers and hooks of the application.

use std::sync::{Arc, Mutex};

use portcullis_runtime::{AdmittedRequest, Credential, CredentialDecision, HookDecision, RoutePolicy};

use crate::support::{CLIENT, Request, builder, config, denial};

#[tokio::test]
async fn only_the_verifier_receives_the_secret() {
    let shown = Arc::new(Mutex::new(String::new()));
    let log = Arc::clone(&shown);
    let (builder, _, sink) = builder(config(|_| {}));
    let guard = builder
        .verifier("jwt", move |secret: portcullis_runtime::Secret| {
            *log.lock().unwrap() = format!("{secret:?}");
            let good = secret.expose() == b"s3cret";
            async move { if good { CredentialDecision::Accept } else { CredentialDecision::Reject } }
        })
        .build()
        .unwrap();
    let policy = guard.policy("api", RoutePolicy::new().verify(Credential::Bearer, "jwt")).unwrap();
    let request = |value| Request { headers: vec![("authorization", value)], ..Request::policy(policy) };
    assert_eq!(request("Bearer s3cret").status(&guard).await, None);
    assert_eq!(*shown.lock().unwrap(), "Secret(..)");
    assert_eq!(request("Bearer s3cre7").status(&guard).await, Some(401));
    let output = format!("{:?} {:?}", sink.events(), request("Bearer s3cre7").head());
    assert!(!output.contains("s3cre"), "{output}");
}

#[tokio::test]
async fn a_hook_receives_the_client_and_the_request() {
    let request = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&request);
    let (builder, _, _) = builder(config(|_| {}));
    let guard = builder
        .hook("closed", move |request: portcullis_runtime::HookRequest| {
            log.lock().unwrap().push((request.client, request.method, request.path));
            async { HookDecision::Deny(451, "not here".into()) }
        })
        .hook("broken", |_| async { HookDecision::Fail })
        .build()
        .unwrap();
    let closed = guard.policy("closed", RoutePolicy::new().hook("closed")).unwrap();
    let rejected = denial(Request::policy(closed).check(&guard).await).unwrap();
    assert_eq!((rejected.status, rejected.body.as_str()), (451, "not here"));
    assert_eq!(*request.lock().unwrap(), [(Some(CLIENT), "GET".into(), "/items".into())]);
    let broken = guard.policy("broken", RoutePolicy::new().hook("broken")).unwrap();
    assert_eq!(Request::policy(broken).status(&guard).await, Some(500));
}

#[tokio::test]
async fn a_hook_may_call_the_guard() {
    let inner = builder(config(|_| {})).0.build().unwrap();
    let (builder, _, _) = builder(config(|_| {}));
    let guard = builder
        .hook("nested", move |_| {
            let inner = inner.clone();
            async move {
                match Request::attack().status(&inner).await {
                    Some(400) => HookDecision::Pass,
                    other => HookDecision::Deny(500, format!("{other:?}")),
                }
            }
        })
        .build()
        .unwrap();
    let nested = guard.policy("nested", RoutePolicy::new().hook("nested")).unwrap();
    assert_eq!(
        Request::policy(nested).status(&guard).await,
        None,
        "one request borrows nothing from another"
    );
}

#[tokio::test]
async fn a_request_that_is_given_up_leaves_the_guard_usable() {
    let (builder, _, sink) = builder(config(|_| {}));
    let guard = builder.hook("never", |_| std::future::pending()).build().unwrap();
    let never = guard.policy("never", RoutePolicy::new().hook("never")).unwrap();
    for _ in 0..3 {
        let request = Request::policy(never);
        let waited = tokio::time::timeout(std::time::Duration::from_millis(1), request.check(&guard)).await;
        assert!(waited.is_err());
        assert_eq!(Request::attack().status(&guard).await, Some(400));
    }
    assert_eq!(sink.records().len(), 3, "only what was decided is reported");
}

#[tokio::test]
async fn a_callback_that_panics_has_failed_wherever_it_does() {
    let (builder, _, _) = builder(config(|_| {}));
    let guard = builder
        .verifier("at once", |_| -> std::future::Ready<CredentialDecision> {
            panic!("before there is a future")
        })
        .verifier("later", |_| async {
            tokio::task::yield_now().await;
            panic!("in the future")
        })
        .hook("hook", |_| async { panic!("in a hook") })
        .build()
        .unwrap();
    for (name, status) in [("at once", 401), ("later", 401)] {
        let policy = RoutePolicy::new().verify(Credential::Bearer, name);
        let policy = guard.policy(name, policy).unwrap();
        let request = Request { headers: vec![("authorization", "Bearer a")], ..Request::policy(policy) };
        assert_eq!(request.status(&guard).await, Some(status), "{name}");
    }
    let policy = guard.policy("hook", RoutePolicy::new().hook("hook")).unwrap();
    assert_eq!(Request::policy(policy).status(&guard).await, Some(500));
    assert_eq!(Request::clean().status(&guard).await, None, "the guard goes on");
}

#[tokio::test(start_paused = true)]
async fn a_callback_has_until_the_deadline_and_no_longer() {
    let late = |millis| {
        move |_: portcullis_runtime::HookRequest| async move {
            tokio::time::sleep(std::time::Duration::from_millis(millis)).await;
            HookDecision::Pass
        }
    };
    let (builder, _, _) = builder(config(|_| {}));
    let guard = builder
        .callback_deadline(std::time::Duration::from_millis(100))
        .hook("in time", late(99))
        .hook("late", late(101))
        .build()
        .unwrap();
    for (name, status) in [("in time", None), ("late", Some(500))] {
        let policy = guard.policy(name, RoutePolicy::new().hook(name)).unwrap();
        assert_eq!(Request::policy(policy).status(&guard).await, status, "{name}");
    }
}

#[tokio::test]
async fn a_principal_is_passed_to_the_adapter_and_to_hooks() {
    let (builder, _, _) = builder(config(|_| {}));
    let principal_of_hook = Arc::new(Mutex::new(None));
    let log = Arc::clone(&principal_of_hook);
    let guard = builder
        .verifier("jwt", |_| async { CredentialDecision::AcceptAs("alice".into()) })
        .hook("log", move |request: portcullis_runtime::HookRequest| {
            assert_eq!(request.header("AUTHORIZATION"), Some(&b"Bearer s3cret"[..]));
            assert!(!format!("{request:?}").contains("s3cret"));
            *log.lock().unwrap() = request.principal;
            async { HookDecision::Pass }
        })
        .build()
        .unwrap();
    let policy = RoutePolicy::new().verify(Credential::Bearer, "jwt").hook("log");
    let policy = guard.policy("api", policy).unwrap();
    let request = Request { headers: vec![("authorization", "Bearer s3cret")], ..Request::policy(policy) };
    let Ok(AdmittedRequest { admission, .. }) = request.check(&guard).await else { panic!("served") };
    assert_eq!(admission.principal(), Some("alice"));
    assert_eq!(principal_of_hook.lock().unwrap().as_deref(), Some("alice"));
    let Ok(AdmittedRequest { admission, .. }) = Request::clean().check(&guard).await else {
        panic!("served")
    };
    assert_eq!(admission.principal(), None);
}
