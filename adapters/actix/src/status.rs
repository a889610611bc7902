//! The status endpoint.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, Route, web};
use portcullis_runtime::Guard;

/// A route that returns the [`Status`](portcullis_runtime::Status) of the guard as JSON: 200 if the guard is ready, else 503.
///
/// It contains no client, but discloses how the service is protected: give it a policy that allows only operators.
///
/// ```
/// use actix_web::web;
/// use portcullis_actix::{Config, Guard, GuardMiddleware, RoutePolicy, status_endpoint};
///
/// # fn app() -> Result<(), Box<dyn std::error::Error>> {
/// let guard = Guard::build(Config::default())?;
/// let operators = guard.policy("operators", RoutePolicy::new().allow("10.0.0.0/8".parse()?))?;
/// let status = web::resource("/_guard/status")
///     .wrap(GuardMiddleware::new(&guard).policy(operators))
///     .route(status_endpoint(&guard));
/// # let _ = actix_web::App::new().service(status); Ok(()) }
/// # app().unwrap();
/// ```
#[must_use]
pub fn status_endpoint(guard: &Guard) -> Route {
    let guard = guard.clone();
    web::get().to(move || {
        let status = guard.status();
        let mut response =
            if status.is_ready() { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
        // A load balancer must not receive a cached status.
        response.insert_header((CONTENT_TYPE, "application/json")).insert_header((CACHE_CONTROL, "no-store"));
        std::future::ready(response.body(status.to_json()))
    })
}
