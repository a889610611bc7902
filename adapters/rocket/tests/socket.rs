//! Wrapped routes behind a real listener.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portcullis_rocket::event::Event;
use portcullis_rocket::sink::{Context, EventSink, RequestReport};
use portcullis_rocket::{
    Admission, BodyRule, Config, Guard, GuardFairing, Inspected, Rate, RoutePolicy, csp_report_endpoint,
};
use rocket::fairing::AdHoc;
use rocket::futures::{SinkExt as _, StreamExt as _};
use rocket::http::uri::Origin;
use rocket::response::stream::TextStream;
use rocket::{get, post, routes};
use rocket_ws as ws;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;

use portcullis_testing::wire::{connect, frame, handshake, head, next_frame};

#[get("/chat")]
fn chat(upgrade: ws::WebSocket, admission: Admission) -> ws::Channel<'static> {
    let mut messages = admission.messages("/chat").limit(Rate::per_minute(3));
    upgrade.channel(move |mut socket| {
        Box::pin(async move {
            while let Some(message) = socket.next().await {
                let message = message?;
                if let ws::Message::Text(text) = &message
                    && let Err(rejected) = messages.inspect(text)
                {
                    let (code, reason) = (rejected.code.into(), rejected.reason.into());
                    return socket.close(Some(ws::frame::CloseFrame { code, reason })).await;
                }
                socket.send(message).await?;
            }
            Ok(())
        })
    })
}

#[post("/echo", data = "<body>")]
fn echo(body: Inspected<String>) -> String {
    body.into_inner()
}

#[get("/<_..>")]
fn page(origin: &Origin<'_>) -> String {
    origin.to_string()
}

#[get("/stream")]
fn stream() -> TextStream![&'static str] {
    TextStream! {
        yield "first";
        rocket::futures::future::pending::<()>().await;
    }
}

async fn serve(guard: &Guard) -> SocketAddr {
    let protect = GuardFairing::new(guard);
    let skips = guard.policy("csp", RoutePolicy::new().body(BodyRule::Skip)).expect("a policy");
    let reports = protect.clone().policy(skips);
    let (report, reported) = oneshot::channel();
    let report = Mutex::new(Some(report));
    let config = rocket::Config { port: 0, log_level: rocket::config::LogLevel::Off, ..Default::default() };
    let rocket = rocket::custom(config)
        .attach(protect.clone())
        .mount("/", protect.routes(routes![chat, page, stream]))
        .mount("/", protect.inspected(routes![echo]))
        .mount("/", reports.routes(csp_report_endpoint(&reports, "/csp")))
        .attach(AdHoc::on_liftoff("address", move |rocket| {
            let report = report.lock().expect("no panic").take().expect("once");
            let _ = report.send(SocketAddr::new(rocket.config().address, rocket.config().port));
            Box::pin(std::future::ready(()))
        }));
    tokio::spawn(rocket.launch());
    reported.await.expect("an address")
}

fn guard(toml: &str) -> Guard {
    Guard::build(Config::from_toml(toml).expect("a document")).expect("a configuration")
}

#[tokio::test]
async fn checklist_17_a_websocket_is_guarded_at_the_handshake_and_its_messages_after_it() {
    let address = serve(&guard("")).await;
    let mut stream =
        connect(address, &handshake("/chat?room=%3Cscript%3Ealert(1)%3C/script%3E", "GET")).await;
    assert!(head(&mut stream).await.starts_with("HTTP/1.1 400"));

    let mut stream = connect(address, &handshake("/chat", "GET")).await;
    let answer = head(&mut stream).await.to_lowercase();
    assert!(answer.starts_with("http/1.1 101") && !answer.contains("referrer-policy"), "{answer}");
    stream.write_all(&frame("isn't 1 < 2?")).await.expect("written");
    assert_eq!(next_frame(&mut stream).await, (0x81, b"isn't 1 < 2?".to_vec()));
    stream.write_all(&frame("<script>alert(1)</script>")).await.expect("written");
    let close = [&1008_u16.to_be_bytes()[..], b"Suspicious activity detected"].concat();
    assert_eq!(next_frame(&mut stream).await, (0x88, close));
}

#[tokio::test]
async fn the_peer_is_that_of_the_connection() {
    let get = "GET /page?x HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.9\r\nX-Real-IP: 192.0.2.9\r\n\
               Connection: close\r\n\r\n";
    let mut stream = connect(serve(&guard("access.deny = [\"192.0.2.9\"]")).await, get).await;
    assert!(head(&mut stream).await.starts_with("HTTP/1.1 200"));
    let mut stream = connect(serve(&guard("access.deny = [\"127.0.0.1\"]")).await, get).await;
    assert!(head(&mut stream).await.starts_with("HTTP/1.1 403"));
}

#[tokio::test]
async fn a_stream_passes_while_it_is_made_and_watched() {
    let rule = "behaviour = { inspect_responses = true, rule = [\
                { kind = \"return_pattern\", pattern = \"never\", threshold = 1, action = \"throttle\" }] }";
    for toml in ["", rule] {
        let mut stream = connect(serve(&guard(toml)).await, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(head(&mut stream).await.starts_with("HTTP/1.1 200"));
        let mut first = [0; 10];
        stream.read_exact(&mut first).await.expect("a chunk");
        assert_eq!(&first, b"5\r\nfirst\r\n");
    }
}

#[tokio::test]
async fn a_long_chunked_body_is_inspected_to_its_end() {
    let address = serve(&guard("")).await;
    let words = "tulips and roses ".repeat(60);
    for (end, status) in [("watered", "200"), ("<script>alert(1)</script>", "400")] {
        let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
        let body = chunk(&words) + &chunk(&words) + &chunk(end) + "0\r\n\r\n";
        let head_of =
            "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
        let mut stream = connect(address, &format!("{head_of}{body}")).await;
        assert!(head(&mut stream).await.starts_with(&format!("HTTP/1.1 {status}")), "{end}");
    }
}

#[tokio::test]
async fn checklist_57_a_report_that_does_not_arrive_is_not_waited_for() {
    let guard = guard("body.timeout = \"50ms\"");
    let address = serve(&guard).await;
    let request = "POST /csp HTTP/1.1\r\nHost: x\r\nContent-Type: application/csp-report\r\n\
                   Content-Length: 5000\r\n\r\n{\"csp-report\": {}";
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

#[tokio::test]
async fn a_client_that_aborts_its_body_is_reported_and_the_server_goes_on() {
    for length in [100, 4_000] {
        let reasons = ReasonRecorder::default();
        let guard = Guard::builder(Config::default()).sink(reasons.clone()).build().expect("a guard");
        let address = serve(&guard).await;
        let half = "a".repeat(length / 2);
        let request = format!("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{half}");
        drop(connect(address, &request).await);
        for _ in 0..200 {
            if !reasons.0.lock().expect("no panic").is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(*reasons.0.lock().expect("no panic"), ["The body ended early"], "{length}");
        let mut stream = connect(address, "GET /page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
        assert!(head(&mut stream).await.starts_with("HTTP/1.1 200"));
    }
}

#[tokio::test]
async fn half_of_a_body_in_chunks_is_no_whole_one() {
    let address = serve(&guard("")).await;
    for sent in [0, 5, 100, 300, 600] {
        let chunk = if sent > 0 { format!("{sent:x}\r\n{}\r\n", "a".repeat(sent)) } else { String::new() };
        let request = format!("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}");
        let mut stream = connect(address, &request).await;
        let _ = stream.shutdown().await;
        let answer = head(&mut stream).await;
        assert!(!answer.starts_with("HTTP/1.1 200"), "{sent} bytes: {answer}");
    }
}

#[tokio::test]
async fn a_body_that_stalls_is_waited_for_only_so_long() {
    let address = serve(&guard("body.timeout = \"100ms\"")).await;
    for length in [100, 4_000] {
        let half = "a".repeat(length / 2);
        let request = format!("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{half}");
        let mut stream = connect(address, &request).await;
        assert!(head(&mut stream).await.starts_with("HTTP/1.1 408"), "{length}");
    }
}
