//! The endpoint to which browsers report violations of the content security policy.

use portcullis_runtime::{CspReportError, MAX_CSP_REPORT};
use rocket::data::ByteUnit;
use rocket::http::{Method, Status};
use rocket::route::{Handler, Outcome};
use rocket::{Data, Request, Route};

use crate::fairing::GuardFairing;
use crate::head::BorrowedHead;
use crate::request_state::RequestState;

/// A route at `path` that receives the reports of browsers, and reports each violation to the sinks of the guard as
/// `csp_violation`.
///
/// Name it in the policy with `report-uri` or `report-to`, and guard it like any route. A report quotes the blocked script,
/// which may match as an attack and must not lead to a ban of the browser that reports it: give the route a policy that
/// skips the body. The size of a report is limited, as is the time to send it
/// (`body.timeout`), its text is escaped, and its content is not trusted.
///
/// ```no_run
/// use portcullis_rocket::{BodyRule, Config, Guard, GuardFairing, Rate, RoutePolicy, csp_report_endpoint};
///
/// # fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let config = Config::from_toml("headers.content_security_policy = \"default-src 'self'; report-uri /csp\"")?;
/// let guard = Guard::build(config)?;
/// let reports = guard.policy("csp", RoutePolicy::new().body(BodyRule::Skip).rate(Rate::per_minute(30)))?;
/// let fairing = GuardFairing::new(&guard).policy(reports);
/// let csp = fairing.routes(csp_report_endpoint(&fairing, "/csp"));
/// # let _ = rocket::build().mount("/", csp); Ok(()) }
/// ```
///
/// # Panics
/// If `path` is not a valid route path of Rocket.
#[must_use]
pub fn csp_report_endpoint(fairing: &GuardFairing, path: &str) -> Vec<Route> {
    vec![Route::new(Method::Post, path, ReportHandler(fairing.clone()))]
}

#[derive(Clone)]
struct ReportHandler(GuardFairing);

#[rocket::async_trait]
impl Handler for ReportHandler {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        let limit = ByteUnit::from(MAX_CSP_REPORT);
        let body = match self.0.guard.read_csp_report(data.open(limit).into_bytes()).await {
            Ok(Ok(body)) if body.is_complete() => body.into_inner(),
            Ok(_) => return Outcome::from(request, status(CspReportError::Length)),
            Err(unread) => return Outcome::from(request, Status::new(unread.as_u16())),
        };
        let borrowed = BorrowedHead::of(request, RequestState::of(request));
        let result = self.0.guard.csp_report(&borrowed.head(&self.0, request, false), &body);
        Outcome::from(request, result.map_or_else(status, |_| Status::NoContent))
    }
}

fn status(error: CspReportError) -> Status {
    Status::new(error.status())
}
