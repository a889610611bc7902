//! Verifiers and hooks of the application.

use std::sync::{Arc, Mutex};

use portcullis_runtime::{
    AdmittedRequest, BoxFuture, Credential, CredentialDecision, Hook, HookDecision, Rate, RequestView,
    RoutePolicy,
};

use crate::support::{CLIENT, Request, builder, config, denial};

#[tokio::test]
async fn only_the_verifier_receives_the_secret() {
    let shown = Arc::new(Mutex::new(String::new()));
    let log = Arc::clone(&shown);
    let (builder, _, sink) = builder(config(|_| {}));
    let guard = builder
        .verifier("jwt", move |secret, _| {
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
        .hook("closed", move |request| {
            let (method, path) = (request.method().to_owned(), request.path().to_owned());
            log.lock().unwrap().push((request.client(), method, path));
            async { HookDecision::Deny(http::StatusCode::from_u16(451).unwrap(), "not here".into()) }
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
                    other => {
                        HookDecision::Deny(http::StatusCode::from_u16(500).unwrap(), format!("{other:?}"))
                    }
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
        .verifier("at once", |_, _| -> std::future::Ready<CredentialDecision> {
            panic!("before there is a future")
        })
        .verifier("later", |_, _| async {
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
        move |_: &RequestView<'_>| async move {
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
        .verifier("jwt", |_, _| async { CredentialDecision::AcceptAs("alice".into()) })
        .hook("log", move |request| {
            assert_eq!(request.header("AUTHORIZATION"), Some(&b"Bearer s3cret"[..]));
            assert!(!format!("{request:?}").contains("s3cret"));
            *log.lock().unwrap() = request.principal().map(ToOwned::to_owned);
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

/// What a verifier attaches for the handler.
#[derive(Clone, Debug, PartialEq)]
struct Claims(&'static str);

/// A hook that borrows the request while it awaits.
struct Tenants;

impl Hook for Tenants {
    fn run<'a>(&'a self, request: &'a RequestView<'a>) -> BoxFuture<'a, HookDecision> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            let known: Option<&u32> = request.extension();
            match (request.header("X-Tenant"), request.query(), known) {
                (Some(b"acme"), Some("q=1"), Some(7)) => HookDecision::Pass,
                _ => HookDecision::Deny(http::StatusCode::CONFLICT, String::new()),
            }
        })
    }
}

#[tokio::test]
async fn callbacks_read_the_request_and_attach_values_for_the_handler() {
    let guard = builder(config(|_| {}))
        .0
        .verifier("jwt", |_, request| {
            let attachments = request.attachments().clone();
            let is_get = request.method() == "GET" && request.client() == Some(CLIENT);
            async move {
                attachments.insert(Claims("of the verifier"));
                if is_get { CredentialDecision::Accept } else { CredentialDecision::Reject }
            }
        })
        .hook_with("tenants", Tenants)
        .build()
        .unwrap();
    let policy = RoutePolicy::new().verify(Credential::Bearer, "jwt").hook("tenants");
    let policy = guard.policy("api", policy).unwrap();
    let more = guard.policy("more", RoutePolicy::new().rate(Rate::per_minute(5))).unwrap();
    let headers = vec![("authorization", "Bearer x"), ("x-tenant", "acme")];
    let request = Request { headers, query: Some("q=1"), ..Request::policy(policy) };
    let mut extensions = http::Extensions::new();
    let check = async |extensions: &http::Extensions| {
        guard.arrive().check(request.head().extensions(extensions), &mut crate::support::no_body()).await
    };
    assert_eq!(denial(check(&extensions).await).unwrap().status, 409, "no extension");
    extensions.insert(7_u32);
    let AdmittedRequest { admission, .. } = check(&extensions).await.unwrap();
    assert_eq!(admission.get::<Claims>(), Some(&Claims("of the verifier")));
    assert_eq!(admission.get::<u32>(), None, "an extension of the request is no attachment");
    // An inner guard keeps what the outer one attached.
    let inner = guard.arrive_within(&admission).unwrap();
    let head = request.head().policy(more);
    let AdmittedRequest { admission, .. } = inner.check(head, &mut crate::support::no_body()).await.unwrap();
    assert_eq!(admission.get::<Claims>(), Some(&Claims("of the verifier")));
    assert_eq!((admission.policy(), admission.rate().map(|rate| rate.remaining)), (Some("more"), Some(4)));
}

#[tokio::test]
async fn a_status_that_rejects_nothing_is_a_fault_of_the_hook() {
    let guard = builder(config(|_| {}))
        .0
        .hook("ok", |_| async { HookDecision::Deny(http::StatusCode::OK, "fine".into()) })
        .build()
        .unwrap();
    let policy = guard.policy("ok", RoutePolicy::new().hook("ok")).unwrap();
    assert_eq!(Request::policy(policy).status(&guard).await, Some(500));
}

#[tokio::test]
async fn counts_of_the_application_are_by_name_and_subject() {
    let (builder, clock, _) = builder(config(|_| {}));
    let guard = builder.build().unwrap();
    let count = async |name, subject: &str| guard.count(name, subject, Rate::per_minute(2)).await;
    let remaining = |count: portcullis_runtime::ApplicationCount| count.rate().unwrap().remaining;
    assert_eq!(remaining(count("log-in", "ann").await), 1);
    assert_eq!(remaining(count("log-in", "ann").await), 0);
    let third = count("log-in", "ann").await;
    assert!(!third.is_within());
    assert_eq!(third.headers()["retry-after"], "60");
    assert_eq!(third.headers()["ratelimit-policy"], "\"default\";q=2;w=60");
    assert!(count("log-in", "bob").await.is_within(), "another subject");
    assert!(count("reports", "ann").await.is_within(), "another name");
    clock.advance(std::time::Duration::from_secs(61));
    assert!(count("log-in", "ann").await.is_within());
}

#[tokio::test]
async fn a_look_up_is_about_the_next_hit() {
    let (builder, _, _) = builder(config(|_| {}));
    let guard = builder.build().unwrap();
    for limit in [1, 2, 5, 40] {
        let (name, rate) = (format!("limit {limit}"), Rate::per_minute(limit));
        for hit in 0..limit {
            assert!(guard.count_cost(&name, "ann", rate, 0).await.is_within(), "{limit}: before hit {hit}");
            assert!(guard.count(&name, "ann", rate).await.is_within());
        }
        let look_up = guard.count_cost(&name, "ann", rate, 0).await;
        assert!(!look_up.is_within() && !look_up.retry_after().is_zero(), "{limit}: {look_up:?}");
        assert!(look_up.headers().contains_key("retry-after"));
        assert!(!guard.count(&name, "ann", rate).await.is_within());
    }
}
