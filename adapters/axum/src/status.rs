//! The state of the guard as a route.

use axum::routing::{MethodRouter, get};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, StatusCode};
use portcullis_runtime::Guard;

/// A route that answers with the [`Status`](portcullis_runtime::Status) of the guard as JSON: 200 when it is ready, else 503.
///
/// It names no client, but tells a stranger how the service is protected: put it behind a policy that lets only operators in.
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
    get(move || async move { answer(&guard) })
}

fn answer(guard: &Guard) -> (StatusCode, [(HeaderName, &'static str); 2], String) {
    let status = guard.status();
    let code = if status.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    // A balancer that asks must not be answered by a cache.
    (code, [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], status.to_json())
}
