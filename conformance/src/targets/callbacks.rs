//! The application's verifiers and hooks, the same behind every target. `README.md` describes each of them.

use http::{HeaderName, HeaderValue, StatusCode};
use portcullis_core::detect::{CustomEvidence, CustomRecogniser, Input, Location, Recognisers, Rule};
use portcullis_core::{CredentialDecision, HookDecision, HookResponse, NeedHook};
use portcullis_runtime::{GuardBuilder, RequestView};

/// The guard's deadline for callbacks, which those that hang exceed.
const TIMEOUT: std::time::Duration = std::time::Duration::from_millis(50);

/// Verifiers, by name.
const VERIFIERS: [&str; 4] = ["letmein", "fails", "panics", "hangs"];
/// Hooks, by name.
const HOOKS: [&str; 7] = ["pass", "teapot", "redirects", "tells", "fails", "panics", "hangs"];

/// A verifier's decision; `None` when it panics or hangs.
pub(super) fn verify(name: &str, credential: &[u8]) -> Option<CredentialDecision> {
    match name {
        "letmein" if credential == b"letmein" => Some(CredentialDecision::AcceptAs("alice".into())),
        "letmein" => Some(CredentialDecision::Reject),
        "fails" => Some(CredentialDecision::Fail),
        _ => None,
    }
}

/// A hook's decision about the request that `description` describes; `None` when it panics or hangs.
pub(super) fn run_hook(name: &str, describe: impl FnOnce() -> String) -> Option<HookDecision> {
    match name {
        "pass" => Some(HookDecision::Pass),
        "teapot" => Some(HookDecision::Deny(StatusCode::IM_A_TEAPOT, "I am a teapot".into())),
        "redirects" => {
            let headers =
                [("location", "/elsewhere"), ("content-type", "text/x-hook"), ("x-frame-options", "DENY")];
            let headers =
                headers.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            let mut response = HookResponse::new(StatusCode::FOUND).body("over there");
            response.headers = headers.into();
            Some(HookDecision::Respond(response))
        }
        "tells" => Some(HookDecision::Deny(StatusCode::IM_A_TEAPOT, describe())),
        "fails" => Some(HookDecision::Fail),
        _ => None,
    }
}

/// A request as the hook `tells` returns it.
pub(super) fn describe(need: &NeedHook<'_, '_>) -> String {
    let head = need.head();
    let mut header = None;
    head.headers.for_each(&mut |name, value| {
        if name.eq_ignore_ascii_case("x-tell") {
            header = header.or(Some(value));
        }
    });
    let client = need.client().address.map(|address| address.to_string());
    join_fields(client, head.method, head.path, head.query, head.route, need.principal(), header)
}

fn describe_request(request: &RequestView<'_>, read: fn(&str) -> String) -> String {
    let client = request.client().map(|address| address.to_string());
    let route = request.route().map(read);
    join_fields(
        client,
        request.method(),
        request.path(),
        request.query(),
        route.as_deref(),
        request.principal(),
        request.header("x-tell"),
    )
}

fn join_fields(
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

/// Register all of them; `read` converts a pattern from the framework's syntax to that of the vectors.
pub(super) fn register(mut builder: GuardBuilder, read: fn(&str) -> String) -> GuardBuilder {
    builder = builder.callback_deadline(TIMEOUT).recogniser("coupons", Coupons);
    for name in VERIFIERS {
        builder = builder.verifier(name, move |secret, _| {
            let decision = verify(name, secret.expose());
            async move {
                match decision {
                    Some(decision) => decision,
                    None => break_down(name).await,
                }
            }
        });
    }
    for name in HOOKS {
        builder = builder.hook(name, move |request| {
            let decision = run_hook(name, || describe_request(request, read));
            async move {
                match decision {
                    Some(decision) => decision,
                    None => break_down(name).await,
                }
            }
        });
    }
    builder
}

/// The recognisers, for an engine without a guard.
pub(super) fn recognisers() -> Recognisers {
    Recognisers::new().with("coupons", Coupons)
}

/// The recogniser `coupons`.
struct Coupons;

static COUPON_RULES: [Rule; 3] = [
    Rule::custom("coupons.foreign", 100, "a coupon code of another tenant"),
    Rule::custom("coupons.trial", 60, "a coupon code of a trial"),
    Rule::custom("coupons.bulk", 40, "several coupon codes in one value"),
];

impl CustomRecogniser for Coupons {
    fn rules(&self) -> &'static [Rule] {
        &COUPON_RULES
    }

    fn reads(&self, location: Location) -> bool {
        location != Location::Header
    }

    fn recognise(&self, input: &Input<'_>, evidence: &mut CustomEvidence) {
        let texts = [&b"EVIL-"[..], b"TRIAL-", b";"];
        for (rule, text) in COUPON_RULES.iter().zip(texts) {
            if let Some(at) = input.value.windows(text.len()).position(|window| window == text) {
                evidence.add(rule, at..at + text.len());
            }
        }
        if input.value == b"unreadable" {
            evidence.set_incomplete();
        }
    }
}

async fn break_down<T>(name: &str) -> T {
    assert!(name != "panics", "a callback that panics");
    std::future::pending().await
}
