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
        for observer in report_response(request, response) {
            watch::observe_body(response, observer).await;
        }
    }
}

/// Report the response to an admitted request, and add the headers of the guard.
fn report_response<'r>(request: &'r Request<'_>, response: &mut Response<'r>) -> Vec<ResponseObserver> {
    let request_state = RequestState::of(request);
    let (admissions, cost) = {
        let mut state = request_state.state();
        (std::mem::take(&mut state.admissions), state.cost)
    };
    if admissions.is_empty() || request_state.state().is_guard_response {
        return Vec::new();
    }
    let mut exchanges: Vec<_> = admissions.iter().map(|admission| admission.exchange().clone()).collect();
    // Rocket switches protocols after this fairing; the guard does not change that response.
    let is_upgrade = is_upgrade(request, response);
    let observers = {
        let status = if is_upgrade { 101 } else { response.status().code };
        let lines = RocketHeaders::of(response.headers());
        let mut app_response = AppResponse::new(request_state.method(request), status, &lines)
            .route(pattern(request))
            .cost(cost);
        let mut observers = Vec::new();
        // From the innermost outwards.
        for exchange in exchanges.iter_mut().rev() {
            observers.extend(exchange.on_response(&app_response));
            app_response = app_response.inner_rate(exchange.inner_rate());
        }
        observers
    };
    if let Some(exchange) = exchanges.first().filter(|_| !is_upgrade) {
        respond::finish_response(request_state, exchange, response);
    }
    observers
}

/// Whether a response switches protocols: the response has a handler for a protocol that the request lists in `Upgrade`.
fn is_upgrade(request: &Request<'_>, response: &mut Response<'_>) -> bool {
    let protocols = request.headers().get("upgrade").flat_map(|line| line.split(','));
    protocols.map(str::trim).any(|protocol| response.upgrade(protocol).is_some())
}
