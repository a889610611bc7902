//! The middleware around an application, in process.

use std::cell::Cell;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody, to_bytes};
use actix_web::dev::{Payload, Service, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::{Method, StatusCode, header};
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, Error, HttpMessage as _, HttpResponse, error, web};
use bytes::Bytes;
use portcullis_actix::{
    Admission, BodyRule, ByteSize, Config, Cost, Guard, GuardMiddleware, MutableResponse, Peer, Principal,
    Rate, RejectionInfo, RoutePolicy, csp_report_endpoint, status_endpoint,
};

const ATTACK: &str = "/?q=1'+union+select+password+from+users--";
const SCRIPT: &str = "q=<script>alert(1)</script>";

fn guard(toml: &str) -> Guard {
    Guard::build(Config::from_toml(toml).expect("a document")).expect("a configuration")
}

fn request(target: &str) -> TestRequest {
    TestRequest::with_uri(target).peer_addr(SocketAddr::from(([192, 0, 2, 1], 4711)))
}

async fn send<B: MessageBody>(
    app: &impl Service<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
    request: actix_http::Request,
) -> HttpResponse {
    match app.call(request).await {
        Ok(response) => {
            let (_, response) = response.into_parts();
            let (head, body) = response.into_parts();
            let body = to_bytes(body).await.unwrap_or_default();
            head.set_body(actix_web::body::BoxBody::new(body))
        }
        Err(error) => error.error_response(),
    }
}

fn value(response: &HttpResponse, name: header::HeaderName) -> &str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("none")
}

async fn text(response: HttpResponse) -> String {
    String::from_utf8(to_bytes(response.into_body()).await.unwrap().to_vec()).unwrap()
}

/// Echoes the body; 400 when it is truncated.
async fn echo(body: web::Payload) -> HttpResponse {
    match body.to_bytes_limited(1 << 20).await {
        Ok(Ok(body)) => HttpResponse::Ok().body(body),
        _ => HttpResponse::BadRequest().body("broken"),
    }
}

/// A body that arrives in chunks and may be truncated.
struct ChunkedBody(VecDeque<Result<Bytes, PayloadError>>);

impl futures_core::Stream for ChunkedBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.pop_front())
    }
}

fn chunked(parts: &[&'static str], breaks: bool) -> Payload {
    let mut chunked: VecDeque<_> = parts.iter().map(|part| Ok(Bytes::from_static(part.as_bytes()))).collect();
    if breaks {
        chunked.push_back(Err(PayloadError::Incomplete(None)));
    }
    Payload::Stream { payload: Box::pin(ChunkedBody(chunked)) }
}

fn post(target: &str, body: Payload) -> actix_http::Request {
    request(target).method(Method::POST).to_request().replace_payload(body).0
}

#[actix_web::test]
async fn a_missing_peer_is_a_mistake_of_the_server() {
    let app = App::new().wrap(GuardMiddleware::new(&guard(""))).default_service(web::to(echo));
    let response = send(&init_service(app).await, TestRequest::default().to_request()).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(text(response).await, "Client address could not be determined");
    let unix = GuardMiddleware::new(&guard("client.on_unknown = \"allow\"")).peer_from(|_| Peer::Unix);
    let app = init_service(App::new().wrap(unix).default_service(web::to(echo))).await;
    assert_eq!(send(&app, TestRequest::default().to_request()).await.status(), StatusCode::OK);
    let attack = TestRequest::with_uri(ATTACK).to_request();
    assert_eq!(send(&app, attack).await.status(), StatusCode::BAD_REQUEST);
}

#[actix_web::test]
async fn handlers_read_the_admission_and_outer_layers_the_cause_of_a_rejection() {
    let guard = guard("shadow = [\"suspicious_activity\"]\nrate.limit = \"2/min\"");
    let home = guard.policy("home", RoutePolicy::new()).unwrap();
    let handler = |admission: web::ReqData<Admission>| async move {
        let finding = admission.finding().map(|finding| finding.class.name());
        format!("{:?} {:?} {finding:?}", admission.client().unwrap(), admission.policy())
    };
    let guarded = GuardMiddleware::new(&guard).policy(home);
    let app = init_service(App::new().service(web::resource("/").wrap(guarded).to(handler))).await;
    let response = send(&app, request("/").to_request()).await;
    assert_eq!(text(response).await, "192.0.2.1 Some(\"home\") None");
    let response = send(&app, request(ATTACK).to_request()).await;
    assert_eq!(text(response).await, "192.0.2.1 Some(\"home\") Some(\"sqli\")");
    let response = send(&app, request("/").to_request()).await;
    let cause = response.extensions().get::<RejectionInfo>().cloned().unwrap();
    assert_eq!((cause.check.unwrap().name(), cause.status.as_u16()), ("rate_limit", 429));
}

#[actix_web::test]
async fn another_guard_inside_a_guard_is_a_mistake_of_the_server() {
    let inner = web::resource("/").wrap(GuardMiddleware::new(&guard(""))).to(echo);
    let outer = web::scope("").wrap(GuardMiddleware::new(&guard(""))).service(inner);
    let response = send(&init_service(App::new().service(outer)).await, request("/").to_request()).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(text(response).await, "Internal server error");
}

#[actix_web::test]
async fn checklist_17_unmatched_paths_and_methods_are_guarded() {
    let scope = web::scope("").wrap(GuardMiddleware::new(&guard(""))).route("/", web::get().to(echo));
    let app = init_service(App::new().service(scope)).await;
    for (method, target, status) in [
        (Method::GET, "/", 200),
        (Method::GET, "/nowhere", 404),
        (Method::GET, "/nowhere?q=%3Cscript%3Ealert(1)%3C/script%3E", 400),
        (Method::DELETE, ATTACK, 400),
    ] {
        let response = send(&app, request(target).method(method.clone()).to_request()).await;
        assert_eq!(response.status(), status, "{method} {target}");
        assert_eq!(value(&response, header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{method} {target}");
    }
}

#[actix_web::test]
async fn checklist_21_routes_of_the_configuration_are_found_by_actixs_patterns_under_scopes() {
    let guard = guard(
        "[[route]]\npattern = \"/api/users/{id}\"\ndeny = [\"192.0.2.0/24\"]\n\
         [[route]]\npattern = \"/api/files/{name:.*}\"\ndeny = [\"192.0.2.0/24\"]\n\
         [[route]]\npattern = \"/api/user/{id}\"\ndeny = [\"192.0.2.0/24\"]\n",
    );
    let api = || {
        web::scope("/api")
            .route("/users/{id}", web::get().to(echo))
            .route("/files/{name:.*}", web::get().to(echo))
            .route("/open", web::get().to(echo))
    };
    let outer = init_service(App::new().wrap(GuardMiddleware::new(&guard)).service(api())).await;
    let inner = init_service(App::new().service(api().wrap(GuardMiddleware::new(&guard)))).await;
    for (target, status) in [("/api/users/7", 403), ("/api/files/a/b", 403), ("/api/open", 200)] {
        assert_eq!(send(&outer, request(target).to_request()).await.status(), status, "{target}");
        assert_eq!(send(&inner, request(target).to_request()).await.status(), status, "{target}");
    }
    assert_eq!(guard.unmatched_routes(), ["/api/user/{id}"]);
}

#[actix_web::test]
async fn checklist_21_policies_resolve_under_nested_scopes() {
    let guard = guard("");
    let strict = guard.policy("strict", RoutePolicy::new().rate(Rate::per_minute(2))).unwrap();
    let guarded = GuardMiddleware::new(&guard);
    let deep = web::resource("/deep/{id}").wrap(guarded.clone().policy(strict)).to(echo);
    let open = web::scope("").wrap(guarded).route("/", web::get().to(echo));
    let nested = web::scope("/a/b").service(web::scope("/c/d").service(deep));
    let app = init_service(App::new().service(nested).service(open)).await;
    for (target, status) in
        [("/a/b/c/d/deep/1", 200), ("/a/b/c/d/deep/2", 200), ("/a/b/c/d/deep/3", 429), ("/", 200)]
    {
        assert_eq!(send(&app, request(target).to_request()).await.status(), status, "{target}");
    }
}

#[actix_web::test]
async fn checklist_15_clones_of_the_middleware_share_one_limit() {
    let guarded = GuardMiddleware::new(&guard("rate.limit = \"3/min\""));
    // One application for each worker, as in a server.
    let mut served = 0;
    for _ in 0..4 {
        let app = init_service(App::new().wrap(guarded.clone()).default_service(web::to(echo))).await;
        for _ in 0..3 {
            served += usize::from(send(&app, request("/").to_request()).await.status() == StatusCode::OK);
        }
    }
    assert_eq!(served, 3);
}

#[actix_web::test]
async fn the_handler_gets_the_body_as_it_was_sent() {
    let guard = guard("");
    let prefix = guard.policy("prefix", RoutePolicy::new().body(BodyRule::Prefix(ByteSize(5)))).unwrap();
    let skip = guard.policy("skip", RoutePolicy::new().body(BodyRule::Skip)).unwrap();
    let guarded = GuardMiddleware::new(&guard);
    let app = App::new()
        .service(web::resource("/prefix").wrap(guarded.clone().policy(prefix)).to(echo))
        .service(web::resource("/skip").wrap(guarded.clone().policy(skip)).to(echo))
        .service(web::scope("").wrap(guarded).default_service(web::to(echo)));
    let app = init_service(app).await;
    for path in ["/", "/prefix", "/skip"] {
        for parts in [&["one"][..], &["on", "", "e two", " three"], &[], &["twelve bytes"]] {
            let response = send(&app, post(path, chunked(parts, false))).await;
            assert_eq!(response.status(), StatusCode::OK, "{path} {parts:?}");
            assert_eq!(text(response).await, parts.concat(), "{path}");
        }
    }
    assert_eq!(
        send(&app, post("/", chunked(&["q=<scr", "ipt>alert(1)</script>"], false))).await.status(),
        400
    );
}

#[actix_web::test]
async fn a_body_that_breaks_off_breaks_off_for_the_handler_too() {
    for (toml, expected) in [("passive = true", "broken"), ("", "Bad request")] {
        let app = App::new().wrap(GuardMiddleware::new(&guard(toml))).default_service(web::to(echo));
        let response = send(&init_service(app).await, post("/", chunked(&["half"], true))).await;
        assert_eq!(text(response).await, expected);
    }
}

#[actix_web::test]
async fn an_unread_body_closes_the_connection_and_never_reaches_the_handler() {
    let ran = Rc::new(Cell::new(false));
    let seen = Rc::clone(&ran);
    let guarded = GuardMiddleware::new(&guard("access.deny = [\"192.0.2.1\"]"));
    let app = App::new().wrap(guarded).default_service(web::to(move || {
        seen.set(true);
        async { "ran" }
    }));
    let response = send(&init_service(app).await, post("/", chunked(&["never", "read"], false))).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(value(&response, header::CONNECTION), "close");
    assert!(!ran.get());
}

/// Two chunks, and no end.
struct Endless(u8);

impl MessageBody for Endless {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.0 += 1;
        if self.0 > 2 { Poll::Pending } else { Poll::Ready(Some(Ok(Bytes::from_static(b"denied")))) }
    }
}

#[actix_web::test]
async fn chunks_pass_as_they_come_while_they_are_watched() {
    let guard = guard(
        "behaviour = { inspect_responses = true, response_prefix = \"1KiB\", rule = [\
         { kind = \"return_pattern\", pattern = \"denied\", threshold = 1, action = \"throttle\" }] }",
    );
    let handler = || async { HttpResponse::Ok().body(Endless(0)) };
    let app =
        init_service(App::new().wrap(GuardMiddleware::new(&guard)).default_service(web::to(handler))).await;
    for status in [200, 200, 429] {
        let response = app.call(request("/").to_request()).await.unwrap();
        assert_eq!(response.status(), status);
        let mut body = Box::pin(response.into_body());
        let mut context = Context::from_waker(std::task::Waker::noop());
        let first = body.as_mut().poll_next(&mut context);
        assert!(matches!(first, Poll::Ready(Some(Ok(_)))));
        if status == 200 {
            assert!(matches!(body.as_mut().poll_next(&mut context), Poll::Ready(Some(Ok(_)))));
            assert!(body.as_mut().poll_next(&mut context).is_pending(), "nothing is held back or made up");
        }
    }
}

#[actix_web::test]
async fn an_error_inside_of_the_guard_stays_an_error_with_the_guards_headers() {
    let guarded = GuardMiddleware::new(&guard(""));
    let app = App::new()
        .wrap_fn(|_, _| {
            std::future::ready(Err::<ServiceResponse, _>(error::ErrorImATeapot("short and stout")))
        })
        .wrap(guarded)
        .default_service(web::to(echo));
    let app = init_service(app).await;
    let error = app.call(request("/").to_request()).await.map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "short and stout");
    let response = error.error_response();
    assert_eq!(response.status(), StatusCode::IM_A_TEAPOT);
    assert_eq!(value(&response, header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert_eq!(text(response).await, "short and stout");
}

#[actix_web::test]
async fn a_principal_is_counted_across_addresses() {
    let guarded = GuardMiddleware::new(&guard("rate = { limit = \"1/min\", key = [\"principal\"] }"));
    let app = init_service(App::new().wrap(guarded).default_service(web::to(echo))).await;
    for (last, name, status) in [(1, "ann", 200), (2, "ann", 429), (2, "ben", 200)] {
        let request =
            TestRequest::default().peer_addr(SocketAddr::from(([192, 0, 2, last], 4711))).to_request();
        request.extensions_mut().insert(Principal(name.into()));
        assert_eq!(send(&app, request).await.status(), status, "{name}");
    }
}

#[actix_web::test]
async fn the_cost_of_a_response_is_counted_and_the_application_modifies_responses() {
    let guard = Guard::builder(Config::default())
        .modify(|response: &mut MutableResponse<'_>| {
            response.headers.insert("x-frame-options", "DENY".parse().expect("a value"));
        })
        .build()
        .unwrap();
    let policy = RoutePolicy::new().rate_outcomes([200], Rate::per_minute(10));
    let guarded = GuardMiddleware::new(&guard).policy(guard.policy("export", policy).unwrap());
    let costly = || async {
        let mut response = HttpResponse::Ok().insert_header(("x-many", "1")).body("");
        response.headers_mut().append("x-many".parse().unwrap(), "2".parse().unwrap());
        response.extensions_mut().insert(Cost(10));
        response
    };
    let app = init_service(App::new().wrap(guarded).default_service(web::to(costly))).await;
    for (status, many) in [(200, 2), (429, 0)] {
        let response = send(&app, request("/").to_request()).await;
        assert_eq!(response.status(), status);
        assert_eq!(value(&response, header::X_FRAME_OPTIONS), "DENY");
        assert_eq!(response.headers().get_all("x-many").count(), many);
    }
}

#[actix_web::test]
async fn status_and_reports_have_their_endpoints() {
    let guard = guard("rate.limit = \"9/min\"");
    let reports = guard.policy("csp", RoutePolicy::new().body(BodyRule::Skip)).unwrap();
    let guarded = GuardMiddleware::new(&guard);
    let csp = guarded.clone().policy(reports);
    let app = App::new()
        .app_data(web::Data::new(guard.clone()))
        .service(web::resource("/csp").wrap(csp.clone()).route(csp_report_endpoint(&csp)))
        .service(web::scope("").wrap(guarded).route("/status", status_endpoint(&guard)).route(
            "/guard",
            web::get().to(|guard: web::Data<Guard>| async move { guard.status().to_json() }),
        ));
    let app = init_service(app).await;
    let served = send(&app, request("/status").to_request()).await;
    assert_eq!((served.status(), value(&served, header::CACHE_CONTROL)), (StatusCode::OK, "no-store"));
    assert!(text(served).await.contains("\"requests\""));
    assert!(text(send(&app, request("/guard").to_request()).await).await.contains("\"allowed\":2"));
    let report = format!(
        "{{\"csp-report\": {{\"violated-directive\": \"script-src\", \"script-sample\": \"{SCRIPT}\"}}}}"
    );
    for (body, status) in [(report, 204), (" ".repeat(65 << 10), 413), ("{".into(), 400)] {
        let sent =
            request("/csp").method(Method::POST).insert_header(("content-type", "application/csp-report"));
        assert_eq!(send(&app, sent.set_payload(body).to_request()).await.status(), status);
    }
}
