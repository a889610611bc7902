//! The status endpoint.

use portcullis_runtime::Guard;
use rocket::http::{ContentType, Header, Method, Status};
use rocket::route::{Handler, Outcome};
use rocket::{Data, Request, Response, Route};

/// A route at `path` that returns the [`Status`](portcullis_runtime::Status) of the guard as JSON: 200 if the guard is ready,
/// else 503.
///
/// It contains no client, but discloses how the service is protected: give it a policy that allows only operators.
///
/// ```
/// use portcullis_rocket::{Config, Guard, GuardFairing, RoutePolicy, status_endpoint};
///
/// # fn app() -> Result<(), Box<dyn std::error::Error>> {
/// let guard = Guard::build(Config::default())?;
/// let operators = guard.policy("operators", RoutePolicy::new().allow("10.0.0.0/8".parse()?))?;
/// let fairing = GuardFairing::new(&guard);
/// let status = fairing.clone().policy(operators).routes(status_endpoint(&guard, "/_guard/status"));
/// # let _ = rocket::build().attach(fairing).mount("/", status); Ok(()) }
/// # app().unwrap();
/// ```
///
/// # Panics
/// If `path` is not a valid route path of Rocket.
#[must_use]
pub fn status_endpoint(guard: &Guard, path: &str) -> Vec<Route> {
    vec![Route::new(Method::Get, path, StatusHandler(guard.clone()))]
}

#[derive(Clone)]
struct StatusHandler(Guard);

#[rocket::async_trait]
impl Handler for StatusHandler {
    async fn handle<'r>(&self, _: &'r Request<'_>, _: Data<'r>) -> Outcome<'r> {
        let (status, text) = (self.0.status(), self.0.status().to_json());
        let mut response = Response::new();
        response.set_status(if status.is_ready() { Status::Ok } else { Status::ServiceUnavailable });
        response.set_header(ContentType::JSON);
        // A load balancer must not receive a cached status.
        response.set_header(Header::new("cache-control", "no-store"));
        response.set_sized_body(text.len(), std::io::Cursor::new(text));
        Outcome::Success(response)
    }
}
