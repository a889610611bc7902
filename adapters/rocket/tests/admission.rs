//! What handlers and fairings read of the guard.

use portcullis_rocket::{Admission, Config, Guard, GuardFairing, Inspected, RoutePolicy, rejection_info};
use rocket::fairing::AdHoc;
use rocket::local::blocking::{Client, LocalResponse};
use rocket::{Build, Rocket, get, post, routes};

fn rocket() -> Rocket<Build> {
    rocket::custom(rocket::Config { log_level: rocket::config::LogLevel::Off, ..Default::default() })
}

#[get("/whoami")]
fn whoami(admission: Admission) -> String {
    let finding = admission.finding().map(|finding| finding.class.name());
    format!("{:?} {:?} {finding:?}", admission.client().unwrap(), admission.policy())
}

#[test]
fn handlers_read_the_admission_and_fairings_the_cause_of_a_rejection() {
    let toml = "shadow = [\"suspicious_activity\"]\nrate.limit = \"2/min\"";
    let guard = Guard::build(Config::from_toml(toml).unwrap()).unwrap();
    let fairing = GuardFairing::new(&guard);
    let named = fairing.clone().policy(guard.policy("whoami", RoutePolicy::new()).unwrap());
    let tagged = AdHoc::on_response("cause", |request, response| {
        Box::pin(async move {
            if let Some(cause) = rejection_info(request) {
                response.set_raw_header("x-cause", cause.check.unwrap().name());
            }
        })
    });
    let app = rocket().attach(fairing).attach(tagged).mount("/", named.routes(routes![whoami]));
    let app = Client::untracked(app).unwrap();
    let send = |target| app.get(target).remote(([192, 0, 2, 1], 4711).into()).dispatch();
    let body = |target| send(target).into_string().unwrap();
    assert_eq!(body("/whoami"), "192.0.2.1 Some(\"whoami\") None");
    assert_eq!(
        body("/whoami?q=1'+union+select+password+from+users--"),
        "192.0.2.1 Some(\"whoami\") Some(\"sqli\")"
    );
    let response: LocalResponse<'_> = send("/whoami");
    assert_eq!(response.headers().get_one("x-cause"), Some("rate_limit"));
}

#[post("/text", data = "<body>")]
fn text(body: Inspected<String>) -> String {
    format!("{} from {:?}", body.len(), body.admission().client().unwrap())
}

#[post("/early", data = "<body>")]
fn early(_admission: Admission, body: Inspected<String>) -> String {
    body.into_inner()
}

/// Longer than the part that Rocket passes the guard.
fn long(end: &str) -> String {
    "tulips and roses, watered twice a week; ".repeat(40) + end
}

#[test]
fn the_admission_of_a_request_with_a_body_comes_with_the_body() {
    let fairing = GuardFairing::new(&Guard::build(Config::default()).unwrap());
    let app = rocket().attach(fairing.clone()).mount("/", fairing.inspected(routes![text, early]));
    let app = Client::untracked(app).unwrap();
    let send = |target: &'static str, body: String| {
        let response = app.post(target).remote(([192, 0, 2, 1], 4711).into()).body(body).dispatch();
        (response.status().code, response.into_string().unwrap_or_default())
    };
    for body in ["short".to_owned(), long("")] {
        assert_eq!(send("/text", body.clone()), (200, format!("{} from 192.0.2.1", body.len())));
    }
    assert_eq!(send("/text", long("<script>alert(1)</script>")).0, 400);
    assert_eq!(send("/early", long("")).0, 500, "the verdict waits for the body");
    assert_eq!(send("/early", "short".into()), (200, "short".into()));
}

#[test]
fn a_route_that_inspects_its_body_has_one_guard() {
    let guard = Guard::build(Config::default()).unwrap();
    let open = RoutePolicy::new().detect(false).honeypot("website");
    let inner = GuardFairing::new(&guard).policy(guard.policy("open", open).unwrap());
    let outer = GuardFairing::new(&guard);
    for routes in [
        outer.inspected(inner.inspected(routes![text])),
        outer.inspected(inner.routes(routes![text])),
        outer.routes(inner.inspected(routes![text])),
    ] {
        let app = Client::untracked(rocket().attach(outer.clone()).mount("/", routes)).unwrap();
        for body in [String::from("short"), long("<script>alert(1)</script>")] {
            let response = app.post("/text").remote(([192, 0, 2, 1], 4711).into()).body(body).dispatch();
            assert!([500, 413].contains(&response.status().code), "{}", response.status());
        }
    }
}
