//! An application of Actix Web that is called without a socket.

use actix_http::Request;
use actix_web::body::{MessageBody, to_bytes};
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{Method, Uri};
use actix_web::rt::System;
use actix_web::test::{TestRequest, init_service};
use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{App, Error};
use portcullis_actix::{Guard, GuardMiddleware};

use crate::requests::{CLIENT, ORDERS, PAGE};
use crate::scenario::Scenario;

/// Send the request of the scenario to the application this many times.
pub(crate) fn run(scenario: Scenario, count: usize) {
    System::new().block_on(async {
        if scenario.is_bare() {
            drive(init_service(App::new().configure(routes)).await, scenario, count).await;
        } else {
            let app = App::new().wrap(middleware(scenario)).configure(routes);
            drive(init_service(app).await, scenario, count).await;
        }
    });
}

fn routes(app: &mut ServiceConfig) {
    app.route(PAGE, web::get().to(async || "a rose"))
        .route(ORDERS, web::post().to(async |body: Bytes| body.len().to_string()));
}

fn middleware(scenario: Scenario) -> GuardMiddleware {
    let guard = Guard::build(scenario.config()).expect("the configuration is valid");
    let middleware = GuardMiddleware::new(&guard);
    match scenario.policy() {
        Some(policy) => middleware.policy(guard.policy("cost", policy).expect("the policy is valid")),
        None => middleware,
    }
}

async fn drive<S, B>(app: S, scenario: Scenario, count: usize)
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let fixed = scenario.request();
    let method = Method::from_bytes(fixed.method.as_bytes()).expect("a method");
    let uri = Uri::from_static(fixed.target);
    let lines = fixed
        .headers
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect::<Vec<_>>();
    for _ in 0..count {
        let mut request = TestRequest::default().method(method.clone()).peer_addr(CLIENT);
        for (name, value) in &lines {
            request = request.append_header((name.clone(), value.clone()));
        }
        if !fixed.body.is_empty() {
            request = request.set_payload(Bytes::from_static(fixed.body.as_bytes()));
        }
        let mut request = request.to_request();
        request.head_mut().uri = uri.clone();
        let response = app.call(request).await.expect("the application responds");
        assert_eq!(response.status().as_u16(), scenario.status(), "not the response that is measured");
        let body = to_bytes(response.into_body()).await.unwrap_or_default();
        assert!(!body.is_empty(), "the response has no body");
    }
}
