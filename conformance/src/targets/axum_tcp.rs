//! The Axum layer behind a real server.

use std::net::{Ipv4Addr, SocketAddr};

use ::axum::Router;
use ::axum::body::Body;
use ::axum::extract::ConnectInfo;
use ::axum::middleware::map_request;
use http::Request;
use tokio::net::TcpListener;

use super::framework::Framework;
use super::harness::{Dialect, GuardHarness};
use super::tcp::{PeerAddress, Tcp};
use crate::vector::Case;

/// A server for `case`.
///
/// # Errors
/// What is wrong with its configuration or policies, or that no socket is available.
pub fn server(case: &Case) -> Result<Framework<Tcp>, String> {
    let harness = GuardHarness::of_server(case, Dialect::PLAIN)?;
    let peer = PeerAddress::new();
    let shared = peer.clone();
    let router: Router = super::axum::router(&harness, case)
        .layer(map_request(move |request| std::future::ready(set_peer(request, shared.address()))));
    let bound = harness.runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
    let listener = bound.map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    harness.runtime.spawn(async move { ::axum::serve(listener, service).await });
    // It ends with the runtime.
    Ok(Framework { harness, service: Tcp { address, peer, _server: Box::new(()) } })
}

fn set_peer(mut request: Request<Body>, peer: Option<SocketAddr>) -> Request<Body> {
    match peer {
        Some(address) => drop(request.extensions_mut().insert(ConnectInfo(address))),
        None => drop(request.extensions_mut().remove::<ConnectInfo<SocketAddr>>()),
    }
    request
}
