//! Failures and delays of an application: the guard neither hides nor aggravates them.

use portcullis_rocket::{
    BodyRule, ByteSize, Config, Guard, GuardFairing, Inspected, InspectedStream, RoutePolicy,
};
use rocket::http::{ContentType, Header, Method};
use rocket::local::asynchronous::Client;
use rocket::serde::json::Json;
use rocket::{get, post, routes};
use tokio::io::AsyncReadExt as _;

fn guard(toml: &str) -> Guard {
    Guard::build(Config::from_toml(toml).expect("a document")).expect("a configuration")
}

#[get("/")]
fn home() -> &'static str {
    "home"
}

#[get("/number/<n>")]
fn number(n: u8) -> String {
    n.to_string()
}

#[post("/json", data = "<body>")]
fn json(body: Inspected<Json<u8>>) -> String {
    body.to_string()
}

#[post("/string", data = "<body>")]
fn string(body: Inspected<String>) -> String {
    body.into_inner()
}

#[get("/panic")]
fn panics() -> &'static str {
    if true { panic!("out of paper") } else { "never" }
}

#[post("/panic", data = "<_body>")]
fn panics_later(_body: Inspected<String>) -> &'static str {
    panics()
}

#[post("/upload", data = "<body>")]
async fn upload(mut body: InspectedStream<'_>) -> std::io::Result<String> {
    let mut first = [0; 20];
    body.read_exact(&mut first).await?;
    Ok(String::from_utf8_lossy(&first).into_owned())
}

/// Every route under a guard, called by Rocket's local client.
async fn client(guard: &Guard) -> Client {
    let fairing = GuardFairing::new(guard);
    let prefix = guard.policy("prefix", RoutePolicy::new().body(BodyRule::Prefix(ByteSize(30)))).unwrap();
    let config = rocket::Config { log_level: rocket::config::LogLevel::Off, ..Default::default() };
    let rocket = rocket::custom(config)
        .attach(fairing.clone())
        .mount("/", fairing.routes(routes![home, number, panics]))
        .mount("/", fairing.inspected(routes![json, string, panics_later]))
        .mount("/", fairing.clone().policy(prefix).inspected(routes![upload]))
        .mount("/", fairing.fallback());
    Client::untracked(rocket).await.expect("a rocket")
}

async fn send(client: &Client, method: Method, target: &str, body: &str) -> (u16, bool, String) {
    let request = client.req(method, target.to_owned()).remote(([192, 0, 2, 1], 4711).into());
    let response = request.header(ContentType::JSON).body(body).dispatch().await;
    let guarded = response.headers().get_one("x-content-type-options") == Some("nosniff");
    (response.status().code, guarded, response.into_string().await.unwrap_or_default())
}

#[rocket::async_test]
async fn errors_of_the_framework_are_answered_as_without_a_guard_and_carry_its_headers() {
    let client = client(&guard("")).await;
    let long = "tulips ".repeat(2000);
    for (method, target, body, expected) in [
        (Method::Get, "/nowhere", "", 404),
        (Method::Post, "/", "", 404),
        (Method::Get, "/number/x", "", 422),
        (Method::Post, "/json", "12,", 400),
        (Method::Post, "/json", "\"text\"", 422),
        (Method::Post, "/string", &long, 413),
    ] {
        let (status, guarded, _) = send(&client, method, target, body).await;
        assert_eq!((status, guarded), (expected, true), "{method} {target}");
    }
}

#[rocket::async_test]
async fn a_body_that_is_announced_and_missing_is_no_empty_one() {
    let client = client(&guard("")).await;
    let request = client.post("/string").remote(([192, 0, 2, 1], 4711).into());
    let response = request.header(Header::new("content-length", "5")).dispatch().await;
    assert_eq!(response.status().code, 400);
}

#[rocket::async_test]
async fn a_panic_is_rockets_500_and_counts_as_a_request() {
    let client = client(&guard("rate.limit = \"3/min\"")).await;
    let long = "tulips ".repeat(200);
    for (method, target, body, expected) in [
        (Method::Get, "/panic", "", 500),
        (Method::Post, "/panic", &*long, 500),
        (Method::Get, "/", "", 200),
        (Method::Get, "/", "", 429),
    ] {
        let (status, guarded, _) = send(&client, method, target, body).await;
        assert_eq!((status, guarded), (expected, true), "{method} {target}");
    }
}

#[rocket::async_test]
async fn a_handler_runs_once_the_prefix_is_read() {
    let client = client(&guard("")).await;
    let film = "the beginning of a film ".repeat(100);
    let (status, _, body) = send(&client, Method::Post, "/upload", &film).await;
    assert_eq!((status, &*body), (200, &film[..20]));
    let late = format!("{film}<script>alert(1)</script>");
    assert_eq!(send(&client, Method::Post, "/upload", &late).await.0, 200, "only the prefix is looked at");
}
