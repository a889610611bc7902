//! Responses: what the guard answers itself, and what it adds to those of the application.

use std::io::Cursor;

use portcullis_runtime::{OwnAnswer, Put};
use rocket::Response;
use rocket::http::{Header, Status};
use rocket::route::Outcome;

use crate::head::Lines;
use crate::visit::{Passed, Visit};

/// The guard's own answer to a request, of whose body something may be unread.
pub(crate) fn own<'r>(visit: &Visit, answer: OwnAnswer, unread: bool) -> Outcome<'r> {
    visit.state().own = true;
    let answer = answer.closing(unread);
    let mut response = Response::new();
    response.set_status(Status::new(answer.status.as_u16()));
    for (name, value) in &answer.headers {
        response.adjoin_header(header(name.as_str(), value.as_bytes()));
    }
    response.set_sized_body(answer.body.len(), Cursor::new(answer.body));
    Outcome::Success(response)
}

/// Give the application's response the headers of the guard.
pub(crate) fn pass(passed: &Passed, response: &mut Response<'_>) {
    passed.engine.respond(&passed.ticket).apply(|put, name, value| {
        let header = header(name.as_str(), value.as_bytes());
        match put {
            Put::Replace => drop(response.set_header(header)),
            Put::Append => response.adjoin_header(header),
        }
    });
    if !passed.guard.modifies() {
        return;
    }
    let before = Lines::of(
        response.headers().iter().map(|line| Header::new(line.name().to_string(), line.value().to_owned())),
    );
    let Some((status, lines)) = passed.guard.modified(response.status().code, &before) else { return };
    response.set_status(Status::new(status.as_u16()));
    before.names().for_each(|name| response.remove_header(name));
    for (name, value) in &lines {
        response.adjoin_header(header(name.as_str(), value.as_bytes()));
    }
}

/// A header line in Rocket's type, which takes only text.
fn header(name: &str, value: &[u8]) -> Header<'static> {
    Header::new(name.to_owned(), String::from_utf8_lossy(value).into_owned())
}
