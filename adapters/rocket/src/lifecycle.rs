//! The callbacks of the fairing: ignition, arrival and response.

use portcullis_runtime::{AppResponse, Guard, ResponseObserver};
use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::{Build, Data, Request, Response, Rocket};

use crate::fairing::{FairingMarker, GuardFairing};
use crate::head::{RocketHeaders, pattern};
use crate::peek::is_broken;
use crate::request_state::RequestState;
use crate::respond;
use crate::watch;

#[rocket::async_trait]
impl Fairing for GuardFairing {
    fn info(&self) -> Info {
        Info { name: "Portcullis", kind: Kind::Ignite | Kind::Request | Kind::Response | Kind::Singleton }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        let rocket = rocket.manage(FairingMarker);
        Ok(match rocket.state::<Guard>() {
            Some(_) => rocket,
            None => rocket.manage(self.guard.clone()),
        })
    }

    async fn on_request(&self, request: &mut Request<'_>, data: &mut Data<'_>) {
        let method = request.method();
        let is_broken = is_broken(data).await;
        let mut state = RequestState::of(request).state();
        (state.method, state.is_broken) = (Some(method), is_broken);
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        if let Some(observer) = report_response(request, response) {
            watch::observe_body(response, observer).await;
        }
    }
}

/// Report the response to an admitted request, and add the headers of the guard.
fn report_response<'r>(request: &'r Request<'_>, response: &mut Response<'r>) -> Option<ResponseObserver> {
    let request_state = RequestState::of(request);
    let (exchange, cost) = {
        let mut state = request_state.state();
        (state.exchange.take().filter(|_| !state.is_guard_response)?, state.cost)
    };
    // Rocket switches protocols after this fairing; the guard does not change that response.
    let is_upgrade = is_upgrade(request, response);
    let observer = exchange.on_response(&AppResponse {
        method: request_state.method(request),
        route: pattern(request),
        status: if is_upgrade { 101 } else { response.status().code },
        headers: &RocketHeaders::of(response.headers()),
        cost,
    });
    if !is_upgrade {
        respond::finish_response(request_state, &exchange, response);
    }
    observer
}

/// Whether a response switches protocols: the response has a handler for a protocol that the request lists in `Upgrade`.
fn is_upgrade(request: &Request<'_>, response: &mut Response<'_>) -> bool {
    let protocols = request.headers().get("upgrade").flat_map(|line| line.split(','));
    protocols.map(str::trim).any(|protocol| response.upgrade(protocol).is_some())
}
