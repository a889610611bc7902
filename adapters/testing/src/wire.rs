//! HTTP/1.1 requests and WebSocket frames as bytes on a socket.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Connect and send a request.
///
/// # Panics
/// Without a connection.
pub async fn connect(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("written");
    stream
}

/// The head of the response.
///
/// # Panics
/// For a head that is not UTF-8.
pub async fn head(stream: &mut TcpStream) -> String {
    let mut response = Vec::new();
    while !response.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => response.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(response).expect("a head")
}

/// The request that opens a WebSocket.
pub fn handshake(target: &str, method: &str) -> String {
    format!(
        "{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}

/// A text frame, masked with zeros.
///
/// # Panics
/// For a text of more than 125 bytes.
pub fn frame(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("a short text");
    assert!(length < 126, "a short text");
    [&[0x81, 0x80 | length, 0, 0, 0, 0], text.as_bytes()].concat()
}

/// The next frame: its first byte and its payload.
///
/// # Panics
/// At the end of the connection.
pub async fn next_frame(stream: &mut TcpStream) -> (u8, Vec<u8>) {
    let (kind, length) =
        (stream.read_u8().await.expect("a frame"), stream.read_u8().await.expect("a length"));
    let mut payload = vec![0; usize::from(length)];
    stream.read_exact(&mut payload).await.expect("its payload");
    (kind, payload)
}
