//! The status and the response metrics of a guarded router.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::connect_info::MockConnectInfo;
use axum::http::{Request, Response, StatusCode, header};
use axum::routing::{get, post};
use portcullis_axum::{Config, Guard, GuardLayer, RoutePolicy, status_endpoint};
use portcullis_core::event::Event;
use portcullis_runtime::sink::{Context, EventSink, RequestReport, ResponseReport};
use tower::ServiceExt;

fn guard(toml: &str) -> Guard {
    Guard::build(Config::from_toml(toml).expect("a document")).expect("a configuration")
}

fn from(address: &str) -> MockConnectInfo<SocketAddr> {
    MockConnectInfo(SocketAddr::new(address.parse().expect("an address"), 4711))
}

async fn send(app: Router, method: &str, target: &str) -> Response<Body> {
    let request = Request::builder().method(method).uri(target).body(Body::from("x")).expect("a request");
    app.oneshot(request).await.expect("infallible")
}

#[tokio::test]
async fn the_status_is_served_to_operators_only() {
    let guard = guard("passive = false");
    let operators = RoutePolicy::new().allow("10.0.0.0/8".parse().expect("a network"));
    let operators = guard.policy("operators", operators).expect("a policy");
    let layer = GuardLayer::new(&guard).policy(operators);
    let app = || Router::new().route("/_guard/status", status_endpoint(&guard).layer(layer.clone()));
    let rejected = send(app().layer(from("192.0.2.1")), "GET", "/_guard/status").await;
    assert_eq!(rejected.status(), StatusCode::FORBIDDEN);
    let served = send(app().layer(from("10.1.2.3")), "GET", "/_guard/status").await;
    assert_eq!(served.status(), StatusCode::OK);
    assert_eq!(served.headers()[header::CONTENT_TYPE], "application/json");
    assert_eq!(served.headers()[header::CACHE_CONTROL], "no-store");
    let body = to_bytes(served.into_body(), 1 << 16).await.expect("a body");
    let body = String::from_utf8(body.to_vec()).expect("text");
    assert!(body.contains(r#""requests":{"allowed":1,"reported":0,"rejected":1}"#), "{body}");
}

#[tokio::test]
async fn a_guard_that_misses_tables_is_not_ready() {
    let guard = guard("access.deny_lists = [\"tor\"]");
    let app = Router::new().route("/_guard/status", status_endpoint(&guard));
    let served = send(app, "GET", "/_guard/status").await;
    assert_eq!(served.status(), StatusCode::SERVICE_UNAVAILABLE);
}

/// Records responses: method, route, policy, status.
#[derive(Clone, Default)]
struct ResponseRecorder(Arc<Mutex<Vec<String>>>);

impl EventSink for ResponseRecorder {
    fn event(&self, _: &Event, _: &Context<'_>) {}
    fn request(&self, _: &RequestReport<'_>) {}

    fn response(&self, report: &ResponseReport<'_>) {
        let ResponseReport { method, route, policy, status, .. } = report;
        let line = format!("{method} {} {} {status}", route.unwrap_or("-"), policy.unwrap_or("-"));
        self.0.lock().expect("no panic").push(line);
    }
}

#[tokio::test]
async fn sinks_receive_every_response_with_its_route() {
    let responses = ResponseRecorder::default();
    let guard = Guard::builder(Config::default()).sink(responses.clone()).build().expect("a guard");
    let users = guard.policy("users", RoutePolicy::new()).expect("a policy");
    let layer = GuardLayer::new(&guard);
    let app = Router::new()
        .route("/items", post(|_: String| async { StatusCode::CREATED }))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(layer.clone())
        .route("/users/{id}", get(|| async { "a user" }).layer(layer.policy(users)))
        .layer(from("192.0.2.1"));
    for (method, target) in [
        ("GET", "/users/1"),
        ("GET", "/users/2"),
        ("POST", "/items"),
        ("GET", "/nothing"),
        ("GET", "/items?q=1'+union+select+password+from+users--"),
    ] {
        send(app.clone(), method, target).await;
    }
    assert_eq!(
        *responses.0.lock().expect("no panic"),
        ["GET /users/{id} users 200", "GET /users/{id} users 200", "POST /items - 201", "GET - - 404"],
        "the rejected one is no response of the application"
    );
}
