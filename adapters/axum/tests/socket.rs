//! The layer behind a real listener.

use std::net::SocketAddr;

use axum::extract::ws::{CloseFrame, Message, WebSocketUpgrade};
use axum::routing::get;
use axum::{Extension, Router};
use portcullis_axum::{Admission, Config, Guard, GuardLayer, Rate};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Serves a WebSocket echo and a path echo under a guard, on a free port.
async fn serve() -> SocketAddr {
    let guard = Guard::build(Config::default()).expect("the default configuration");
    let echo = |upgrade: WebSocketUpgrade| async {
        upgrade.on_upgrade(|mut socket| async move {
            while let Some(Ok(Message::Text(text))) = socket.recv().await {
                let _ = socket.send(Message::Text(text)).await;
            }
        })
    };
    let app = Router::new()
        .route("/echo", get(echo))
        .fallback(|uri: http::Uri| async move { uri.to_string() })
        .layer(GuardLayer::new(&guard));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

async fn exchange(address: SocketAddr, request: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("written");
    let mut response = Vec::new();
    while !response.windows(4).any(|window| window == b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).await.expect("read") == 0 {
            break;
        }
        response.push(byte[0]);
    }
    (stream, String::from_utf8(response).expect("a head"))
}

fn handshake(target: &str) -> String {
    format!(
        "GET {target} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}

#[tokio::test]
async fn checklist_17_a_websocket_is_guarded_at_the_handshake_and_untouched_after() {
    let address = serve().await;
    let (mut stream, head) = exchange(address, &handshake("/echo")).await;
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    assert!(!head.to_lowercase().contains("x-frame-options"), "{head}");
    // `hi`, masked with zeros; the echo comes back unmasked.
    stream.write_all(&[0x81, 0x82, 0, 0, 0, 0, b'h', b'i']).await.expect("written");
    let mut echo = [0; 4];
    stream.read_exact(&mut echo).await.expect("an echo");
    assert_eq!(echo, [0x81, 2, b'h', b'i']);

    let (_, head) = exchange(address, &handshake("/echo?room=%3Cscript%3Ealert(1)%3C/script%3E")).await;
    assert!(head.starts_with("HTTP/1.1 400"), "{head}");
}

#[tokio::test]
async fn checklist_19_a_path_with_two_slashes_keeps_its_first_segment() {
    let address = serve().await;
    let (mut stream, head) =
        exchange(address, "GET //etc/passwd?x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    let mut body = String::new();
    stream.read_to_string(&mut body).await.expect("a body");
    // Either the guard read `/etc/passwd` in the path and rejected, or the handler got the whole path.
    assert!(head.starts_with("HTTP/1.1 400") || body.contains("//etc/passwd?x"), "{head}{body}");
}

#[tokio::test]
async fn a_rejected_request_does_not_leave_its_body_to_be_read_as_the_next() {
    let address = serve().await;
    let request = "POST /?q=%3Cscript%3Ealert(1)%3C/script%3E HTTP/1.1\r\nHost: x\r\nContent-Length: 44\r\n\r\n\
                   GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n        GET /";
    let (mut stream, head) = exchange(address, request).await;
    assert!(head.starts_with("HTTP/1.1 400"), "{head}");
    let mut rest = String::new();
    // A reset counts as an end: both close.
    let _ = stream.read_to_string(&mut rest).await;
    assert!(!rest.contains("smuggled"), "{rest}");
}

/// A text frame, masked with zeros.
fn frame(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("a short text");
    assert!(length < 126, "a short text");
    let mut frame = vec![0x81, 0x80 | length, 0, 0, 0, 0];
    frame.extend(text.bytes());
    frame
}

/// The next frame: its first byte and its payload.
async fn next_frame(stream: &mut TcpStream) -> (u8, Vec<u8>) {
    let mut head = [0; 2];
    stream.read_exact(&mut head).await.expect("a frame");
    let mut payload = vec![0; usize::from(head[1])];
    stream.read_exact(&mut payload).await.expect("its payload");
    (head[0], payload)
}

/// Serves a WebSocket whose messages are inspected.
async fn serve_chat(guard: &Guard) -> SocketAddr {
    let chat = |upgrade: WebSocketUpgrade, Extension(admission): Extension<Admission>| async move {
        let mut messages = admission.messages("/chat").limit(Rate::per_minute(3));
        upgrade.on_upgrade(|mut socket| async move {
            while let Some(Ok(Message::Text(text))) = socket.recv().await {
                if let Err(rejected) = messages.inspect(text.as_str()) {
                    let frame = CloseFrame { code: rejected.code, reason: rejected.reason.into() };
                    let _ = socket.send(Message::Close(Some(frame))).await;
                    return;
                }
                let _ = socket.send(Message::Text(text)).await;
            }
        })
    };
    let app = Router::new().route("/chat", get(chat)).layer(GuardLayer::new(guard));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

#[tokio::test]
async fn messages_of_a_websocket_are_inspected_and_limited() {
    let guard = Guard::build(Config::default()).expect("the default configuration");
    let address = serve_chat(&guard).await;
    let close = |reason: &str| [&1008_u16.to_be_bytes()[..], reason.as_bytes()].concat();

    let (mut stream, head) = exchange(address, &handshake("/chat")).await;
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    stream.write_all(&frame("isn't 1 < 2?")).await.expect("written");
    assert_eq!(next_frame(&mut stream).await, (0x81, b"isn't 1 < 2?".to_vec()));
    stream.write_all(&frame("<script>alert(1)</script>")).await.expect("written");
    assert_eq!(next_frame(&mut stream).await, (0x88, close("Suspicious activity detected")));

    let (mut stream, _) = exchange(address, &handshake("/chat")).await;
    for _ in 0..3 {
        stream.write_all(&frame("hi")).await.expect("written");
        assert_eq!(next_frame(&mut stream).await, (0x81, b"hi".to_vec()));
    }
    stream.write_all(&frame("hi")).await.expect("written");
    assert_eq!(next_frame(&mut stream).await, (0x88, close("Rate limit exceeded")));
}
