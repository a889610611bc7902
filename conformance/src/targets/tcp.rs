//! What the targets behind a real server share: the bytes of each request are written to a socket on the loopback.
//!
//! Only the peer's address is not real, because a test cannot connect from every address: a layer around the guard replaces
//! the address that the server reports.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use portcullis_core::Timestamp;

use super::framework::{Framework, RawResponse, Serve};
use super::harness::GuardHarness;
use super::http2;
use crate::vector::{WirePeer, WireRequest};

/// How long a response may take.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// A server on the loopback.
pub struct Tcp {
    pub(super) address: SocketAddr,
    pub(super) peer: PeerAddress,
    /// Ends the server when it is dropped.
    pub(super) _server: Box<dyn std::any::Any>,
}

/// The peer of the request that is being sent.
#[derive(Clone)]
pub(super) struct PeerAddress(Arc<Mutex<WirePeer>>);

impl PeerAddress {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(WirePeer::Missing)))
    }

    fn set(&self, peer: WirePeer) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = peer;
    }

    /// The peer's address of the request.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        match *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            WirePeer::Address(address) => Some(SocketAddr::new(address, 40_000)),
            WirePeer::Unix | WirePeer::Missing => None,
        }
    }
}

impl Serve for Tcp {
    fn serve(&mut self, harness: &GuardHarness, request: &WireRequest) -> Option<RawResponse> {
        self.peer.set(request.peer);
        if request.http2 {
            return harness.runtime.block_on(http2::exchange(self.address, request));
        }
        parse(&exchange(self.address, &bytes_of(request)).unwrap_or_default())
    }
}

impl Framework<Tcp> {
    /// The bytes that the server writes until it closes, in response to these bytes from the loopback.
    ///
    /// # Errors
    /// A connection that cannot be opened.
    pub fn raw(&mut self, at: Timestamp, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
        exchange(self.address(at), bytes)
    }

    /// Set the clock, and return the server's address for a client of one's own.
    pub fn address(&mut self, at: Timestamp) -> SocketAddr {
        self.harness.set(at);
        self.service.peer.set(WirePeer::Address(self.service.address.ip()));
        self.service.address
    }
}

/// Write all, then read until the server closes.
fn exchange(address: SocketAddr, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    // A server may close before everything is written; its response is what counts.
    let _ = stream.write_all(request);
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response);
    Ok(response)
}

/// The request, byte for byte.
fn bytes_of(request: &WireRequest) -> Vec<u8> {
    let mut bytes =
        format!("{} {} HTTP/1.1\r\nconnection: close\r\n", request.method, request.target).into_bytes();
    if !request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        bytes.extend_from_slice(b"host: localhost\r\n");
    }
    for (name, value) in &request.headers {
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    // An empty chunk would end the body.
    for chunk in request.chunks.iter().filter(|chunk| !chunk.is_empty()) {
        if request.is_chunked() {
            bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        }
        bytes.extend_from_slice(chunk);
        if request.is_chunked() {
            bytes.extend_from_slice(b"\r\n");
        }
    }
    if request.is_chunked() {
        bytes.extend_from_slice(b"0\r\n\r\n");
    }
    bytes
}

/// Status, headers and body of a response that ends with its connection.
fn parse(response: &[u8]) -> Option<(u16, HeaderMap, Bytes)> {
    let end = response.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = response.get(..end)?;
    let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let status = lines.next()?.split(|byte| *byte == b' ').nth(1)?;
    let mut headers = HeaderMap::new();
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(line.get(..colon)?).ok()?;
        headers.append(name, HeaderValue::from_bytes(line.get(colon + 1..)?.trim_ascii()).ok()?);
    }
    let status = std::str::from_utf8(status).ok()?.parse().ok()?;
    Some((status, headers, Bytes::copy_from_slice(response.get(end + 4..)?)))
}
