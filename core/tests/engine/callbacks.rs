//! Verifiers and hooks: which are called, in which order, and the result of each decision.

use std::sync::atomic::Ordering;

use portcullis_core::{
    Check, Credential, CredentialDecision, Decision, HookDecision, PolicyHandle, Rate, RoutePolicy,
};

use crate::support::{CLIENT, Driven, NOW, Request, SQL, Script, Store, engine, events, header, with_policy};

fn drive(policy: RoutePolicy, request: Request, script: &Script) -> Driven {
    let (engine, handle) = with_policy(&engine(|_| {}), policy);
    request.policy(handle).drive(&engine, &Store::default(), NOW, script)
}

fn hooks(answers: &[HookDecision]) -> Script {
    Script { hooks: answers.to_vec(), ..Script::default() }
}

fn verified(credential: CredentialDecision) -> Script {
    Script { credential, ..Script::default() }
}

#[test]
fn hooks_are_called_last_and_in_order() {
    let policy = RoutePolicy::new().hook("b").hook("a").hook("b").verify(Credential::Bearer, "jwt");
    let request = Request::get("/").header("authorization", "Bearer abc");
    let driven = drive(policy.clone(), request.clone(), &Script::default());
    assert!(driven.verdict.is_allow());
    assert_eq!(driven.calls, ["verifier jwt: abc", "hook b", "hook a", "hook b"]);
    let attack = Request { query: Some(format!("q={SQL}")), ..request };
    let driven = drive(policy, attack, &Script::default());
    assert_eq!((driven.status(), driven.calls.len()), (Some(400), 1), "hooks are not called for an attack");
}

#[test]
fn a_hook_that_denies_ends_the_request() {
    let policy = || RoutePolicy::new().hook("a").hook("b");
    let deny = |status: u16| HookDecision::Deny(http::StatusCode::from_u16(status).unwrap(), "closed".into());
    let driven = drive(policy(), Request::get("/"), &hooks(&[deny(451)]));
    assert_eq!((driven.status(), driven.calls.len()), (Some(451), 1));
    let denial = driven.verdict.denial().unwrap();
    assert_eq!((denial.check, denial.body.as_str()), (Check::CustomRequest, "closed"));
    assert_eq!(events(&driven.verdict), ["custom_request_check"]);
    let driven = drive(policy(), Request::get("/"), &hooks(&[HookDecision::Pass, deny(403)]));
    assert_eq!((driven.status(), driven.calls.len()), (Some(403), 2));
    for (given, status) in
        [(100, 500), (200, 500), (302, 500), (400, 400), (599, 599), (600, 500), (999, 500)]
    {
        let driven = drive(policy(), Request::get("/"), &hooks(&[deny(given)]));
        assert_eq!(driven.status(), Some(status), "a rejection never has a status of success");
    }
}

#[test]
fn a_hook_that_fails_rejects() {
    let driven = drive(RoutePolicy::new().hook("a"), Request::get("/"), &hooks(&[HookDecision::Fail]));
    let denial = driven.verdict.denial().unwrap();
    assert_eq!((denial.status, denial.body.as_str()), (500, "Security check failed"));
}

#[test]
fn a_verifier_decides_about_the_credential_of_its_kind() {
    let basic = || RoutePolicy::new().verify(Credential::Basic, "users");
    let key = || RoutePolicy::new().verify(Credential::Header("X-Api-Key".parse().unwrap()), "keys");
    let bearer = || RoutePolicy::new().verify(Credential::Bearer, "jwt");
    for (policy, name, value, claim) in [
        (bearer(), "Authorization", "bEaReR  abc ", Some("abc")),
        (bearer(), "authorization", "Basic abc", None),
        (bearer(), "authorization", "Bearer", None),
        (bearer(), "authorization", "Bearer ", None),
        (bearer(), "authorization", "", None),
        (basic(), "authorization", "Basic YTpi", Some("YTpi")),
        (basic(), "authorization", "Bearer YTpi", None),
        (key(), "x-api-key", "Basic 1", Some("Basic 1")),
        (key(), "x-api-key", " ", None),
        (key(), "x-other", "1", None),
    ] {
        let driven = drive(policy, Request::get("/").header(name, value), &Script::default());
        let calls: Option<&str> =
            driven.calls.first().and_then(|line| line.split_once(": ")).map(|(_, claim)| claim);
        assert_eq!(calls, claim, "{name}: {value}");
        assert_eq!(driven.status(), if claim.is_some() { None } else { Some(401) }, "{name}: {value}");
    }
}

#[test]
fn a_rejected_credential_is_counted() {
    let policy = || RoutePolicy::new().verify(Credential::Bearer, "jwt");
    let request = Request::get("/").header("authorization", "Bearer abc");
    for (answer, reason) in [
        (CredentialDecision::Reject, "Authentication failed"),
        (CredentialDecision::Fail, "Authentication error"),
    ] {
        let driven = drive(policy(), request.clone(), &verified(answer));
        assert_eq!((driven.status(), driven.verdict.record.check), (Some(401), Some(Check::Authentication)));
        assert_eq!(driven.verdict.events[0].reason, reason);
    }
    assert!(drive(policy(), request.clone(), &verified(CredentialDecision::Accept)).verdict.is_allow());

    let (engine, handle) = with_policy(&engine(|config| config.ban.threshold = 3), policy());
    let store = Store::default();
    let guess = |store: &Store| {
        request
            .clone()
            .policy(handle)
            .drive(&engine, store, NOW, &verified(CredentialDecision::Reject))
            .status()
    };
    assert_eq!([guess(&store), guess(&store), guess(&store)], [Some(401); 3]);
    assert_eq!(store.deferred.load(Ordering::Relaxed), 3);
    assert_eq!(guess(&store), Some(403), "guessing ends in a ban");
}

#[test]
fn a_limited_client_never_reaches_the_verifier() {
    let policy = RoutePolicy::new().verify(Credential::Bearer, "jwt").rate(Rate::per_minute(1));
    let (engine, handle) = with_policy(&engine(|_| {}), policy);
    let store = Store::default();
    let request = Request::get("/").header("authorization", "Bearer abc").policy(handle);
    assert_eq!(request.drive(&engine, &store, NOW, &Script::default()).calls.len(), 1);
    let driven = request.drive(&engine, &store, NOW, &Script::default());
    assert_eq!((driven.status(), driven.calls.len()), (Some(429), 0));
}

fn preflight(handle: PolicyHandle) -> Request {
    let mut request = Request::get("/").header("origin", "https://a.example").policy(handle);
    request = request.header("access-control-request-method", "PUT");
    request.method = "OPTIONS".into();
    request
}

#[test]
fn a_preflight_needs_no_credential_and_counts_nowhere_but_is_inspected() {
    let policy = RoutePolicy::new()
        .verify(Credential::Bearer, "jwt")
        .rate(Rate::per_minute(1))
        .hook("last")
        .validator("first");
    let (engine, handle) = with_policy(&engine(|config| config.cors.enabled = true), policy);
    let store = Store::default();
    let mut request = preflight(handle);
    for _ in 0..5 {
        let driven = request.drive(&engine, &store, NOW, &Script::default());
        let Decision::Preflight(answer) = driven.verdict.decision else { panic!("not answered") };
        assert_eq!((answer.status, answer.body.as_str()), (200, "OK"));
        assert!(driven.calls.is_empty());
    }
    request.query = Some(format!("q={SQL}"));
    assert_eq!(request.status(&engine, &store), Some(400));
    let mut plain = Request::get("/").policy(handle);
    plain.method = "OPTIONS".into();
    assert_eq!(plain.status(&engine, &store), Some(401), "OPTIONS alone is not a preflight");
    assert_eq!(plain.run(&engine, &Store::default()).client.address, Some(CLIENT));
}

#[test]
fn a_preflight_for_the_application_is_checked_like_any_request() {
    let policy = RoutePolicy::new().verify(Credential::Bearer, "jwt");
    let (engine, handle) = with_policy(&engine(|_| {}), policy);
    assert_eq!(preflight(handle).status(&engine, &Store::default()), Some(401));
}

#[test]
fn every_rejection_is_listed_with_its_reason() {
    let engine = engine(|config| {
        config.shadow = vec![Check::RateLimit];
        config.rate.limit = Some(Rate::per_minute(1));
        config.events.enabled = false;
    });
    let store = Store::default();
    assert!(Request::get("/").run(&engine, &store).rejections.is_empty());
    let mut attack = Request::get("/");
    attack.query = Some(format!("q={SQL}"));
    let rejections = attack.run(&engine, &store).rejections;
    let summary: Vec<_> = rejections.iter().map(|one| (one.check, one.status, one.report_only)).collect();
    assert_eq!(summary, [(Check::RateLimit, 429, true), (Check::SuspiciousActivity, 400, false)]);
    let limited = format!("Rate limit exceeded for IP: {CLIENT} (2 requests in 60s window)");
    assert_eq!(rejections[0].reason, limited);
    assert!(rejections[0].trigger.is_empty());
    let (reason, trigger) = (&rejections[1].reason, &rejections[1].trigger);
    assert_eq!(*reason, format!("Suspicious activity detected for IP: {CLIENT} - {trigger}"));
    assert!(trigger.contains("sqli"), "{trigger}");
}

#[test]
fn the_message_of_a_rejected_grpc_call_has_the_reference() {
    let script = Script {
        hooks: vec![HookDecision::Deny(
            http::StatusCode::from_u16(403).unwrap(),
            "100 % \u{e9}, see {reference}".into(),
        )],
        ..Script::default()
    };
    let request = Request::post("/shop.Cart/Add", "application/grpc", "");
    let mut driven = drive(RoutePolicy::new().hook("last"), request, &script);
    let Decision::Deny(denial) = &mut driven.verdict.decision else { panic!("passed") };
    denial.set_reference_id(portcullis_core::ReferenceId(0x4f));
    let field = |name| header(&driven.verdict, name);
    assert_eq!((driven.status(), field("grpc-status")), (Some(200), Some("7")));
    assert_eq!(field("grpc-message"), Some("100 %25 %C3%A9, see 000000000000004f"));
    assert_eq!(driven.verdict.record.status, Some(403), "the record has the status of the rejection");
}

#[test]
fn a_response_of_a_hook_is_not_rewritten() {
    let response = portcullis_core::HookResponse::new(http::StatusCode::CONFLICT)
        .header(http::header::CONTENT_TYPE, http::HeaderValue::from_static("text/csv"))
        .body("a,b");
    let script = Script { hooks: vec![HookDecision::Respond(response)], ..Script::default() };
    for request in [
        Request::post("/", "application/grpc", ""),
        Request::get("/").header("accept", "application/problem+json"),
    ] {
        let driven = drive(RoutePolicy::new().hook("last"), request, &script);
        assert_eq!(driven.status(), Some(409));
        assert_eq!(driven.verdict.denial().unwrap().body, "a,b");
        assert_eq!(header(&driven.verdict, "content-type"), Some("text/csv"));
    }
}
