//! A guard inside another, driven as adapters do.

use std::sync::{Arc, Mutex};

use portcullis_runtime::{
    AdmittedRequest, Credential, CredentialDecision, Guard, HookDecision, PolicyHandle, RoutePolicy,
};

use crate::support::{Request, builder, config, no_body};

/// The admission by an outer guard, and by an inner one with this policy.
async fn admit(guard: &Guard, request: &Request, inner: PolicyHandle) -> AdmittedRequest {
    let outer = guard.arrive().check(request.head(), &mut no_body()).await.unwrap();
    let arrival = guard.arrive_within(&outer.admission).unwrap();
    arrival.check(request.head().policy(inner), &mut no_body()).await.unwrap()
}

#[tokio::test]
async fn an_inner_policy_does_not_loosen_the_inspection_of_messages() {
    let guard = builder(config(|_| {})).0.build().unwrap();
    let open = guard.policy("open", RoutePolicy::new().detect(false)).unwrap();
    let AdmittedRequest { admission, .. } = admit(&guard, &Request::clean(), open).await;
    let mut messages = admission.messages("/chat");
    assert!(messages.inspect("hello").is_ok());
    assert_eq!(messages.inspect("<script>alert(1)</script>").unwrap_err().code, 1008);
    // Without an outer guard the policy decides alone.
    let alone = Request::policy(open).check(&guard).await.unwrap();
    assert!(alone.admission.messages("/chat").inspect("<script>alert(1)</script>").is_ok());
}

#[tokio::test]
async fn the_principal_of_the_outer_guard_is_that_of_the_inner_one() {
    let seen = Arc::new(Mutex::new(None));
    let by_hook = Arc::clone(&seen);
    let guard = builder(config(|_| {}))
        .0
        .verifier("jwt", |_, _| async { CredentialDecision::AcceptAs("ann".into()) })
        .hook("seen", move |request| {
            *by_hook.lock().unwrap() = request.principal().map(ToOwned::to_owned);
            async { HookDecision::Pass }
        })
        .build()
        .unwrap();
    let api = guard.policy("api", RoutePolicy::new().verify(Credential::Bearer, "jwt")).unwrap();
    let inner = guard.policy("inner", RoutePolicy::new().hook("seen")).unwrap();
    let request = Request { headers: vec![("authorization", "Bearer x")], ..Request::policy(api) };
    let AdmittedRequest { admission, .. } = admit(&guard, &request, inner).await;
    assert_eq!(admission.principal(), Some("ann"));
    assert_eq!(seen.lock().unwrap().as_deref(), Some("ann"));
}

#[tokio::test]
async fn attachments_of_a_callback_that_rejects_are_dropped() {
    let guard = builder(config(|config| config.passive = true))
        .0
        .verifier("jwt", |_, request| {
            request.attachments().insert("claims of nobody");
            async { CredentialDecision::Reject }
        })
        .hook("notes", |request| {
            request.attachments().insert(7_u32);
            async { HookDecision::Pass }
        })
        .build()
        .unwrap();
    let policy = RoutePolicy::new().verify(Credential::Bearer, "jwt").hook("notes");
    let policy = guard.policy("api", policy).unwrap();
    let request = Request { headers: vec![("authorization", "Bearer x")], ..Request::policy(policy) };
    let AdmittedRequest { admission, .. } = request.check(&guard).await.unwrap();
    assert_eq!((admission.get::<&str>(), admission.get::<u32>()), (None, Some(&7)));
}
