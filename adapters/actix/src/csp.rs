//! The endpoint to which browsers report violations of the content security policy.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, Route, web};
use portcullis_runtime::{CspReportError, MAX_CSP_REPORT};

use crate::head::BorrowedHead;
use crate::middleware::GuardMiddleware;

/// A route that receives the reports of browsers, and reports each violation to the sinks of the guard as `csp_violation`.
///
/// Name it in the policy with `report-uri` or `report-to`, and guard it like any route. A report quotes the blocked script,
/// which may match as an attack and must not lead to a ban of the browser that reports it: give the route a policy that
/// skips the body. The size of a report is limited, as is the time to send it
/// (`body.timeout`), its text is escaped, and its content is not trusted.
///
/// ```no_run
/// use actix_web::web;
/// use portcullis_actix::{BodyRule, Config, Guard, GuardMiddleware, Rate, RoutePolicy, csp_report_endpoint};
///
/// # fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let config = Config::from_toml("headers.content_security_policy = \"default-src 'self'; report-uri /csp\"")?;
/// let guard = Guard::build(config)?;
/// let reports = guard.policy("csp", RoutePolicy::new().body(BodyRule::Skip).rate(Rate::per_minute(30)))?;
/// let middleware = GuardMiddleware::new(&guard).policy(reports);
/// let csp = web::resource("/csp").wrap(middleware.clone()).route(csp_report_endpoint(&middleware));
/// # let _ = actix_web::App::new().service(csp); Ok(()) }
/// ```
#[must_use]
pub fn csp_report_endpoint(middleware: &GuardMiddleware) -> Route {
    let middleware = middleware.clone();
    web::post().to(move |request: HttpRequest, body: web::Payload| {
        let middleware = middleware.clone();
        async move {
            let read = middleware.guard.read_csp_report(body.to_bytes_limited(MAX_CSP_REPORT));
            let body = match read.await {
                Ok(Ok(Ok(body))) => body,
                Ok(_) => return HttpResponse::new(status(CspReportError::Length)),
                Err(unread) => return HttpResponse::new(convert_status(unread.as_u16())),
            };
            let borrowed = BorrowedHead::of(&request);
            let result = middleware.guard.csp_report(&borrowed.head(&middleware, &request, false), &body);
            HttpResponse::new(result.map_or_else(status, |_| StatusCode::NO_CONTENT))
        }
    })
}

fn status(error: CspReportError) -> StatusCode {
    convert_status(error.status())
}

fn convert_status(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST)
}
