//! A few requests in order, sent to one of several services on the engine and on every adapter, which must agree about
//! status, headers, body, the bytes that the handler receives, every event and every ban.
//! `conformance/src/differential.rs` describes the services, the comparison and the requests that frameworks force to
//! differ.
//!
//! The services are set up once and reused; between two inputs the clock advances until all state has expired.
#![no_main]

use std::cell::RefCell;
use std::time::Duration;

use arbitrary::Arbitrary;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use portcullis_conformance::differential::{ADDRESSES, DifferentialService};
use portcullis_conformance::vector::{HandlerResponse, WirePeer, WireRequest};
use portcullis_fuzz::Request;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    service: u8,
    requests: &'a [u8],
}

/// The separator of two requests.
const NEXT: &[u8] = b"\n\x1e\n";
/// The maximum number of requests of an input: enough for every limit of the services.
const MAX_REQUESTS: usize = 16;
/// Statuses of handlers.
const STATUSES: [u16; 8] = [200, 302, 400, 401, 403, 404, 429, 500];

thread_local! {
    /// They are never dropped: at the end of the process their runtimes would access thread-locals that are gone.
    static SERVICES: RefCell<&'static mut [DifferentialService]> = RefCell::new(DifferentialService::all().expect("valid services").leak());
}

/// A request, and the pause before it. Lines that begin with a colon are directives: `:peer 2`, `:wait 500`, `:tls`,
/// `:cut 10` for a chunk of the body, `:answer 5` for the handler's response.
fn read(text: &[u8]) -> (Duration, WireRequest) {
    let request = Request::read(text);
    let query = request.query.map(|query| format!("?{query}")).unwrap_or_default();
    let mut wire = WireRequest {
        peer: WirePeer::Address(ADDRESSES[0]),
        tls: false,
        method: request.method.into(),
        target: format!("{}{query}", request.path),
        http2: false,
        headers: Vec::new(),
        chunks: Vec::new(),
        response: None,
    };
    let (mut pause, mut rest) = (Duration::ZERO, Bytes::copy_from_slice(request.body));
    for (name, value) in request.headers {
        let order = std::str::from_utf8(value).unwrap_or_default();
        let (order, number) = order.split_once(' ').unwrap_or((order, ""));
        let number: usize = number.parse().unwrap_or_default();
        match (name, order) {
            ("", "peer") => {
                wire.peer =
                    ADDRESSES.get(number).map_or(WirePeer::Unix, |address| WirePeer::Address(*address))
            }
            ("", "wait") => pause = Duration::from_millis(number.min(3_600_000) as u64),
            ("", "tls") => wire.tls = true,
            ("", "cut") => wire.chunks.push(rest.split_to(number.min(rest.len()))),
            ("", "answer") => wire.response = Some(Box::new(response(number))),
            // The framing headers follow from the body.
            (name, _) if name.eq_ignore_ascii_case("content-length") => {}
            (name, _) if name.eq_ignore_ascii_case("transfer-encoding") => {}
            (name, _) => wire.headers.push((name.into(), value.into())),
        }
    }
    if !wire.chunks.is_empty() {
        wire.headers.push(("transfer-encoding".into(), b"chunked".to_vec()));
    } else if !rest.is_empty() {
        wire.headers.push(("content-length".into(), rest.len().to_string().into_bytes()));
    }
    wire.chunks.extend(Some(rest).filter(|rest| !rest.is_empty()));
    (pause, wire)
}

fn response(number: usize) -> HandlerResponse {
    let body = ["fine", "access denied"][number / STATUSES.len() % 2];
    let status = STATUSES[number % STATUSES.len()];
    let text = (CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    HandlerResponse { status, headers: HeaderMap::from_iter([text]), frames: vec![body.into()], cost: None }
}

fn split(requests: &[u8]) -> Vec<&[u8]> {
    let mut all = Vec::new();
    let mut rest = requests;
    while let Some(end) = rest.windows(NEXT.len()).position(|window| window == NEXT) {
        all.push(&rest[..end]);
        rest = &rest[end + NEXT.len()..];
    }
    all.push(rest);
    all
}

fuzz_target!(|input: Input<'_>| {
    SERVICES.with_borrow_mut(|services| {
        let chosen = usize::from(input.service) % services.len();
        let service = &mut services[chosen];
        service.begin();
        for text in split(input.requests).into_iter().take(MAX_REQUESTS) {
            let (pause, request) = read(text);
            if let Err(differences) = service.send(pause, &request) {
                panic!("{}: {request:?}:\n{differences}", service.name);
            }
        }
    });
});
