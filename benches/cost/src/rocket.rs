//! An application of Rocket that its local asynchronous client calls, without a socket.
//!
//! The client parses the target for each request. Unlike the server it does not parse the `cookie` line.

use portcullis_rocket::{Guard, GuardFairing, Inspected};
use rocket::config::LogLevel;
use rocket::http::{Header, Method};
use rocket::local::asynchronous::Client;
use rocket::{Build, Config, Rocket, get, post, routes};

use crate::requests::CLIENT;
use crate::scenario::Scenario;

/// Send the request of the scenario to the application this many times.
pub(crate) fn run(scenario: Scenario, count: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime").block_on(async {
        let rocket = rocket(scenario);
        drive(Client::untracked(rocket).await.expect("the application starts"), scenario, count).await;
    });
}

#[get("/plants/climbing-rose")]
const fn page() -> &'static str {
    "a rose"
}

#[post("/api/orders", data = "<body>")]
fn order(body: Vec<u8>) -> String {
    body.len().to_string()
}

/// The same handler; a body of this length must be read through the guard.
#[post("/api/orders", data = "<body>")]
fn inspected_order(body: Inspected<Vec<u8>>) -> String {
    body.len().to_string()
}

fn rocket(scenario: Scenario) -> Rocket<Build> {
    let config = Config { log_level: LogLevel::Off, ..Config::release_default() };
    let rocket = rocket::custom(config);
    if scenario.is_bare() {
        return rocket.mount("/", routes![page, order]);
    }
    let guard = Guard::build(scenario.config()).expect("the configuration is valid");
    let protect = GuardFairing::new(&guard);
    let protect = match scenario.policy() {
        Some(policy) => protect.policy(guard.policy("cost", policy).expect("the policy is valid")),
        None => protect,
    };
    rocket
        .attach(protect.clone())
        .mount("/", protect.routes(routes![page]))
        .mount("/", protect.inspected(routes![inspected_order]))
}

async fn drive(client: Client, scenario: Scenario, count: usize) {
    let fixed = scenario.request();
    let method: Method = fixed.method.parse().expect("a method");
    for _ in 0..count {
        let mut request = client.req(method, fixed.target).remote(CLIENT);
        for (name, value) in fixed.headers {
            request.add_header(Header::new(*name, *value));
        }
        if !fixed.body.is_empty() {
            request = request.body(fixed.body);
        }
        let response = request.dispatch().await;
        assert_eq!(response.status().code, scenario.status(), "not the response that is measured");
        let body = response.into_bytes().await.unwrap_or_default();
        assert!(!body.is_empty(), "the response has no body");
    }
}
