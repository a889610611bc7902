//! Responses: what the guard answers itself, and what it adds to those of the application.

use std::io::Cursor;

use portcullis_runtime::{Exchange, GuardResponse, HeaderMode};
use rocket::Response;
use rocket::http::{Header, Status};
use rocket::route::Outcome;

use crate::head::RocketHeaders;
use crate::request_state::RequestState;

/// The guard's own answer to a request, of whose body something may be unread.
pub(crate) fn own<'r>(visit: &RequestState, answer: GuardResponse, unread: bool) -> Outcome<'r> {
    visit.state().own = true;
    let answer = answer.close_connection_if(unread);
    let mut response = Response::new();
    response.set_status(Status::new(answer.status.as_u16()));
    for (name, value) in &answer.headers {
        response.adjoin_header(header(name.as_str(), value.as_bytes()));
    }
    response.set_sized_body(answer.body.len(), Cursor::new(answer.body));
    Outcome::Success(response)
}

/// Give the application's response the headers of the guard. Those that never change are lent by the engine.
pub(crate) fn pass<'r>(visit: &'r RequestState, exchange: &Exchange, response: &mut Response<'r>) {
    let Some(arrival) = visit.arrival.get() else { return };
    let headers = arrival.engine().respond(exchange.ticket());
    for (name, value) in headers.fixed() {
        response.set_header(Header::new(name.as_str(), String::from_utf8_lossy(value.as_bytes())));
    }
    headers.apply_changing(|put, name, value| {
        let header = header(name.as_str(), value.as_bytes());
        match put {
            HeaderMode::Replace => drop(response.set_header(header)),
            HeaderMode::Append => response.adjoin_header(header),
        }
    });
    let modified = exchange.guard().modified(response.status().code, &RocketHeaders::of(response.headers()));
    let Some((status, lines)) = modified else { return };
    response.set_status(Status::new(status.as_u16()));
    let before: Vec<String> = response.headers().iter().map(|line| line.name().to_string()).collect();
    before.iter().for_each(|name| response.remove_header(name));
    for (name, value) in &lines {
        response.adjoin_header(header(name.as_str(), value.as_bytes()));
    }
}

/// A header line in Rocket's type, which takes only text.
fn header(name: &str, value: &[u8]) -> Header<'static> {
    Header::new(name.to_owned(), String::from_utf8_lossy(value).into_owned())
}
