//! The Axum layer behind a real server: the bytes of each request are written to a socket on the loopback.
//!
//! Only the peer's address is told and not real, because a test cannot come from everywhere: an outer layer replaces
//! what the server saw.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::axum::Router;
use ::axum::body::Body;
use ::axum::extract::ConnectInfo;
use ::axum::middleware::map_request;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use ipnet::IpNet;
use portcullis_core::{Config, Timestamp};
use tokio::net::TcpListener;

use super::guarded::Guarded;
use crate::target::{Observed, Target};
use crate::vector::{Case, WirePeer, WireRequest};

/// How long a response may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server on the loopback.
pub struct AxumTcp {
    guarded: Guarded,
    address: SocketAddr,
    peer: Arc<Mutex<WirePeer>>,
}

impl AxumTcp {
    /// A server for `case`.
    ///
    /// # Errors
    /// What is wrong with its configuration or policies, or that no socket can be had.
    pub fn new(case: &Case) -> Result<Self, String> {
        let guarded = Guarded::new(case)?;
        let peer = Arc::new(Mutex::new(WirePeer::Missing));
        let told = Arc::clone(&peer);
        let router: Router = super::axum::router(&guarded, case).layer(map_request(move |request| {
            std::future::ready(tell(request, *told.lock().unwrap_or_else(PoisonError::into_inner)))
        }));
        let bound = guarded.runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let listener = bound.map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        guarded.runtime.spawn(async move { ::axum::serve(listener, service).await });
        Ok(Self { guarded, address, peer })
    }

    /// What the server writes until it closes, when it is sent these bytes from the loopback.
    ///
    /// # Errors
    /// A connection that cannot be had.
    pub fn raw(&mut self, at: Timestamp, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
        self.guarded.set(at);
        *self.peer.lock().unwrap_or_else(PoisonError::into_inner) = WirePeer::Address(self.address.ip());
        exchange(self.address, bytes)
    }
}

fn tell(mut request: Request<Body>, peer: WirePeer) -> Request<Body> {
    match peer {
        WirePeer::Address(address) => {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address, 40_000)));
        }
        WirePeer::Unix | WirePeer::Missing => {
            request.extensions_mut().remove::<ConnectInfo<SocketAddr>>();
        }
    }
    request
}

impl Target for AxumTcp {
    fn send(&mut self, at: Timestamp, request: &WireRequest) -> Observed {
        self.guarded.set(at);
        *self.peer.lock().unwrap_or_else(PoisonError::into_inner) = request.peer;
        self.guarded.witness.instruct(request.answer.as_deref());
        let response = exchange(self.address, &bytes_of(request)).unwrap_or_default();
        let (handler, report) = self.guarded.witness.testify();
        let (status, headers, body) = parse(&response).unwrap_or_default();
        Observed { status, headers, body, handler, report }
    }

    fn ban(&mut self, at: Timestamp, target: IpNet, term: Duration) -> bool {
        self.guarded.ban(at, target, term)
    }

    fn unban(&mut self, at: Timestamp, target: IpNet) {
        self.guarded.unban(at, target);
    }

    fn reload(&mut self, config: Config) -> bool {
        self.guarded.reload(config)
    }

    fn rules(&mut self, at: Timestamp, document: &str) -> bool {
        self.guarded.rules(at, document)
    }

    fn is_banned(&mut self, at: Timestamp, address: IpAddr) -> bool {
        self.guarded.is_banned(at, address)
    }
}

/// Write all, then read until the server closes.
fn exchange(address: SocketAddr, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    // A server that has seen enough may close before all is written; its response is what counts.
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
