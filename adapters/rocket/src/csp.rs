//! The endpoint to which browsers report violations of the content security policy.

use portcullis_runtime::{CspReportError, MAX_CSP_REPORT};
use rocket::data::ByteUnit;
use rocket::http::{Method, Status};
use rocket::route::{Handler, Outcome};
use rocket::{Data, Request, Route};

use crate::fairing::GuardFairing;
use crate::head::BorrowedHead;
use crate::request_state::RequestState;

/// A route at `path` that takes the reports of browsers and hands each violation to the sinks of the guard as
/// `csp_violation`.
///
/// Name it in the policy with `report-uri` or `report-to`, and guard it like any route. A report quotes the script that was
/// blocked, which may well look like an attack and must not get the browser that reports it banned: give the route a policy
/// that leaves the body alone. What is read of a report is bounded, escaped and never believed.
///
/// ```no_run
/// use portcullis_rocket::{BodyRule, Config, Guard, GuardFairing, Rate, RoutePolicy, csp_report_endpoint};
///
/// # fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let config = Config::from_toml("headers.content_security_policy = \"default-src 'self'; report-uri /csp\"")?;
/// let guard = Guard::build(config)?;
/// let reports = guard.policy("csp", RoutePolicy::new().body(BodyRule::Skip).rate(Rate::per_minute(30)))?;
/// let protect = GuardFairing::new(&guard).policy(reports);
/// let csp = protect.routes(csp_report_endpoint(&protect, "/csp"));
/// # let _ = rocket::build().mount("/", csp); Ok(()) }
/// ```
///
/// # Panics
/// If `path` is not a path of Rocket's.
#[must_use]
pub fn csp_report_endpoint(protect: &GuardFairing, path: &str) -> Vec<Route> {
    vec![Route::new(Method::Post, path, Reports(protect.clone()))]
}

#[derive(Clone)]
struct Reports(GuardFairing);

#[rocket::async_trait]
impl Handler for Reports {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        let limit = ByteUnit::from(MAX_CSP_REPORT);
        let body = match data.open(limit).into_bytes().await {
            Ok(body) if body.is_complete() => body.into_inner(),
            _ => return Outcome::from(request, status(CspReportError::Length)),
        };
        let lent = BorrowedHead::of(request, RequestState::of(request));
        let reported = self.0.guard.csp_report(&lent.head(&self.0, request, false), &body);
        Outcome::from(request, reported.map_or_else(status, |_| Status::NoContent))
    }
}

fn status(error: CspReportError) -> Status {
    Status::new(error.status())
}
