//! A request over HTTP/2 with prior knowledge (RFC 9113, section 3.3).

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use h2::RecvStream;
use http::uri::{Authority, Scheme};
use http::{HeaderName, HeaderValue, Request, Uri, Version};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::framework::RawResponse;
use super::tcp::TIMEOUT;
use crate::vector::WireRequest;

/// The server's response to a request on a connection of its own.
pub(super) async fn exchange(address: SocketAddr, request: &WireRequest) -> Option<RawResponse> {
    timeout(TIMEOUT, send(address, request)).await.ok().flatten()
}

async fn send(address: SocketAddr, request: &WireRequest) -> Option<RawResponse> {
    let stream = TcpStream::connect(address).await.ok()?;
    let (client, connection) = h2::client::handshake(stream).await.ok()?;
    tokio::spawn(connection);
    let mut client = client.ready().await.ok()?;
    let chunks: Vec<_> = request.chunks.iter().filter(|chunk| !chunk.is_empty()).collect();
    let (response, mut stream) = client.send_request(head(request)?, chunks.is_empty()).ok()?;
    for (index, chunk) in chunks.iter().enumerate() {
        // A server may respond before the whole body is sent; its response is what counts.
        if stream.send_data(Bytes::clone(chunk), index + 1 == chunks.len()).is_err() {
            break;
        }
    }
    let (parts, body) = response.await.ok()?.into_parts();
    Some((parts.status.as_u16(), parts.headers, read(body).await))
}

/// The target names the authority; without one it is `localhost`, as it is in the `Host` of HTTP/1.1.
fn head(request: &WireRequest) -> Option<Request<()>> {
    let target: Uri = request.target.parse().ok()?;
    let mut parts = target.into_parts();
    parts.authority.get_or_insert(Authority::from_static("localhost"));
    parts.scheme.get_or_insert(Scheme::HTTP);
    let uri = Uri::from_parts(parts).ok()?;
    let mut head = Request::builder().version(Version::HTTP_2).method(request.method.as_bytes()).uri(uri);
    for (name, value) in &request.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        head = head.header(name, HeaderValue::from_bytes(value).ok()?);
    }
    head.body(()).ok()
}

async fn read(mut body: RecvStream) -> Bytes {
    let mut whole = BytesMut::new();
    while let Some(Ok(frame)) = body.data().await {
        whole.extend_from_slice(&frame);
        let _ = body.flow_control().release_capacity(frame.len());
    }
    whole.freeze()
}
