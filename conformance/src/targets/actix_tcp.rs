//! The Actix middleware behind a real server.

use std::net::Ipv4Addr;
use std::sync::mpsc;
use std::thread;

use actix_web::HttpServer;
use actix_web::dev::{ServerHandle, Service as _};
use actix_web::rt::System;

use super::actix::{DIALECT, Plan};
use super::framework::Framework;
use super::guarded::Guarded;
use super::tcp::{Tcp, Told};
use crate::vector::Case;

/// A server for `case`.
///
/// # Errors
/// What is wrong with its configuration or policies, or that no socket can be had.
pub fn server(case: &Case) -> Result<Framework<Tcp>, String> {
    let guarded = Guarded::of_server(case, DIALECT)?;
    let plan = Plan::new(&guarded, case);
    let peer = Told::nobody();
    let told = peer.clone();
    let (report, reported) = mpsc::channel();
    thread::spawn(move || {
        System::new().block_on(async move {
            let factory = move || {
                let told = told.clone();
                plan.app().wrap_fn(move |mut request, inner| {
                    request.head_mut().peer_addr = told.address();
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
    Ok(Framework { guarded, service: Tcp { address, peer, _server: Box::new(Stop(handle)) } })
}

/// Ends the server when the case does.
struct Stop(ServerHandle);

impl Drop for Stop {
    fn drop(&mut self) {
        // The command is sent at once; nobody waits for it to be carried out.
        drop(self.0.stop(false));
    }
}
