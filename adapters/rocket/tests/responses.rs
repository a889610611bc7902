//! Observed responses of wrapped routes.

use portcullis_rocket::{Config, Guard, GuardFairing};
use rocket::http::Status;
use rocket::local::blocking::Client;
use rocket::{get, routes};

#[get("/")]
fn home() -> &'static str {
    "home"
}

#[test]
fn bodies_of_responses_are_observed_and_not_changed() {
    let config = Config::from_toml(
        "behaviour = { inspect_responses = true, rule = [\
         { kind = \"return_pattern\", pattern = \"home\", threshold = 1, action = \"throttle\" }] }",
    );
    let fairing = GuardFairing::new(&Guard::build(config.expect("a document")).expect("a configuration"));
    let settings = rocket::Config { log_level: rocket::config::LogLevel::Off, ..Default::default() };
    let rocket = rocket::custom(settings).attach(fairing.clone()).mount("/", fairing.routes(routes![home]));
    let client = Client::untracked(rocket).expect("a rocket");
    let get = || client.get("/").remote(([192, 0, 2, 1], 4711).into());
    for _ in 0..2 {
        let response = get().dispatch();
        assert_eq!((response.status(), response.body().preset_size()), (Status::Ok, Some(4)));
        assert_eq!(response.into_string().as_deref(), Some("home"));
    }
    assert_eq!(get().dispatch().status(), Status::TooManyRequests);
}
