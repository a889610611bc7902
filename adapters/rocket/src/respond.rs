//! Responses of the guard, and its headers on the responses of the application.

use std::io::Cursor;

use portcullis_runtime::{Exchange, GuardResponse, HeaderMode};
use rocket::Response;
use rocket::http::{Header, Status};
use rocket::route::Outcome;

use crate::head::RocketHeaders;
use crate::request_state::RequestState;

/// Convert a response of the guard. The connection is closed if a part of the body may be unread.
pub(crate) fn build_guard_response<'r>(
    request_state: &RequestState,
    guard_response: GuardResponse,
    unread: bool,
) -> Outcome<'r> {
    {
        let mut state = request_state.state();
        state.is_guard_response = true;
        state.rejection.clone_from(&guard_response.rejection);
    }
    let guard_response = guard_response.close_connection_if(unread);
    let mut response = Response::new();
    response.set_status(Status::new(guard_response.status.as_u16()));
    for (name, value) in &guard_response.headers {
        response.adjoin_header(header(name.as_str(), value.as_bytes()));
    }
    response.set_sized_body(guard_response.body.len(), Cursor::new(guard_response.body));
    Outcome::Success(response)
}

/// Add the headers of the guard to a response of the application, and run the modifier. Fixed headers borrow from the engine.
pub(crate) fn finish_response<'r>(
    request_state: &'r RequestState,
    exchange: &Exchange,
    response: &mut Response<'r>,
) {
    let Some(arrival) = request_state.arrival.get() else { return };
    let headers = arrival.engine().respond(exchange.ticket());
    for (name, value) in headers.fixed() {
        response.set_header(Header::new(name.as_str(), String::from_utf8_lossy(value.as_bytes())));
    }
    headers.apply_changing(|mode, name, value| {
        let header = header(name.as_str(), value.as_bytes());
        match mode {
            HeaderMode::Replace => drop(response.set_header(header)),
            HeaderMode::Append => response.adjoin_header(header),
        }
    });
    let modified =
        exchange.guard().modified_response(response.status().code, &RocketHeaders::of(response.headers()));
    let Some((status, lines)) = modified else { return };
    response.set_status(Status::new(status.as_u16()));
    let before: Vec<String> = response.headers().iter().map(|line| line.name().to_string()).collect();
    before.iter().for_each(|name| response.remove_header(name));
    for (name, value) in &lines {
        response.adjoin_header(header(name.as_str(), value.as_bytes()));
    }
}

/// A header line in Rocket's type, which holds only UTF-8.
fn header(name: &str, value: &[u8]) -> Header<'static> {
    Header::new(name.to_owned(), String::from_utf8_lossy(value).into_owned())
}
