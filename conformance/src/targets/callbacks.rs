//! The application's verifiers and hooks, the same behind every target. What each does is told in `README.md`.

use http::{HeaderName, HeaderValue};
use portcullis_core::{CredentialDecision, HookDecision, HookResponse, NeedHook};
use portcullis_runtime::{GuardBuilder, HookRequest, Secret};

/// How long the guard waits for those that never answer.
const PATIENCE: std::time::Duration = std::time::Duration::from_millis(50);

/// Verifiers, by name.
const VERIFIERS: [&str; 4] = ["letmein", "fails", "panics", "hangs"];
/// Hooks, by name.
const HOOKS: [&str; 7] = ["pass", "teapot", "redirects", "tells", "fails", "panics", "hangs"];

/// What a verifier answers; nothing when it breaks down instead.
pub(super) fn verify(name: &str, credential: &[u8]) -> Option<CredentialDecision> {
    match name {
        "letmein" if credential == b"letmein" => Some(CredentialDecision::AcceptAs("alice".into())),
        "letmein" => Some(CredentialDecision::Reject),
        "fails" => Some(CredentialDecision::Fail),
        _ => None,
    }
}

/// What a hook answers to a request that is told like this; nothing when it breaks down instead.
pub(super) fn ask(name: &str, told: impl FnOnce() -> String) -> Option<HookDecision> {
    match name {
        "pass" => Some(HookDecision::Pass),
        "teapot" => Some(HookDecision::Deny(418, "I am a teapot".into())),
        "redirects" => {
            let headers =
                [("location", "/elsewhere"), ("content-type", "text/x-hook"), ("x-frame-options", "DENY")];
            let headers =
                headers.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            let (status, body) = (302, "over there".into());
            Some(HookDecision::Respond(HookResponse { status, headers: headers.into(), body }))
        }
        "tells" => Some(HookDecision::Deny(418, told())),
        "fails" => Some(HookDecision::Fail),
        _ => None,
    }
}

/// A request as the hook `tells` repeats it.
pub(super) fn told(need: &NeedHook<'_, '_>) -> String {
    let head = need.head();
    let mut told = None;
    head.headers.for_each(&mut |name, value| {
        if name.eq_ignore_ascii_case("x-tell") {
            told = told.or(Some(value));
        }
    });
    let client = need.client().address.map(|address| address.to_string());
    tell(client, head.method, head.path, head.query, head.route, need.principal(), told)
}

fn told_by(asked: &HookRequest, read: fn(&str) -> String) -> String {
    let client = asked.client.map(|address| address.to_string());
    let route = asked.route.as_deref().map(read);
    let (query, principal) = (asked.query.as_deref(), asked.principal.as_deref());
    tell(client, &asked.method, &asked.path, query, route.as_deref(), principal, asked.header("x-tell"))
}

fn tell(
    client: Option<String>,
    method: &str,
    path: &str,
    query: Option<&str>,
    route: Option<&str>,
    principal: Option<&str>,
    header: Option<&[u8]>,
) -> String {
    let header = header.map(String::from_utf8_lossy);
    let or_none = |text: Option<&str>| text.unwrap_or("-").to_owned();
    [
        or_none(client.as_deref()),
        method.into(),
        path.into(),
        or_none(query),
        or_none(route),
        or_none(principal),
        or_none(header.as_deref()),
    ]
    .join(" ")
}

/// Register all of them; `read` says how the vectors write a pattern of the framework's.
pub(super) fn register(mut builder: GuardBuilder, read: fn(&str) -> String) -> GuardBuilder {
    builder = builder.callback_deadline(PATIENCE);
    for name in VERIFIERS {
        builder = builder.verifier(name, move |secret: Secret| async move {
            match verify(name, secret.expose()) {
                Some(answer) => answer,
                None => break_down(name).await,
            }
        });
    }
    for name in HOOKS {
        builder = builder.hook(name, move |asked: HookRequest| async move {
            match ask(name, || told_by(&asked, read)) {
                Some(answer) => answer,
                None => break_down(name).await,
            }
        });
    }
    builder
}

async fn break_down<T>(name: &str) -> T {
    assert!(name != "panics", "a callback that panics");
    std::future::pending().await
}
