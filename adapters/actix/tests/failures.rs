//! Failures and delays of an application: the guard neither hides nor aggravates them.

use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, HttpResponse, HttpServer, web};
use bytes::Bytes;
use futures_core::Stream;
use portcullis_actix::{BodyRule, ByteSize, Config, Guard, GuardMiddleware, RoutePolicy};
use tokio::io::AsyncReadExt as _;

use portcullis_testing::wire::{connect, head};

fn guard(toml: &str) -> Guard {
    Guard::build(Config::from_toml(toml).expect("a document")).expect("a configuration")
}

fn request(method: Method, target: &str) -> TestRequest {
    TestRequest::with_uri(target).method(method).peer_addr(SocketAddr::from(([192, 0, 2, 1], 4711)))
}

#[actix_web::test]
async fn errors_of_the_framework_are_answered_as_without_a_guard_and_carry_its_headers() {
    let guarded = GuardMiddleware::new(&guard(""));
    let small = web::PayloadConfig::new(8);
    let app = App::new()
        .service(web::resource("/pages").wrap(guarded.clone()).route(web::get().to(HttpResponse::Ok)))
        .service(
            web::scope("")
                .wrap(guarded)
                .app_data(small)
                .route("/bytes", web::post().to(|body: Bytes| async move { body }))
                .route("/json", web::post().to(|_: web::Json<u8>| async { "a number" }))
                .route("/number/{n}", web::get().to(|_: web::Path<u8>| async { "a number" })),
        );
    let app = init_service(app).await;
    for (method, target, body, status) in [
        (Method::GET, "/nowhere", "", 404),
        (Method::GET, "/number/x", "", 404),
        (Method::POST, "/pages", "", 405),
        (Method::POST, "/bytes", "nine bytes", 413),
        (Method::POST, "/json", "{", 400),
    ] {
        let request = request(method, target).insert_header(("content-type", "application/json"));
        let response = call_service(&app, request.set_payload(body).to_request()).await;
        assert_eq!(response.status(), status, "{target}");
        assert_eq!(response.headers().get("x-content-type-options").unwrap(), "nosniff", "{target}");
    }
}

/// One chunk, and no end.
struct StallingBody(Option<&'static [u8]>);

impl Stream for StallingBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.take().map_or(Poll::Pending, |chunk| Poll::Ready(Some(Ok(Bytes::from_static(chunk)))))
    }
}

#[actix_web::test]
async fn a_handler_runs_once_the_prefix_is_read_and_streams_the_rest() {
    let guard = guard("");
    let prefix = guard.policy("upload", RoutePolicy::new().body(BodyRule::Prefix(ByteSize(5)))).unwrap();
    let first = |mut body: web::Payload| async move {
        std::future::poll_fn(|context| Pin::new(&mut body).poll_next(context)).await.unwrap()
    };
    let upload = web::resource("/").wrap(GuardMiddleware::new(&guard).policy(prefix)).to(first);
    let app = init_service(App::new().service(upload)).await;
    let body: Payload = Payload::Stream { payload: Box::pin(StallingBody(Some(b"the beginning of a film"))) };
    let response = call_service(&app, request(Method::POST, "/").to_request().replace_payload(body).0).await;
    assert_eq!(read_body(response).await, "the beginning of a film");
}

#[actix_web::test]
async fn a_panic_costs_its_own_connection_and_counts_as_a_request() {
    let guarded = GuardMiddleware::new(&guard("rate.limit = \"2/min\""));
    let server = HttpServer::new(move || {
        let panics = || async { if true { panic!("out of paper") } else { "never" } };
        App::new()
            .wrap(guarded.clone())
            .route("/", web::get().to(|| async { "fine" }))
            .route("/panic", web::get().to(panics))
    });
    let server = server.workers(1).disable_signals().bind("127.0.0.1:0").expect("a free port");
    let address = server.addrs()[0];
    actix_web::rt::spawn(server.run());
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    let mut rest = String::new();
    // A reset counts as an end: both close.
    let _ = connect(address, &get("/panic")).await.read_to_string(&mut rest).await;
    assert_eq!(rest, "");
    for status in ["200", "429"] {
        let answer = head(&mut connect(address, &get("/")).await).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    }
}
