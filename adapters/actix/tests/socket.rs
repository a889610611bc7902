//! The middleware behind a real listener.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use portcullis_actix::event::Event;
use portcullis_actix::sink::{Context, EventSink, RequestReport};
use portcullis_actix::{
    Admission, BodyRule, Config, Guard, GuardMiddleware, Rate, RoutePolicy, csp_report_endpoint,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use portcullis_testing::wire::{connect, frame, handshake, head, next_frame};

async fn chat(
    request: HttpRequest,
    body: web::Payload,
    admission: web::ReqData<Admission>,
) -> actix_web::Result<HttpResponse> {
    let (response, mut session, mut stream) = actix_ws::handle(&request, body)?;
    let mut messages = admission.messages("/chat").limit(Rate::per_minute(3));
    actix_web::rt::spawn(async move {
        while let Some(Ok(actix_ws::Message::Text(text))) = stream.recv().await {
            if let Err(rejected) = messages.inspect(&*text) {
                let (code, description) = (rejected.code.into(), Some(rejected.reason.into()));
                let _ = session.close(Some(actix_ws::CloseReason { code, description })).await;
                return;
            }
            let _ = session.text(text).await;
        }
    });
    Ok(response)
}

/// Serves a chat, an echo of bodies and one of paths under a guard, on a free port.
fn serve(guard: &Guard) -> SocketAddr {
    let guarded = GuardMiddleware::new(guard);
    let server = HttpServer::new(move || {
        App::new().service(
            web::scope("")
                .wrap(guarded.clone())
                .route("/chat", web::get().to(chat))
                .route("/echo", web::to(|body: web::Bytes| async move { body }))
                .default_service(web::to(|request: HttpRequest| async move {
                    let peer = request.peer_addr().map(|peer| peer.ip().to_string()).unwrap_or_default();
                    format!("{} from {peer}", request.uri())
                })),
        )
    });
    let server = server.workers(1).disable_signals().bind("127.0.0.1:0").expect("a free port");
    let address = server.addrs()[0];
    actix_web::rt::spawn(server.run());
    address
}

fn guard(toml: &str) -> Guard {
    Guard::build(Config::from_toml(toml).expect("a document")).expect("a configuration")
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut rest = String::new();
    // A reset counts as an end: both close.
    let _ = stream.read_to_string(&mut rest).await;
    rest
}

#[actix_web::test]
async fn checklist_17_a_websocket_is_guarded_at_the_handshake_and_its_messages_after_it() {
    let address = serve(&guard(""));
    let mut stream =
        connect(address, &handshake("/chat?room=%3Cscript%3Ealert(1)%3C/script%3E", "GET")).await;
    assert!(head(&mut stream).await.starts_with("HTTP/1.1 400"));

    let mut stream = connect(address, &handshake("/chat", "GET")).await;
    let answer = head(&mut stream).await.to_lowercase();
    assert!(answer.starts_with("http/1.1 101") && !answer.contains("x-frame-options"), "{answer}");
    stream.write_all(&frame("isn't 1 < 2?")).await.expect("written");
    assert_eq!(next_frame(&mut stream).await, (0x81, b"isn't 1 < 2?".to_vec()));
    stream.write_all(&frame("<script>alert(1)</script>")).await.expect("written");
    let close = [&1008_u16.to_be_bytes()[..], b"Suspicious activity detected"].concat();
    assert_eq!(next_frame(&mut stream).await, (0x88, close));
}

/// The server's response to these bytes, after which the client closes its side.
async fn all(address: SocketAddr, request: &str) -> String {
    let mut stream = connect(address, request).await;
    // A server may have closed already.
    let _ = stream.shutdown().await;
    let report = tokio::time::timeout(Duration::from_secs(10), rest(&mut stream)).await;
    report.expect("the handler does not wait for a client that has left")
}

#[actix_web::test]
async fn bytes_after_a_handshake_cannot_be_read_as_an_uninspected_body() {
    let address = serve(&guard(""));
    let much = "a".repeat(100_000);
    for method in ["GET", "POST"] {
        for sent in ["", "<script>alert(1)</script>", &*much] {
            let answer = all(address, &(handshake("/echo", method) + sent)).await;
            assert!(!answer.starts_with("HTTP/1.1 200"), "{method}: the handler got an uninspected body");
        }
    }
}

#[actix_web::test]
async fn frames_that_a_client_sends_too_early_are_there_after_the_handshake() {
    let mut request = handshake("/chat", "GET").into_bytes();
    request.extend(frame("early"));
    let mut stream = TcpStream::connect(serve(&guard(""))).await.expect("a connection");
    stream.write_all(&request).await.expect("written");
    assert!(head(&mut stream).await.starts_with("HTTP/1.1 101"));
    assert_eq!(next_frame(&mut stream).await, (0x81, b"early".to_vec()));
}

#[actix_web::test]
async fn a_rejected_request_does_not_leave_its_body_to_be_read_as_the_next() {
    let address = serve(&guard(""));
    let request = "POST /?q=%3Cscript%3Ealert(1)%3C/script%3E HTTP/1.1\r\nHost: x\r\nContent-Length: 44\r\n\r\n\
                   GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n        GET /";
    let mut stream = connect(address, request).await;
    assert!(head(&mut stream).await.starts_with("HTTP/1.1 400"));
    assert!(!rest(&mut stream).await.contains("smuggled"));
}

#[actix_web::test]
async fn the_peer_is_that_of_the_connection() {
    let get =
        "GET //shop/page?x HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.9\r\nConnection: close\r\n\r\n";
    let mut stream = connect(serve(&guard("access.deny = [\"192.0.2.9\"]")), get).await;
    assert!(rest(&mut stream).await.ends_with("//shop/page?x from 127.0.0.1"));
    let mut stream = connect(serve(&guard("access.deny = [\"127.0.0.1\"]")), get).await;
    assert!(head(&mut stream).await.starts_with("HTTP/1.1 403"));
}

#[actix_web::test]
async fn checklist_57_a_report_that_does_not_arrive_is_not_waited_for() {
    let guard = guard("body.timeout = \"50ms\"");
    let policy = guard.policy("csp", RoutePolicy::new().body(BodyRule::Skip)).expect("a policy");
    let guarded = GuardMiddleware::new(&guard).policy(policy);
    let server = HttpServer::new(move || {
        let route = csp_report_endpoint(&guarded);
        App::new().service(web::resource("/csp").wrap(guarded.clone()).route(route))
    });
    let server = server.workers(1).disable_signals().bind("127.0.0.1:0").expect("a free port");
    let address = server.addrs()[0];
    actix_web::rt::spawn(server.run());
    let request = "POST /csp HTTP/1.1\r\nHost: x\r\nContent-Type: application/csp-report\r\nContent-Length: 100\r\n\r\n{";
    let mut stream = connect(address, request).await;
    let head = tokio::time::timeout(Duration::from_secs(10), head(&mut stream)).await.expect("a response");
    assert!(head.starts_with("HTTP/1.1 408"), "{head}");
}

/// Records the reasons of events.
#[derive(Clone, Default)]
struct ReasonRecorder(Arc<Mutex<Vec<String>>>);

impl EventSink for ReasonRecorder {
    fn event(&self, event: &Event, _: &Context<'_>) {
        self.0.lock().expect("no panic").push(event.reason.clone());
    }

    fn request(&self, _: &RequestReport<'_>) {}
}

#[actix_web::test]
async fn a_client_that_aborts_its_body_is_reported_and_the_server_goes_on() {
    let reasons = ReasonRecorder::default();
    let guard = Guard::builder(Config::default()).sink(reasons.clone()).build().expect("a guard");
    let address = serve(&guard);
    let request = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf of it";
    drop(connect(address, request).await);
    for _ in 0..200 {
        if !reasons.0.lock().expect("no panic").is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(*reasons.0.lock().expect("no panic"), ["The body ended early"]);
    let mut stream = connect(address, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(head(&mut stream).await.starts_with("HTTP/1.1 200"));
}
