//! What handlers and fairings read of the guard.

use portcullis_rocket::{Admission, Config, Guard, GuardFairing, RoutePolicy, rejection_info};
use rocket::fairing::AdHoc;
use rocket::local::blocking::{Client, LocalResponse};
use rocket::{Build, Rocket, get, routes};

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
