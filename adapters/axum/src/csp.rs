//! The endpoint to which browsers report violations of the content security policy.

use axum::body::{Body, to_bytes};
use axum::routing::{MethodRouter, post};
use http::{Request, StatusCode};
use portcullis_runtime::{CspReportError, MAX_CSP_REPORT};

use crate::framework::GuardLayer;

/// A route that receives the reports of browsers, and reports each violation to the sinks of the guard as `csp_violation`.
///
/// Name it in the policy with `report-uri` or `report-to`, and guard it like any route. A report quotes the blocked script,
/// which may match as an attack and must not lead to a ban of the browser that reports it: give the route a policy that
/// skips the body. The size of a report is limited, as is the time to send it
/// (`body.timeout`), its text is escaped, and its content is not trusted.
///
/// ```no_run
/// use axum::Router;
/// use portcullis_axum::{BodyRule, Config, Guard, GuardLayer, Rate, RoutePolicy, csp_report_endpoint};
///
/// # fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let config = Config::from_toml("headers.content_security_policy = \"default-src 'self'; report-uri /csp\"")?;
/// let guard = Guard::build(config)?;
/// let reports = guard.policy("csp", RoutePolicy::new().body(BodyRule::Skip).rate(Rate::per_minute(30)))?;
/// let layer = GuardLayer::new(&guard).policy(reports);
/// let app: Router = Router::new().route("/csp", csp_report_endpoint(&layer).layer(layer));
/// # let _ = app; Ok(()) }
/// ```
pub fn csp_report_endpoint<S: Clone + Send + Sync + 'static>(layer: &GuardLayer) -> MethodRouter<S> {
    let layer = layer.clone();
    post(move |request: Request<Body>| async move {
        let (parts, body) = request.into_parts();
        let request = Request::from_parts(parts, ());
        let body = match layer.read_csp_report(to_bytes(body, MAX_CSP_REPORT)).await {
            Ok(Ok(body)) => body,
            Ok(Err(_)) => return status(CspReportError::Length),
            Err(status) => return status,
        };
        let result = layer.csp_report(&request, &body);
        result.map_or_else(status, |_| StatusCode::NO_CONTENT)
    })
}

fn status(error: CspReportError) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST)
}
