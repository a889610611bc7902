//! A router of Axum that is called as hyper calls it, without a socket.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderName, HeaderValue, Method, Request, Uri};
use axum::routing::{get, post};
use http_body_util::BodyExt as _;
use portcullis_axum::{Guard, GuardLayer};
use tower_service::Service;

use crate::requests::{CLIENT, ORDERS, PAGE};
use crate::scenario::Scenario;

/// Send the request of the scenario to the router this many times.
pub(crate) fn run(scenario: Scenario, count: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime").block_on(drive(router(scenario), scenario, count));
}

fn router(scenario: Scenario) -> Router {
    let routes = Router::new()
        .route(PAGE, get(|| async { "a rose" }))
        .route(ORDERS, post(|body: Bytes| async move { body.len().to_string() }));
    if scenario.is_bare() {
        return routes;
    }
    let guard = Guard::build(scenario.config()).expect("the configuration is valid");
    let layer = GuardLayer::new(&guard);
    routes.layer(match scenario.policy() {
        Some(policy) => layer.policy(guard.policy("cost", policy).expect("the policy is valid")),
        None => layer,
    })
}

async fn drive(mut router: Router, scenario: Scenario, count: usize) {
    let fixed = scenario.request();
    let method = Method::from_bytes(fixed.method.as_bytes()).expect("a method");
    let uri = Uri::from_static(fixed.target);
    let lines = fixed
        .headers
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect::<Vec<_>>();
    for _ in 0..count {
        let mut request = Request::new(match fixed.body {
            "" => Body::empty(),
            body => Body::from(Bytes::from_static(body.as_bytes())),
        });
        *request.method_mut() = method.clone();
        *request.uri_mut() = uri.clone();
        request.headers_mut().reserve(lines.len());
        for (name, value) in &lines {
            request.headers_mut().append(name.clone(), value.clone());
        }
        request.extensions_mut().insert(ConnectInfo(CLIENT));
        let Ok(response) = Service::<Request<Body>>::call(&mut router, request).await;
        assert_eq!(response.status().as_u16(), scenario.status(), "not the response that is measured");
        let body = response.into_body().collect().await.expect("a body");
        assert!(!body.to_bytes().is_empty(), "the response has no body");
    }
}
