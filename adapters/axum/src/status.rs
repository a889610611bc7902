//! The status endpoint.

use axum::routing::{MethodRouter, get};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, StatusCode};
use portcullis_runtime::Guard;

/// A route that returns the [`Status`](portcullis_runtime::Status) of the guard as JSON: 200 if the guard is ready, else 503.
///
/// It contains no client, but discloses how the service is protected: give it a policy that allows only operators.
///
/// ```
/// use axum::Router;
/// use portcullis_axum::{Config, Guard, GuardLayer, RoutePolicy, status_endpoint};
///
/// # fn app() -> Result<Router, Box<dyn std::error::Error>> {
/// let guard = Guard::build(Config::default())?;
/// let operators = guard.policy("operators", RoutePolicy::new().allow("10.0.0.0/8".parse()?))?;
/// let layer = GuardLayer::new(&guard);
/// let app = Router::new()
///     .route("/", axum::routing::get(|| async { "home" }))
///     .layer(layer.clone())
///     .route("/_guard/status", status_endpoint(&guard).layer(layer.policy(operators)));
/// # Ok(app) }
/// # app().unwrap();
/// ```
pub fn status_endpoint<S: Clone + Send + Sync + 'static>(guard: &Guard) -> MethodRouter<S> {
    let guard = guard.clone();
    get(move || async move { build_response(&guard) })
}

fn build_response(guard: &Guard) -> (StatusCode, [(HeaderName, &'static str); 2], String) {
    let status = guard.status();
    let code = if status.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    // A load balancer must not receive a cached status.
    (code, [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], status.to_json())
}
