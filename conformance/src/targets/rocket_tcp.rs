//! Rocket's routes behind a real server.

use std::net::SocketAddr;
use std::sync::mpsc;

use ::rocket::Request;
use ::rocket::fairing::AdHoc;
use portcullis_rocket::{GuardFairing, Peer};

use super::framework::Framework;
use super::harness::GuardHarness;
use super::rocket::{DIALECT, application};
use super::tcp::{PeerAddress, Tcp};
use crate::vector::Case;

/// A server for `case`.
///
/// # Errors
/// What is wrong with its configuration or policies, or that no socket is available.
pub fn server(case: &Case) -> Result<Framework<Tcp>, String> {
    let harness = GuardHarness::of_server(case, DIALECT)?;
    let (peer, (report, reported)) = (PeerAddress::new(), mpsc::channel());
    let shared = peer.clone();
    let protect = GuardFairing::new(&harness.guard).peer_from(|request| {
        let address = request.local_cache(|| ClientAddress(None)).0;
        match address {
            Some(address) => Peer::Address(address.ip()),
            None if has_unix_peers(request) => Peer::Unix,
            None => Peer::Missing("no peer is set"),
        }
    });
    let unix = case.has_unix_peers();
    let application = application(&harness, &protect, case.nested)
        .manage(Unix(unix))
        .attach(AdHoc::on_request("peer", move |request, _| {
            request.local_cache(|| ClientAddress(shared.address()));
            Box::pin(std::future::ready(()))
        }))
        .attach(AdHoc::on_liftoff("address", move |rocket| {
            let config = rocket.config();
            let _ = report.send(SocketAddr::new(config.address, config.port));
            Box::pin(std::future::ready(()))
        }));
    harness.runtime.spawn(application.launch());
    let address = reported.recv().map_err(|error| error.to_string())?;
    // It ends with the runtime.
    Ok(Framework { harness, service: Tcp { address, peer, _server: Box::new(()) } })
}

/// The address that replaces the peer's.
struct ClientAddress(Option<SocketAddr>);

struct Unix(bool);

fn has_unix_peers(request: &Request<'_>) -> bool {
    request.rocket().state::<Unix>().is_some_and(|unix| unix.0)
}
