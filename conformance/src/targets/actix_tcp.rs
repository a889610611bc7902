//! The Actix middleware behind a real server.

use std::net::Ipv4Addr;
use std::sync::mpsc;
use std::thread;

use actix_web::HttpServer;
use actix_web::dev::{ServerHandle, Service as _};
use actix_web::rt::System;

use super::actix::{DIALECT, Plan};
use super::framework::Framework;
use super::harness::GuardHarness;
use super::tcp::{PeerAddress, Tcp};
use crate::vector::Case;

/// A server for `case`.
///
/// # Errors
/// What is wrong with its configuration or policies, or that no socket is available.
pub fn server(case: &Case) -> Result<Framework<Tcp>, String> {
    let harness = GuardHarness::of_server(case, DIALECT)?;
    let plan = Plan::new(&harness, case);
    let peer = PeerAddress::new();
    let shared = peer.clone();
    let (report, reported) = mpsc::channel();
    thread::spawn(move || {
        System::new().block_on(async move {
            let factory = move || {
                let shared = shared.clone();
                plan.app().wrap_fn(move |mut request, inner| {
                    request.head_mut().peer_addr = shared.address();
                    inner.call(request)
                })
            };
            let server =
                HttpServer::new(factory).workers(1).disable_signals().bind_auto_h2c((Ipv4Addr::LOCALHOST, 0));
            let server = server.map(|server| (server.addrs(), server.run()));
            let (started, server) = match server {
                Ok((addresses, server)) => (Ok((addresses, server.handle())), Some(server)),
                Err(error) => (Err(error.to_string()), None),
            };
            let _ = report.send(started);
            if let Some(server) = server {
                let _ = server.await;
            }
        });
    });
    let (addresses, handle) = reported.recv().map_err(|error| error.to_string())??;
    let address = *addresses.first().ok_or("no address")?;
    Ok(Framework { harness, service: Tcp { address, peer, _server: Box::new(ServerShutdown(handle)) } })
}

/// Stops the server when the case ends.
struct ServerShutdown(ServerHandle);

impl Drop for ServerShutdown {
    fn drop(&mut self) {
        // The command is sent at once; its completion is not awaited.
        drop(self.0.stop(false));
    }
}
