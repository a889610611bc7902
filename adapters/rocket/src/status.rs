//! The state of the guard as a route.

use portcullis_runtime::Guard;
use rocket::http::{ContentType, Header, Method, Status};
use rocket::route::{Handler, Outcome};
use rocket::{Data, Request, Response, Route};

/// A route at `path` that answers with the [`Status`](portcullis_runtime::Status) of the guard as JSON: 200 when it is ready,
/// else 503.
///
/// It names no client, but tells a stranger how the service is protected: put it behind a policy that lets only operators in.
///
/// ```
/// use portcullis_rocket::{Config, Guard, GuardFairing, RoutePolicy, status_endpoint};
///
/// # fn app() -> Result<(), Box<dyn std::error::Error>> {
/// let guard = Guard::build(Config::default())?;
/// let operators = guard.policy("operators", RoutePolicy::new().allow("10.0.0.0/8".parse()?))?;
/// let protect = GuardFairing::new(&guard);
/// let status = protect.clone().policy(operators).routes(status_endpoint(&guard, "/_guard/status"));
/// # let _ = rocket::build().attach(protect).mount("/", status); Ok(()) }
/// # app().unwrap();
/// ```
///
/// # Panics
/// If `path` is not a path of Rocket's.
#[must_use]
pub fn status_endpoint(guard: &Guard, path: &str) -> Vec<Route> {
    vec![Route::new(Method::Get, path, State(guard.clone()))]
}

#[derive(Clone)]
struct State(Guard);

#[rocket::async_trait]
impl Handler for State {
    async fn handle<'r>(&self, _: &'r Request<'_>, _: Data<'r>) -> Outcome<'r> {
        let (status, text) = (self.0.status(), self.0.status().to_json());
        let mut response = Response::new();
        response.set_status(if status.is_ready() { Status::Ok } else { Status::ServiceUnavailable });
        response.set_header(ContentType::JSON);
        // A balancer that asks must not be answered by a cache.
        response.set_header(Header::new("cache-control", "no-store"));
        response.set_sized_body(text.len(), std::io::Cursor::new(text));
        Outcome::Success(response)
    }
}
