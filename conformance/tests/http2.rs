//! HTTP/2 beyond the format of vectors: several streams on one connection, bodies that never end, and connections that are
//! opened by `CONNECT`.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::ext::Protocol;
use h2::{RecvStream, SendStream};
use http::{Request, Response};
use portcullis_conformance::targets::servers;
use portcullis_core::Timestamp;
use tokio::net::TcpStream;
use tokio::time::timeout;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const ATTACK: &str = "http://localhost/?q=%3Cscript%3Ealert(1)%3C/script%3E";

/// Run a conversation with each server.
fn talk(config: &str, talk: impl AsyncFn(&'static str, SendRequest<Bytes>)) {
    let client = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (name, mut server) in servers(config).unwrap() {
        let address = server.address(NOW);
        client.block_on(async { talk(name, connect(address).await).await });
    }
}

async fn connect(address: SocketAddr) -> SendRequest<Bytes> {
    let stream = TcpStream::connect(address).await.unwrap();
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    client.ready().await.unwrap()
}

fn send(
    client: &mut SendRequest<Bytes>,
    request: http::request::Builder,
    ends: bool,
) -> (ResponseFuture, SendStream<Bytes>) {
    client.send_request(request.body(()).unwrap(), ends).unwrap()
}

async fn answer(response: ResponseFuture) -> Response<RecvStream> {
    timeout(Duration::from_secs(10), response).await.expect("a response in time").unwrap()
}

#[test]
fn every_stream_of_a_connection_is_counted() {
    talk("{ rate = { limit = \"3/min\" } }", async |name, mut client| {
        let mut responses = Vec::new();
        for _ in 0..5 {
            client = client.ready().await.unwrap();
            responses.push(send(&mut client, Request::get("http://localhost/"), true).0);
        }
        let mut statuses = Vec::new();
        for response in responses {
            statuses.push(answer(response).await.status().as_u16());
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 200, 200, 429, 429], "{name}");
    });
}

#[test]
fn a_rejected_stream_leaves_the_connection_to_the_others() {
    talk("{ ban = { enabled = false } }", async |name, mut client| {
        for (target, status) in [("http://localhost/", 200), (ATTACK, 400), ("http://localhost/", 200)] {
            client = client.ready().await.unwrap();
            let (response, _) = send(&mut client, Request::get(target), true);
            assert_eq!(answer(response).await.status(), status, "{name}: {target}");
        }
    });
}

#[test]
fn a_head_is_rejected_without_its_body() {
    talk("{ body = { limit = \"1KiB\" }, ban = { enabled = false } }", async |name, mut client| {
        for (request, status) in [
            (Request::post(ATTACK), 400),
            (Request::post("http://localhost/").header("content-length", 2000), 413),
        ] {
            client = client.ready().await.unwrap();
            // The stream stays open: its body never ends.
            let (response, mut stream) = send(&mut client, request, false);
            // Rocket does not report whether there is a body: the guard waits until it has the prefix that it inspects.
            if name == "rocket" {
                stream.send_data(Bytes::from_static(&[b'a'; 512]), false).unwrap();
            }
            assert_eq!(answer(response).await.status(), status, "{name}");
        }
    });
}

/// Extended CONNECT (RFC 8441) opens a WebSocket on a stream.
#[test]
fn checklist_17_a_websocket_is_guarded_where_http2_can_open_one() {
    talk("{ ban = { enabled = false } }", async |name, mut client| {
        // The server's settings arrive no later than its first response.
        let (response, _) = send(&mut client, Request::get("http://localhost/"), true);
        assert_eq!(answer(response).await.status(), 200, "{name}");
        client = client.ready().await.unwrap();
        let offered = client.is_extended_connect_protocol_enabled();
        assert_eq!(offered, name == "axum", "{name}");
        if !offered {
            return;
        }
        for (target, status) in [(ATTACK, 400), ("http://localhost/chat", 200)] {
            let request = Request::connect(target).extension(Protocol::from_static("websocket"));
            let (response, _stream) = send(&mut client, request, false);
            assert_eq!(answer(response).await.status(), status, "{target}");
            client = client.ready().await.unwrap();
        }
    });
}
