//! The layer around a router, in process.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::connect_info::MockConnectInfo;
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use axum::routing::{get, post};
use axum::{Extension, Router};
use http_body_util::BodyExt;
use http_body_util::StreamBody;
use portcullis_axum::{
    Admission, BodyRule, ByteSize, Config, Guard, GuardLayer, Peer, Principal, Rate, RejectionInfo,
    RoutePolicy,
};
use tower::ServiceExt;

const ATTACK: &str = "/?q=1'+union+select+password+from+users--";

fn guard(toml: &str) -> Guard {
    Guard::build(Config::from_toml(toml).expect("a document")).expect("a configuration")
}

fn peer(address: &str) -> MockConnectInfo<SocketAddr> {
    MockConnectInfo(SocketAddr::new(address.parse().expect("an address"), 4711))
}

async fn send(app: &Router, request: Request<Body>) -> Response<Body> {
    app.clone().oneshot(request).await.expect("infallible")
}

async fn get_from(app: &Router, target: &str) -> StatusCode {
    send(app, Request::get(target).body(Body::empty()).expect("a request")).await.status()
}

async fn text(response: Response<Body>) -> String {
    let bytes = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[tokio::test]
async fn a_missing_peer_is_a_mistake_of_the_server() {
    let app = Router::new().route("/", get(|| async { "home" })).layer(GuardLayer::new(&guard("")));
    let response = send(&app, Request::get("/").body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(text(response).await, "Client address could not be determined");
}

#[tokio::test]
async fn peer_from_marks_a_listener_without_addresses() {
    let layer = GuardLayer::new(&guard("client.on_unknown = \"allow\"")).peer_from(|_| Peer::Unix);
    let app = Router::new().route("/", get(|| async { "home" })).layer(layer);
    assert_eq!(get_from(&app, "/").await, StatusCode::OK);
    assert_eq!(get_from(&app, ATTACK).await, StatusCode::BAD_REQUEST);
}

/// What the handler and an outer layer read of the guard.
#[derive(Clone, Default)]
struct Seen(Arc<std::sync::Mutex<Vec<String>>>);

impl Seen {
    fn push(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[tokio::test]
async fn handlers_read_the_admission_and_outer_layers_the_cause_of_a_rejection() {
    let guard = guard(
        "client.trusted_proxies = [\"192.0.2.1\"]\nshadow = [\"suspicious_activity\"]\nrate.limit = \"2/min\"",
    );
    let named = GuardLayer::new(&guard).policy(guard.policy("home", RoutePolicy::new()).unwrap());
    let seen = Seen::default();
    let (by_handler, by_layer) = (seen.clone(), seen.clone());
    let home = move |Extension(admission): Extension<Admission>| async move {
        let finding = admission.finding().map(|finding| finding.class.name());
        let rate = admission.rate().map(|rate| rate.remaining);
        let (client, policy) = (admission.client().unwrap(), admission.policy().unwrap().to_owned());
        let reference = admission.reference().is_some();
        by_handler.push(format!(
            "{client} {policy} {finding:?} {rate:?} {reference} {}",
            admission.coverage().is_complete()
        ));
    };
    let app = Router::new().route("/", get(home).layer(named)).layer(peer("192.0.2.1")).layer(
        axum::middleware::map_response(move |response: Response<Body>| {
            let rejection = response.extensions().get::<RejectionInfo>().cloned();
            by_layer.push(format!(
                "{:?}",
                rejection.map(|cause| (cause.check.unwrap().name(), cause.status.as_u16()))
            ));
            async { response }
        }),
    );
    for target in ["/", ATTACK, "/"] {
        let request =
            Request::get(target).header("x-forwarded-for", "203.0.113.9").body(Body::empty()).unwrap();
        send(&app, request).await;
    }
    assert_eq!(
        seen.take(),
        [
            "203.0.113.9 home None Some(1) false true",
            "None",
            "203.0.113.9 home Some(\"sqli\") Some(0) true true",
            "None",
            "Some((\"rate_limit\", 429))",
        ]
    );
}

#[tokio::test]
async fn a_rejected_attack_names_class_and_rule_to_outer_layers() {
    let app = Router::new()
        .route("/", get(|| async {}))
        .layer(GuardLayer::new(&guard("")))
        .layer(peer("192.0.2.1"));
    let response = send(&app, Request::get(ATTACK).body(Body::empty()).unwrap()).await;
    let cause = response.extensions().get::<RejectionInfo>().unwrap();
    assert_eq!(cause.class.unwrap().name(), "sqli");
    assert!(cause.rule.as_ref().unwrap().starts_with("sqli."), "{cause:?}");
    assert!(cause.reference.is_some());
}

#[tokio::test]
async fn another_guard_inside_a_guard_is_a_mistake_of_the_server() {
    let inner = get(|| async { "home" }).layer(GuardLayer::new(&guard("")));
    let app = Router::new().route("/", inner).layer(GuardLayer::new(&guard(""))).layer(peer("192.0.2.1"));
    let response = send(&app, Request::get("/").body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(text(response).await, "Internal server error");
}

#[tokio::test]
async fn a_guard_inside_itself_is_counted_once() {
    let guard = guard("rate.limit = \"2/min\"");
    let inner = get(|| async { "home" }).layer(GuardLayer::new(&guard));
    let app = Router::new().route("/", inner).layer(GuardLayer::new(&guard)).layer(peer("192.0.2.1"));
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(send(&app, Request::get("/").body(Body::empty()).unwrap()).await.status().as_u16());
    }
    assert_eq!(statuses, [200, 200, 429]);
    let requests = guard.status().requests;
    assert_eq!((requests.allowed, requests.rejected), (2, 1), "each request is counted once");
}

#[tokio::test]
async fn each_request_has_one_outcome_in_the_status_whatever_guards_it_passes() {
    let guard = guard("shadow = [\"suspicious_activity\"]");
    let strict = guard.policy("strict", RoutePolicy::new().require_header("x-a")).unwrap();
    let middle = guard.policy("middle", RoutePolicy::new().rate(Rate::per_minute(100))).unwrap();
    let layer = || GuardLayer::new(&guard);
    let inner = get(|| async { "home" }).layer(layer().policy(strict));
    let app =
        Router::new().route("/", inner).layer(layer().policy(middle)).layer(layer()).layer(peer("192.0.2.1"));
    let send_to = async |target: &str, has_header: bool| {
        let mut request = Request::get(target);
        if has_header {
            request = request.header("x-a", "1");
        }
        send(&app, request.body(Body::empty()).unwrap()).await.status().as_u16()
    };
    let requests = || {
        let requests = guard.status().requests;
        (requests.allowed, requests.reported, requests.rejected)
    };
    assert_eq!(send_to("/", true).await, 200);
    assert_eq!(requests(), (1, 0, 0));
    assert_eq!(send_to(ATTACK, true).await, 200);
    assert_eq!(requests(), (1, 1, 0), "reported by the outer guard, allowed by the inner ones");
    assert_eq!(send_to("/", false).await, 400);
    assert_eq!(requests(), (1, 1, 1), "allowed by the outer guards, rejected by the inner one");
    assert_eq!(send_to(ATTACK, false).await, 400);
    assert_eq!(requests(), (1, 1, 2));
}

#[tokio::test]
async fn a_rejection_by_an_unrelated_guard_is_a_response_of_the_application() {
    let other = guard("access.deny = [\"192.0.2.0/24\"]");
    let internal = Router::new()
        .route("/", get(|| async { "internal" }))
        .layer(GuardLayer::new(&other))
        .layer(peer("192.0.2.9"));
    let outer = guard("behaviour.not_found = \"1/min\"\n[headers.custom]\nx-by = \"outer\"");
    let proxy = move || {
        let internal = internal.clone();
        async move { internal.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap() }
    };
    let app = Router::new().route("/", get(proxy)).layer(GuardLayer::new(&outer)).layer(peer("192.0.2.1"));
    let response = send(&app, Request::get("/").body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(response.headers()["x-by"], "outer");
}

#[tokio::test]
async fn checklist_17_unmatched_paths_and_fallbacks_are_guarded() {
    let app = Router::new()
        .route("/", get(|| async { "home" }))
        .layer(GuardLayer::new(&guard("")))
        .layer(peer("192.0.2.1"));
    assert_eq!(get_from(&app, "/nowhere").await, StatusCode::NOT_FOUND);
    assert_eq!(get_from(&app, "/nowhere?q=%3Cscript%3Ealert(1)%3C/script%3E").await, 400);
    let method = Request::delete(ATTACK).body(Body::empty()).unwrap();
    assert_eq!(send(&app, method).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn checklist_21_policies_resolve_under_nested_and_merged_routers() {
    let guard = guard("");
    let strict = guard.policy("strict", RoutePolicy::new().rate(Rate::per_minute(2))).unwrap();
    let strict = GuardLayer::new(&guard).policy(strict);
    let deep = Router::new().route("/deep/{id}", get(|| async { "deep" }).layer(strict));
    let merged = Router::new().route("/merged", get(|| async { "merged" }));
    let open = Router::new().route("/", get(|| async { "home" })).merge(merged);
    let app = open.layer(GuardLayer::new(&guard)).nest("/a/b/c/d/e/f/g/h/i", deep).layer(peer("192.0.2.1"));
    for (path, statuses) in
        [("/a/b/c/d/e/f/g/h/i/deep/1", [200, 200]), ("/a/b/c/d/e/f/g/h/i/deep/2", [429, 429])]
    {
        for expected in statuses {
            assert_eq!(get_from(&app, path).await, expected, "{path}");
        }
    }
    assert_eq!(get_from(&app, "/merged").await, StatusCode::OK);
    assert_eq!(get_from(&app, "/merged?q=1'+or+'1'='1").await, StatusCode::BAD_REQUEST);
    assert_eq!(get_from(&app, "/unmatched?q=1'+or+'1'='1").await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn checklist_15_clones_of_the_layer_share_one_limit() {
    let layer = GuardLayer::new(&guard("rate.limit = \"3/min\""));
    let apps: Vec<Router> = (0..4)
        .map(|_| {
            Router::new().route("/", get(|| async { "home" })).layer(layer.clone()).layer(peer("192.0.2.1"))
        })
        .collect();
    let mut served = 0;
    for _ in 0..3 {
        for app in &apps {
            served += usize::from(get_from(app, "/").await == StatusCode::OK);
        }
    }
    assert_eq!(served, 3);
}

#[tokio::test]
async fn a_rejected_request_never_reaches_the_handler() {
    let ran = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ran);
    let handler = post(move || async move { count.fetch_add(1, Ordering::Relaxed) }.then_ok());
    let app = Router::new().route("/", handler).layer(GuardLayer::new(&guard(""))).layer(peer("192.0.2.1"));
    let attack = Request::post("/").body(Body::from("q=1' union select 1,2 from users--")).unwrap();
    assert_eq!(send(&app, attack).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(ran.load(Ordering::Relaxed), 0);
    let benign = Request::post("/").body(Body::from("q=garden chairs")).unwrap();
    assert_eq!(send(&app, benign).await.status(), StatusCode::OK);
    assert_eq!(ran.load(Ordering::Relaxed), 1);
}

trait ThenOk: Future + Sized {
    async fn then_ok(self) -> StatusCode {
        self.await;
        StatusCode::OK
    }
}

impl<F: Future> ThenOk for F {}

/// Echoes the body unchanged, and the number of its trailers.
async fn echo(request: Request<Body>) -> (HeaderMap, Bytes) {
    let collected = request.into_body().collect().await.expect("a body");
    let mut headers = HeaderMap::new();
    let trailers = collected.trailers().map_or(0, HeaderMap::len);
    headers.insert("x-trailers", trailers.into());
    (headers, collected.to_bytes())
}

fn chunks(parts: &[&str], trailer: bool) -> Body {
    let mut frames: Vec<Result<http_body::Frame<Bytes>, std::convert::Infallible>> = parts
        .iter()
        .map(|part| Ok(http_body::Frame::data(Bytes::copy_from_slice(part.as_bytes()))))
        .collect();
    if trailer {
        let mut trailers = HeaderMap::new();
        trailers.insert("x-checksum", "7".parse().unwrap());
        frames.push(Ok(http_body::Frame::trailers(trailers)));
    }
    let mut frames = frames.into_iter();
    Body::new(StreamBody::new(futures_stream(move || frames.next())))
}

/// A stream from a function, without another dependency.
fn futures_stream<T>(next: impl FnMut() -> Option<T> + Unpin) -> impl futures_core::Stream<Item = T> {
    struct FromFn<F>(F);
    impl<T, F: FnMut() -> Option<T> + Unpin> futures_core::Stream for FromFn<F> {
        type Item = T;
        fn poll_next(mut self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> Poll<Option<T>> {
            Poll::Ready((self.0)())
        }
    }
    FromFn(next)
}

#[tokio::test]
async fn the_handler_gets_the_body_as_it_was_sent() {
    let guard = guard("");
    let prefix = guard.policy("prefix", RoutePolicy::new().body(BodyRule::Prefix(ByteSize(5)))).unwrap();
    let app = Router::new()
        .route("/", post(echo))
        .layer(GuardLayer::new(&guard))
        .route("/prefix", post(echo).layer(GuardLayer::new(&guard).policy(prefix)))
        .layer(peer("192.0.2.1"));
    for path in ["/", "/prefix"] {
        for parts in [&["one"][..], &["on", "", "e two", " three"], &[], &["twelve bytes"]] {
            let request = Request::post(path).body(chunks(parts, true)).unwrap();
            let response = send(&app, request).await;
            assert_eq!(response.status(), StatusCode::OK, "{path} {parts:?}");
            assert_eq!(response.headers()["x-trailers"], "1", "{path} {parts:?}");
            assert_eq!(text(response).await, parts.concat(), "{path}");
        }
    }
}

#[tokio::test]
async fn an_attack_split_over_chunks_is_one_attack() {
    let app =
        Router::new().route("/", post(echo)).layer(GuardLayer::new(&guard(""))).layer(peer("192.0.2.1"));
    let attack = chunks(&["q=1' uni", "on sel", "ect pass", "word from users--"], false);
    let response = send(&app, Request::post("/").body(attack).unwrap()).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(!response.headers().contains_key(header::CONNECTION), "all of the body was read");
}

#[tokio::test]
async fn an_unread_body_closes_the_connection() {
    let app = Router::new()
        .route("/", post(echo))
        .layer(GuardLayer::new(&guard("access.deny = [\"192.0.2.1\"]")))
        .layer(peer("192.0.2.1"));
    let response = send(&app, Request::post("/").body(chunks(&["never", "read"], false)).unwrap()).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(response.headers()[header::CONNECTION], "close");
}

#[tokio::test]
async fn frames_of_a_response_pass_as_they_are_made() {
    let app = Router::new()
        .route("/", get(|| async { Response::new(chunks(&["data: 1\n\n", "data: 2\n\n"], true)) }))
        .layer(GuardLayer::new(&guard("")))
        .layer(peer("192.0.2.1"));
    let response = send(&app, Request::get("/").body(Body::empty()).unwrap()).await;
    assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    let mut body = response.into_body();
    for expected in ["data: 1\n\n", "data: 2\n\n"] {
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), expected);
    }
    assert!(body.frame().await.unwrap().unwrap().is_trailers());
}

#[tokio::test]
async fn a_rejection_carries_its_reference_and_the_security_headers() {
    let guard = guard("errors.bodies.400 = \"no: {reference}\"");
    let app =
        Router::new().route("/", get(|| async {})).layer(GuardLayer::new(&guard)).layer(peer("192.0.2.1"));
    let response = send(&app, Request::get(ATTACK).body(Body::empty()).unwrap()).await;
    let reference = response.headers()["x-reference-id"].to_str().unwrap().to_owned();
    assert_eq!(reference.len(), 16);
    assert_eq!(response.headers()[header::X_FRAME_OPTIONS], "SAMEORIGIN");
    assert_eq!(text(response).await, format!("no: {reference}"));
}

#[tokio::test]
async fn a_body_that_breaks_off_breaks_off_for_the_handler_too() {
    let whole = |body: Result<Bytes, axum::extract::rejection::BytesRejection>| async move {
        if body.is_ok() { "whole" } else { "broken" }
    };
    let app = Router::new()
        .route("/", post(whole))
        .layer(GuardLayer::new(&guard("passive = true")))
        .layer(peer("192.0.2.1"));
    let half = http_body::Frame::data(Bytes::from_static(b"half"));
    let mut frames = [Ok(half), Err(std::io::Error::other("reset"))].into_iter();
    let body = Body::new(StreamBody::new(futures_stream(move || frames.next())));
    assert_eq!(text(send(&app, Request::post("/").body(body).unwrap()).await).await, "broken");
}

#[tokio::test]
async fn a_layer_inside_of_nest_sees_the_whole_path() {
    let guard = guard("[[rate.endpoint]]\npath = \"/api/items\"\nlimit = \"1/min\"");
    let inner = Router::new().route("/items", get(|| async { "items" })).layer(GuardLayer::new(&guard));
    let app = Router::new().nest("/api", inner).layer(peer("192.0.2.1"));
    assert_eq!(get_from(&app, "/api/items").await, StatusCode::OK);
    assert_eq!(get_from(&app, "/api/items").await, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_principal_is_counted_across_addresses() {
    let guard = guard("rate = { limit = \"1/min\", key = [\"principal\"] }");
    let from = |address: &str| {
        Router::new().route("/", get(|| async {})).layer(GuardLayer::new(&guard)).layer(peer(address))
    };
    let ask = |app: Router, name: &str| {
        let request =
            Request::get("/").extension(Principal(name.into())).body(Body::empty()).expect("a request");
        async move { send(&app, request).await.status() }
    };
    assert_eq!(ask(from("192.0.2.1"), "ann").await, StatusCode::OK);
    assert_eq!(ask(from("192.0.2.2"), "ann").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(ask(from("192.0.2.2"), "ben").await, StatusCode::OK);
}

#[tokio::test]
async fn a_route_of_the_configuration_runs_its_verifier_and_hooks_without_a_body() {
    use portcullis_axum::{CredentialDecision, HookDecision};

    let document = "hooks.on_failure = \"allow\"\n\
         [[route]]\npattern = \"/users/{id}\"\ncredential = \"bearer\"\nverifier = \"key\"\n\
         [[route]]\npattern = \"/orders/{id}\"\nhooks = [\"never\"]";
    let guard = Guard::builder(Config::from_toml(document).expect("a document"))
        .verifier("key", |secret, _| {
            let good = secret.expose() == b"good";
            async move { if good { CredentialDecision::Accept } else { CredentialDecision::Reject } }
        })
        .hook("never", |_| async { HookDecision::Deny(StatusCode::FORBIDDEN, "never".into()) })
        .build()
        .expect("a configuration");
    let app = Router::new()
        .route("/users/{id}", get(|| async { "user" }))
        .route("/orders/{id}", get(|| async { "order" }))
        .layer(GuardLayer::new(&guard))
        .layer(peer("192.0.2.1"));
    for (key, status) in [("good", StatusCode::OK), ("guessed", StatusCode::UNAUTHORIZED)] {
        let request = Request::get("/users/7").header(header::AUTHORIZATION, format!("Bearer {key}"));
        assert_eq!(send(&app, request.body(Body::empty()).unwrap()).await.status(), status, "{key}");
    }
    assert_eq!(get_from(&app, "/orders/7").await, StatusCode::FORBIDDEN);
}
