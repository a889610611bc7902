//! Wrapped routes, called by Rocket's local client.

use std::sync::{Arc, Mutex};

use portcullis_rocket::event::Event;
use portcullis_rocket::sink::{Context, EventSink, RequestReport, ResponseReport};
use portcullis_rocket::{
    BodyRule, ByteSize, Config, Cost, Guard, GuardFairing, Inspected, InspectedStream, Multipart,
    MutableResponse, Peer, Principal, Rate, RoutePolicy, csp_report_endpoint, status_endpoint,
};
use rocket::fairing::AdHoc;
use rocket::form::Form;
use rocket::http::{Header, Method, Status};
use rocket::local::blocking::{Client, LocalRequest, LocalResponse};
use rocket::serde::json::Json;
use rocket::{Build, Rocket, State, catch, catchers, get, post, routes};
use serde::Deserialize;
use tokio::io::AsyncReadExt as _;

const ATTACK: &str = "/?q=1'+union+select+password+from+users--";
const SCRIPT: &str = "<script>alert(1)</script>";

fn guard(toml: &str) -> Guard {
    Guard::build(Config::from_toml(toml).expect("a document")).expect("a configuration")
}

fn rocket() -> Rocket<Build> {
    rocket::custom(rocket::Config { log_level: rocket::config::LogLevel::Off, ..Default::default() })
}

fn client(rocket: Rocket<Build>) -> Client {
    Client::untracked(rocket).expect("a rocket")
}

fn send<'c>(client: &'c Client, method: Method, target: &'static str) -> LocalRequest<'c> {
    client.req(method, target).remote(([192, 0, 2, 1], 4711).into())
}

fn get_status(client: &Client, target: &'static str) -> u16 {
    send(client, Method::Get, target).dispatch().status().code
}

fn text(response: LocalResponse<'_>) -> (u16, String) {
    (response.status().code, response.into_string().unwrap_or_default())
}

/// Longer than the part that Rocket lets the guard peek at.
fn long(end: &str) -> String {
    "tulips and roses, watered twice a week; ".repeat(40) + end
}

#[get("/")]
fn home() -> &'static str {
    "home"
}

#[post("/text", data = "<body>")]
fn plain(body: String) -> String {
    body
}

#[test]
fn a_missing_peer_is_a_mistake_of_the_server() {
    let fairing = GuardFairing::new(&guard(""));
    let app = client(rocket().attach(fairing.clone()).mount("/", fairing.routes(routes![home])));
    let response = text(app.get("/").dispatch());
    assert_eq!(response, (500, "Client address could not be determined".into()));
    let local = GuardFairing::new(&guard("client.on_unknown = \"allow\"")).peer_from(|_| Peer::Unix);
    let app = client(rocket().attach(local.clone()).mount("/", local.routes(routes![home])));
    assert_eq!(app.get("/").dispatch().status(), Status::Ok);
    assert_eq!(app.get(ATTACK).dispatch().status(), Status::BadRequest);
}

#[test]
fn mistakes_of_the_server_are_errors_of_the_server() {
    let fairing = GuardFairing::new(&guard(""));
    let other = GuardFairing::new(&guard(""));
    let error = (500, String::from("Internal server error"));
    let nested =
        client(rocket().attach(fairing.clone()).mount("/", fairing.routes(other.routes(routes![home]))));
    assert_eq!(text(send(&nested, Method::Get, "/").dispatch()), error, "another guard inside this one");
    let bare = client(rocket().mount("/", fairing.routes(routes![home])));
    assert_eq!(text(send(&bare, Method::Get, "/").dispatch()), error, "the fairing is not attached");
}

#[post("/json", data = "<body>")]
fn json(body: Inspected<Json<Comment>>) -> String {
    body.into_inner().into_inner().text
}

#[derive(Deserialize, rocket::FromForm)]
struct Comment {
    text: String,
}

#[derive(rocket::FromForm)]
struct BorrowedForm<'r> {
    text: &'r str,
}

#[post("/form", data = "<body>")]
fn form(body: Inspected<Form<BorrowedForm<'_>>>) -> String {
    body.text.to_owned()
}

#[post("/form", data = "<body>", rank = 2)]
fn other_form(body: Inspected<String>) -> String {
    format!("not a form: {}", body.len())
}

#[post("/files", data = "<body>")]
fn files(body: Inspected<Multipart>) -> String {
    let file = body.get("photo").expect("a photo");
    format!("{:?} {:?} {}", file.file_name, file.content_type, file.bytes.len())
}

#[post("/bytes", data = "<body>")]
fn bytes(body: Inspected<Vec<u8>>) -> Vec<u8> {
    body.into_inner()
}

#[post("/string", data = "<body>")]
fn string(body: Inspected<String>) -> String {
    body.into_inner()
}

#[post("/stream", data = "<body>")]
async fn stream(mut body: InspectedStream<'_>) -> Vec<u8> {
    let mut all = Vec::new();
    body.read_to_end(&mut all).await.expect("a body");
    all
}

fn readers(toml: &str) -> Client {
    let guard = guard(toml);
    let fairing = GuardFairing::new(&guard);
    let prefix = guard.policy("prefix", RoutePolicy::new().body(BodyRule::Prefix(ByteSize(100)))).unwrap();
    let routes = routes![json, form, other_form, files, bytes, string];
    let streams = fairing.clone().policy(prefix).inspected(routes![stream]);
    client(rocket().attach(fairing.clone()).mount("/", fairing.inspected(routes)).mount("/", streams))
}

fn multipart(name: &str, extra: &str, body: &str) -> String {
    format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"{extra}\r\n\r\n{body}\r\n--x--\r\n")
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=x";

#[test]
fn a_guarded_body_reads_like_rockets_own_whatever_its_length() {
    let app = readers("");
    let (short, long) = ("tulips & roses", long("100% organic"));
    for content in [short, &long] {
        let encoded = content.replace('%', "%25").replace('&', "%26").replace(' ', "+");
        let file = "; filename=\"a.jpg\"\r\ncontent-type: image/jpeg";
        for (target, media, body, expected) in [
            ("/json", JSON, format!("{{\"text\": \"{content}\"}}"), content.to_owned()),
            ("/form", FORM, format!("a=b&text={encoded}&c"), content.to_owned()),
            ("/form", MULTIPART, multipart("text", "", content), content.to_owned()),
            ("/form", "text/plain", content.to_owned(), format!("not a form: {}", content.len())),
            (
                "/files",
                MULTIPART,
                multipart("photo", file, content),
                format!("Some(\"a.jpg\") Some(\"image/jpeg\") {}", content.len()),
            ),
            ("/bytes", "text/plain", content.to_owned(), content.to_owned()),
            ("/string", "text/plain", content.to_owned(), content.to_owned()),
            ("/stream", "text/plain", content.to_owned(), content.to_owned()),
        ] {
            let answer = text(
                send(&app, Method::Post, target)
                    .header(Header::new("content-type", media))
                    .body(body)
                    .dispatch(),
            );
            assert_eq!(answer, (200, expected), "{target} {media}");
        }
    }
}

#[test]
fn an_attack_anywhere_in_a_body_is_rejected_before_the_handler_gets_it() {
    let app = readers("ban.enabled = false");
    for end in [SCRIPT.to_owned(), long(SCRIPT)] {
        for (target, media, body) in [
            ("/json", JSON, format!("{{\"text\": \"{end}\"}}")),
            ("/form", FORM, format!("text={end}")),
            ("/files", MULTIPART, multipart("text", "", &end)),
            ("/string", "text/plain", end.clone()),
        ] {
            let answer = send(&app, Method::Post, target)
                .header(Header::new("content-type", media))
                .body(body)
                .dispatch();
            assert_eq!(answer.status(), Status::BadRequest, "{target} {}", end.len());
        }
    }
}

#[test]
fn what_is_no_such_body_is_answered_as_rocket_does() {
    let app = readers("");
    for (target, media, body, status) in [
        ("/json", JSON, "{\"text\"".to_owned() + &long(""), 400),
        ("/json", JSON, format!("{{\"no\": \"{}\"}}", long("")), 422),
        ("/form", FORM, format!("no={}", long("").replace(' ', "+")), 422),
        ("/form", MULTIPART, multipart("text", "; filename=\"a\"", &long("")), 422),
        ("/files", "text/plain", long(""), 415),
        ("/string", "text/plain", "a ".repeat(5000), 413),
        ("/bytes", "text/plain", "a ".repeat(5000), 413),
    ] {
        let answer =
            send(&app, Method::Post, target).header(Header::new("content-type", media)).body(body).dispatch();
        assert_eq!(answer.status().code, status, "{target} {media}");
    }
    let broken =
        send(&app, Method::Post, "/string").header(Header::new("content-length", "5000")).body(long(""));
    assert_eq!(broken.dispatch().status(), Status::BadRequest, "half a body does not look like a whole one");
}

#[test]
fn a_long_body_that_cannot_be_inspected_is_rejected_with_advice() {
    let guard = guard("");
    let fairing = GuardFairing::new(&guard);
    let open = guard.policy("open", RoutePolicy::new().insecure_uninspected_body()).unwrap();
    let skip = guard.policy("skip", RoutePolicy::new().body(BodyRule::Skip)).unwrap();
    let app = client(
        rocket()
            .attach(fairing.clone())
            .mount("/", fairing.routes(routes![plain]))
            .mount("/open", fairing.clone().policy(open).routes(routes![plain]))
            .mount("/skip", fairing.clone().policy(skip).routes(routes![plain]))
            .mount("/wrong", fairing.inspected(routes![plain])),
    );
    let (status, body) = text(send(&app, Method::Post, "/text").body(long("")).dispatch());
    assert_eq!(status, 413);
    assert!(body.contains("GuardFairing::inspected"), "{body}");
    assert_eq!(text(send(&app, Method::Post, "/text").body("short").dispatch()), (200, "short".into()));
    for target in ["/open/text", "/skip/text"] {
        assert_eq!(
            text(send(&app, Method::Post, target).body(long("")).dispatch()),
            (200, long("")),
            "{target}"
        );
    }
    let (status, body) = text(send(&app, Method::Post, "/wrong/text").body(long("")).dispatch());
    assert_eq!((status, body.as_str()), (500, "Internal server error"), "the log names the fix");
}

#[test]
fn an_application_that_inspects_bodies_without_a_guard_does_not_launch() {
    let unguarded = rocket().mount("/", routes![string]);
    let Err(error) = Client::untracked(unguarded) else { panic!("it launched") };
    assert!(matches!(error.kind(), rocket::error::ErrorKind::SentinelAborts(_)), "{error}");
}

#[get("/users/<_id>")]
fn user(_id: usize) -> &'static str {
    "by number"
}

#[get("/users/<_name>", rank = 2)]
fn user_by_name(_name: &str) -> &'static str {
    "by name"
}

#[test]
fn a_request_that_is_forwarded_is_counted_once() {
    for of_its_own in [false, true] {
        let guard = guard("rate.limit = \"2/min\"");
        let fairing = GuardFairing::new(&guard);
        let named = match of_its_own {
            true => fairing
                .clone()
                .policy(guard.policy("named", RoutePolicy::new().rate(Rate::per_minute(9))).unwrap()),
            false => fairing.clone(),
        };
        let app = client(
            rocket()
                .attach(fairing.clone())
                .mount("/", fairing.routes(routes![user]))
                .mount("/", named.routes(routes![user_by_name])),
        );
        for status in [200, 200, 429] {
            assert_eq!(get_status(&app, "/users/ann"), status, "{of_its_own}");
        }
    }
}

#[test]
fn a_forwarded_request_meets_the_policy_of_every_route() {
    let guard = guard("");
    let fairing = GuardFairing::new(&guard);
    let closed = guard.policy("closed", RoutePolicy::new().deny("192.0.2.0/24".parse().unwrap())).unwrap();
    let app = client(
        rocket()
            .attach(fairing.clone())
            .mount("/", fairing.routes(routes![user]))
            .mount("/", fairing.clone().policy(closed).routes(routes![user_by_name])),
    );
    assert_eq!((get_status(&app, "/users/7"), get_status(&app, "/users/ann")), (200, 403));
}

#[catch(404)]
fn nothing() -> &'static str {
    "nothing here"
}

#[test]
fn checklist_17_unmatched_paths_are_guarded_and_answered_by_catchers() {
    let fairing = GuardFairing::new(&guard(""));
    let app = client(
        rocket()
            .attach(fairing.clone())
            .register("/", catchers![nothing])
            .mount("/", fairing.routes(routes![home, user]))
            .mount("/", fairing.fallback()),
    );
    let response = send(&app, Method::Get, "/nowhere").dispatch();
    assert_eq!(response.headers().get_one("x-content-type-options"), Some("nosniff"));
    assert_eq!(text(response), (404, "nothing here".into()));
    for (method, target, status) in [
        (Method::Get, "/nowhere?q=%3Cscript%3Ealert(1)%3C/script%3E", 400),
        (Method::Delete, ATTACK, 400),
        (Method::Head, "/", 200),
        (Method::Head, ATTACK, 400),
        (Method::Get, "/users/ann", 422),
    ] {
        assert_eq!(send(&app, method, target).dispatch().status().code, status, "{method} {target}");
    }
    for (end, answer) in [("", (404, "nothing here")), ("<script>alert(1)</script>", (400, "Suspicious"))] {
        for body in [format!("tulips {end}"), long(end)] {
            let (status, text) = text(send(&app, Method::Post, "/nowhere").body(&body).dispatch());
            assert!(
                status == answer.0 && text.starts_with(answer.1),
                "{} bytes: {status} {text}",
                body.len()
            );
        }
    }
}

#[test]
fn checklist_21_routes_of_the_configuration_are_found_by_rockets_patterns_under_their_base() {
    let guard = guard(
        "[[route]]\npattern = \"/api/users/<_id>\"\ndeny = [\"192.0.2.0/24\"]\n\
         [[route]]\npattern = \"/users/<_id>\"\ndeny = [\"192.0.2.0/24\"]\n",
    );
    let fairing = GuardFairing::new(&guard);
    let app = client(rocket().attach(fairing.clone()).mount("/api", fairing.routes(routes![user, home])));
    assert_eq!((get_status(&app, "/api/users/7"), get_status(&app, "/api")), (403, 200));
    assert_eq!(guard.unmatched_routes(), ["/users/<_id>"]);
}

#[test]
fn checklist_21_policies_resolve_under_the_base_of_their_routes() {
    let guard = guard("");
    let strict = guard.policy("strict", RoutePolicy::new().rate(Rate::per_minute(2))).unwrap();
    let fairing = GuardFairing::new(&guard);
    let app = client(
        rocket()
            .attach(fairing.clone())
            .mount("/a/b/c/d", fairing.clone().policy(strict).routes(routes![user]))
            .mount("/", fairing.routes(routes![home]))
            .mount("/", fairing.fallback()),
    );
    for (target, status) in
        [("/a/b/c/d/users/1", 200), ("/a/b/c/d/users/2", 200), ("/a/b/c/d/users/3", 429), ("/", 200)]
    {
        assert_eq!(get_status(&app, target), status, "{target}");
    }
}

#[test]
fn checklist_15_clones_of_the_wrapper_share_one_limit() {
    let fairing = GuardFairing::new(&guard("rate.limit = \"3/min\""));
    let clones = [fairing.clone(), fairing.clone(), fairing.clone(), fairing];
    let apps =
        clones.map(|clone| client(rocket().attach(clone.clone()).mount("/", clone.routes(routes![home]))));
    let mut served = 0;
    for _ in 0..3 {
        served += apps.iter().filter(|app| get_status(app, "/") == 200).count();
    }
    assert_eq!(served, 3);
}

/// Records responses: method, route, status.
#[derive(Clone, Default)]
struct ResponseRecorder(Arc<Mutex<Vec<String>>>);

impl EventSink for ResponseRecorder {
    fn event(&self, _: &Event, _: &Context<'_>) {}
    fn request(&self, _: &RequestReport<'_>) {}

    fn response(&self, report: &ResponseReport<'_>) {
        let line = format!("{} {} {}", report.method, report.route.unwrap_or("-"), report.status);
        self.0.lock().expect("no panic").push(line);
    }
}

#[rocket::put("/text", data = "<body>")]
fn replaced(body: String) -> String {
    body
}

#[test]
fn sinks_receive_responses_with_the_overridden_method() {
    let responses = ResponseRecorder::default();
    let guard = Guard::builder(Config::default()).sink(responses.clone()).build().expect("a guard");
    let fairing = GuardFairing::new(&guard);
    let app = client(
        rocket()
            .attach(fairing.clone())
            .mount("/", fairing.routes(routes![home, replaced]))
            .mount("/", fairing.fallback()),
    );
    send(&app, Method::Head, "/").dispatch();
    let form = send(&app, Method::Post, "/text").header(Header::new("content-type", FORM));
    assert_eq!(text(form.body("_method=put&a=b").dispatch()), (200, "_method=put&a=b".into()));
    get_status(&app, "/nowhere");
    assert_eq!(*responses.0.lock().expect("no panic"), ["HEAD / 200", "PUT /text 200", "GET - 404"]);
}

#[get("/")]
fn who(principal: Option<Principal>, guard: &State<Guard>) -> Cost<String> {
    let name = principal.map_or("nobody".into(), |Principal(name)| name);
    Cost(10, format!("{name} of {}", guard.status().to_json().len()))
}

#[test]
fn the_application_sets_principal_cost_and_response() {
    let guard =
        Guard::builder(Config::from_toml("rate = { limit = \"2/min\", key = [\"principal\"] }").unwrap())
            .modify(|response: &mut MutableResponse<'_>| {
                response.headers.insert("x-frame-options", "DENY".parse().expect("a value"));
            })
            .build()
            .unwrap();
    let policy = RoutePolicy::new().rate_outcomes([200], Rate::per_minute(10));
    let fairing = GuardFairing::new(&guard);
    let costly = fairing.clone().policy(guard.policy("costly", policy).unwrap());
    let app = client(
        rocket()
            .attach(fairing.clone())
            .attach(AdHoc::on_request("login", |request, _| {
                Box::pin(async move { Principal::set(request, "ann") })
            }))
            .mount("/who", costly.routes(routes![who]))
            .mount("/", fairing.routes(routes![home])),
    );
    let response = send(&app, Method::Get, "/who").dispatch();
    assert_eq!(response.headers().get("x-frame-options").collect::<Vec<_>>(), ["DENY"]);
    assert!(text(response).1.starts_with("ann of "));
    assert_eq!(get_status(&app, "/who"), 429, "the first cost ten");
    let elsewhere = app.get("/").remote(([198, 51, 100, 9], 1).into()).dispatch();
    assert_eq!(elsewhere.status(), Status::TooManyRequests, "ann again");
}

#[test]
fn status_and_reports_have_their_endpoints() {
    let guard = guard("rate.limit = \"9/min\"");
    let reports = guard.policy("csp", RoutePolicy::new().body(BodyRule::Skip)).unwrap();
    let fairing = GuardFairing::new(&guard);
    let csp = fairing.clone().policy(reports);
    let app = client(
        rocket()
            .attach(fairing.clone())
            .mount("/", csp.routes(csp_report_endpoint(&csp, "/csp")))
            .mount("/", fairing.routes(status_endpoint(&guard, "/status"))),
    );
    let served = send(&app, Method::Get, "/status").dispatch();
    assert_eq!(served.headers().get_one("cache-control"), Some("no-store"));
    assert!(text(served).1.contains("\"requests\""));
    let report = format!(
        "{{\"csp-report\": {{\"violated-directive\": \"script-src\", \"script-sample\": \"{SCRIPT}\"}}}}"
    );
    for (body, status) in [(report, 204), (" ".repeat(65 << 10), 413), ("{".into(), 400)] {
        let sent =
            send(&app, Method::Post, "/csp").header(Header::new("content-type", "application/csp-report"));
        assert_eq!(sent.body(body).dispatch().status().code, status);
    }
}
