//! ResponseRecorder through the layer: headers, changes by the application, and the reports of browsers.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::connect_info::MockConnectInfo;
use axum::response::Response;
use axum::routing::get;
use http::header::VARY;
use http::{HeaderValue, Request, StatusCode};
use portcullis_axum::{
    BodyRule, Config, Guard, GuardLayer, MutableResponse, RoutePolicy, csp_report_endpoint,
};
use portcullis_runtime::sink::EventSink;
use tower::ServiceExt as _;

const CLIENT: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 7)), 4000);

async fn send(router: &Router, request: http::request::Builder, body: impl Into<Body>) -> Response {
    let router = router.clone().layer(MockConnectInfo(CLIENT));
    router.oneshot(request.body(body.into()).unwrap()).await.unwrap()
}

fn app(guard: &Guard) -> Router {
    let handler = get(|| async { ([(VARY, "accept-encoding")], "page") });
    Router::new().route("/", handler).layer(GuardLayer::new(guard))
}

#[tokio::test]
async fn vary_of_the_application_is_kept_beside_that_of_the_guard() {
    let config =
        Config::from_toml("[cors]\nenabled = true\norigins = [\"https://app.example.com\"]").unwrap();
    let router = app(&Guard::build(config).unwrap());
    for origin in ["https://app.example.com", "https://evil.test"] {
        let response = send(&router, Request::get("/").header("origin", origin), Body::empty()).await;
        let all: Vec<_> = response.headers().get_all(VARY).iter().collect();
        assert_eq!(all, ["accept-encoding", "origin"], "{origin}");
    }
}

#[tokio::test]
async fn a_preflight_is_answered_with_and_without_a_body_to_read() {
    let config = Config::from_toml("cors.enabled = true").unwrap();
    let router = app(&Guard::build(config).unwrap());
    for body in [Body::empty(), Body::from("odd")] {
        let preflight = Request::options("/").header("origin", "https://a.test");
        let preflight = preflight.header("access-control-request-method", "GET");
        let response = send(&router, preflight, body).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
        assert_eq!(to_bytes(response.into_body(), 100).await.unwrap(), "OK");
    }
}

#[tokio::test]
async fn the_application_modifies_responses_of_either_kind() {
    let guard = Guard::builder(Config::default())
        .modify(|response: &mut MutableResponse<'_>| {
            response.headers.insert("x-frame-options", HeaderValue::from_static("DENY"));
            let kind = if response.rejection.is_some() { "guard" } else { "application" };
            response.headers.insert("x-by", HeaderValue::from_static(kind));
        })
        .build()
        .unwrap();
    let router = app(&guard);
    for (request, body, by) in [
        (Request::get("/"), "", "application"),
        (Request::get("/"), "a body to read", "application"),
        (Request::get("/?q=%3Cscript%3Ealert(1)%3C/script%3E"), "", "guard"),
    ] {
        let response = send(&router, request, body).await;
        assert_eq!(
            (&response.headers()["x-by"], &response.headers()["x-frame-options"]),
            (&by.parse().unwrap(), &HeaderValue::from_static("DENY"))
        );
    }
}

/// Records the names of events.
#[derive(Clone, Default)]
struct EventNames(Arc<Mutex<Vec<&'static str>>>);

impl EventSink for EventNames {
    fn request(&self, _: &portcullis_runtime::sink::RequestReport<'_>) {}

    fn event(&self, event: &portcullis_core::event::Event, _: &portcullis_runtime::sink::Context<'_>) {
        self.0.lock().unwrap().push(event.kind.name());
    }
}

/// A body that never arrives.
struct SuspendedBody;

impl http_body::Body for SuspendedBody {
    type Data = bytes::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<bytes::Bytes>, Self::Error>>> {
        Poll::Pending
    }
}

#[tokio::test]
async fn checklist_57_a_report_that_does_not_arrive_is_not_waited_for() {
    let guard = Guard::build(Config::from_toml("body.timeout = \"50ms\"").unwrap()).unwrap();
    let policy = guard.policy("csp", RoutePolicy::new().body(BodyRule::Skip)).unwrap();
    let layer = GuardLayer::new(&guard).policy(policy);
    let router = Router::new().route("/csp", csp_report_endpoint(&layer).layer(layer));
    let request = Request::post("/csp").header("content-type", "application/csp-report");
    let response = send(&router, request, Body::new(SuspendedBody));
    let response = tokio::time::timeout(Duration::from_secs(10), response).await.expect("a response");
    assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
}

#[tokio::test]
async fn reports_of_browsers_are_taken_counted_and_bounded() {
    let names = EventNames::default();
    let config = Config::from_toml("rate.limit = \"5/min\"").unwrap();
    let guard = Guard::builder(config).sink(names.clone()).build().unwrap();
    let policy = guard.policy("csp", RoutePolicy::new().body(BodyRule::Skip)).unwrap();
    let layer = GuardLayer::new(&guard).policy(policy);
    let router = Router::new().route("/csp", csp_report_endpoint(&layer).layer(layer));
    let report = |kind: &str| Request::post("/csp").header("content-type", kind);
    let blocked = r#"{"csp-report": {"violated-directive": "script-src", "script-sample": "<script>alert(1)</script>"}}"#;
    let taken = send(&router, report("application/csp-report"), blocked).await;
    assert_eq!(taken.status(), StatusCode::NO_CONTENT);
    assert_eq!(*names.0.lock().unwrap(), ["csp_violation"]);
    for (kind, body, status) in [
        ("text/plain", blocked.to_owned(), 415),
        ("application/csp-report", "{".to_owned(), 400),
        ("application/csp-report", " ".repeat(65 << 10), 413),
        ("application/reports+json", "[]".to_owned(), 204),
        ("application/reports+json", "[]".to_owned(), 429),
    ] {
        assert_eq!(send(&router, report(kind), body).await.status(), status, "{kind}");
    }
}
