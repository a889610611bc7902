//! The same requests on the engine and on every adapter in process; every difference is reported.
//!
//! Vectors fix the result of chosen requests; this module checks that arbitrary requests have the same result everywhere.
//! The services of `vectors/differential` are set up once on each target, by the code that runs the vectors. Scripts of
//! requests run one after another: between two of them the clock advances by a day, so that every limit is fresh and every
//! ban has expired.
//!
//! Compared: the status, the header lines (except those that frame a message or that the server adds), the body, whether
//! the handler ran and the bytes that it received, the class of the finding, the gaps, every event with all its fields, and
//! the banned addresses. Not compared: notices, whose rate depends on the driver, and the unique reference of a rejection.
//!
//! Requests that a framework cannot receive, or interprets otherwise, are declared in `known.toml` and are not sent here:
//! see [`DifferentialService::send`].

use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderMap, SERVER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderName, HeaderValue, Uri};
use percent_encoding::percent_decode_str;
use portcullis_core::Timestamp;
use portcullis_core::event::{Event, EventKind};
use portcullis_runtime::MemoryStore;

use crate::run::START;
use crate::target::{Observation, Target};
use crate::targets::actix::Actix;
use crate::targets::axum::Axum;
use crate::targets::core::Core;
use crate::targets::rocket::Rocket;
use crate::targets::routes::Routes;
use crate::vector::{Case, VectorFile, WirePeer, WireRequest};

/// Addresses that the services' configurations name: after each request, their bans are compared.
pub const ADDRESSES: [IpAddr; 5] = [
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)),
    IpAddr::V4(Ipv4Addr::new(198, 51, 100, 9)),
    IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1)),
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7)),
];

/// Longer than any window and any ban of the services.
const RESET_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

/// Header lines that frame a message, or that servers add.
const FRAMING: [HeaderName; 5] = [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION, DATE, SERVER];

/// One service, on every target.
pub struct DifferentialService {
    /// Its name.
    pub name: String,
    engine: Core,
    adapters: [(&'static str, Box<dyn Target>); 3],
    routes: Routes<String>,
    /// Whether its connections may have no address.
    has_unix_peers: bool,
    now: Timestamp,
}

impl DifferentialService {
    /// Every service of `vectors/differential`.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn all() -> Result<Vec<Self>, String> {
        let files = VectorFile::load_all(&crate::vectors().join("differential"));
        let files = files.map_err(|error| error.to_string())?;
        files.iter().flat_map(|file| &file.cases).map(Self::new).collect()
    }

    /// The service of `case`.
    ///
    /// # Errors
    /// What is wrong with its configuration or policies.
    pub fn new(case: &Case) -> Result<Self, String> {
        let routes = case.routes.keys().map(|pattern| (pattern.clone(), pattern.clone()));
        Ok(Self {
            name: case.name.clone(),
            engine: Core::over(case, Box::new(MemoryStore::default()))?,
            adapters: [
                ("axum", Box::new(Axum::new(case)?)),
                ("actix", Box::new(Actix::new(case)?)),
                ("rocket", Box::new(Rocket::new(case)?)),
            ],
            routes: Routes::new(routes),
            has_unix_peers: case.has_unix_peers(),
            now: Timestamp::from_millis(START),
        })
    }

    /// Start a new script: all state of the store has expired.
    pub fn begin(&mut self) {
        self.now = self.now.after(RESET_PAUSE);
    }

    /// Send a request to every target after a pause; returns whether it was sent. It is not sent where a framework cannot
    /// receive it or interprets it otherwise, for the reasons in `known.toml`:
    ///
    /// - Rocket supports nine methods, and overrides the method of a form that begins with `_method`.
    /// - Actix and Rocket decode escapes before they route, and Rocket ignores empty segments, also where a pattern ends with
    ///   any number of them: such a spelling is sent only where it leads to the same route as the plain one.
    /// - Rocket's local client accepts only targets that Rocket's own parser does, which is stricter than its server.
    /// - Rocket drops header lines that are not UTF-8, and the host of an absolute target. It does not serve `*`.
    /// - Actix keeps the order of header lines only within one name, and the order decides which of two attacks is found
    ///   first: every target receives them sorted by name.
    /// - The server checks the framing of the body: the framing headers must be correct.
    /// - A missing peer is a configuration mistake, and each adapter names another remedy. Only some services have peers
    ///   without an address.
    ///
    /// # Errors
    /// The differences, a line each.
    pub fn send(&mut self, pause: Duration, request: &WireRequest) -> Result<bool, String> {
        self.now = self.now.after(pause);
        if !self.is_portable(request) {
            return Ok(false);
        }
        let mut request = request.clone();
        request.headers.sort_by_key(|(name, _)| name.to_ascii_lowercase());
        let expected = ComparedResult::of(self.engine.send(self.now, &request));
        let mut differences = Vec::new();
        for (name, adapter) in &mut self.adapters {
            let observed = ComparedResult::of(adapter.send(self.now, &request));
            expected.compare(&observed, name, &mut differences);
            for address in ADDRESSES {
                let banned = (self.engine.is_banned(self.now, address), adapter.is_banned(self.now, address));
                differs(&mut differences, name, &format!("{address} is banned"), &banned.0, &banned.1);
            }
        }
        if differences.is_empty() { Ok(true) } else { Err(differences.join("\n")) }
    }

    fn is_portable(&self, request: &WireRequest) -> bool {
        let Ok(uri) = request.target.parse::<Uri>() else { return false };
        let has_peer = match request.peer {
            WirePeer::Address(_) => true,
            WirePeer::Unix => self.has_unix_peers,
            WirePeer::Missing => false,
        };
        let is_path = uri.path().starts_with('/')
            && uri.path_and_query().is_some_and(|target| target.as_str() == request.target);
        let is_rockets = rocket::http::uri::Origin::parse(&request.target).is_ok();
        is_path
            && is_rockets
            && has_peer
            && self.has_same_route(uri.path())
            && is_known(&request.method)
            && has_plain_headers(request)
    }

    /// Whether the plain spelling of a path leads to the same route as this one.
    fn has_same_route(&self, path: &str) -> bool {
        let decoded = percent_decode_str(path).decode_utf8_lossy();
        let segments = decoded.split('/').filter(|segment| !segment.is_empty());
        let plain = segments.fold(String::new(), |plain, segment| plain + "/" + segment);
        let route = self.routes.find(path);
        let leads_elsewhere = [&plain, &*decoded].into_iter().any(|other| self.routes.find(other) != route);
        let ends_before_rest = route.is_none() && self.routes.find(&(plain + "/-")).is_some();
        !leads_elsewhere && !ends_before_rest
    }
}

fn is_known(method: &str) -> bool {
    ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"].contains(&method)
}

fn has_plain_headers(request: &WireRequest) -> bool {
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        let line = HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_bytes(value).ok());
        let Some((name, value)) = line.filter(|(_, value)| std::str::from_utf8(value.as_bytes()).is_ok())
        else {
            return false;
        };
        headers.append(name, value);
    }
    let body = request.chunks.concat();
    let length = headers.get(CONTENT_LENGTH).map(|length| length.as_bytes().to_vec());
    let is_framed = match headers.get(TRANSFER_ENCODING) {
        Some(coding) => coding == "chunked" && length.is_none(),
        None if body.is_empty() => length.is_none_or(|length| length == b"0"),
        None => request.chunks.len() == 1 && length == Some(body.len().to_string().into_bytes()),
    };
    let lines = |name| headers.get_all(name).iter().count();
    let is_one = [CONTENT_LENGTH, TRANSFER_ENCODING].into_iter().all(|name| lines(name) < 2);
    // Bytes after an upgrade are no body.
    let switches = headers.contains_key(UPGRADE) && !body.is_empty();
    is_framed && is_one && !switches && !overrides_method(&headers, &body)
}

fn overrides_method(headers: &HeaderMap, body: &[u8]) -> bool {
    headers.contains_key(CONTENT_TYPE) && body.starts_with(b"_method")
}

/// The part of an observation that must be the same everywhere.
#[derive(Debug)]
struct ComparedResult {
    status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
    handler: Option<Bytes>,
    report: Option<ComparedReport>,
}

#[derive(Debug)]
struct ComparedReport {
    class: Option<String>,
    gaps: Vec<&'static str>,
    events: Vec<Event>,
}

impl ComparedResult {
    fn of(observed: Observation) -> Self {
        let reference = observed.headers.get("x-reference-id").and_then(|value| value.to_str().ok());
        let body = match reference {
            Some(reference) if observed.handler.is_none() => {
                String::from_utf8_lossy(&observed.body).replace(reference, "{reference}").into()
            }
            _ => observed.body,
        };
        let lines = observed.headers.iter().filter(|(name, _)| !FRAMING.contains(name));
        let mut headers: Vec<_> = lines
            .map(|(name, value)| match name.as_str() {
                "x-reference-id" => ("x-reference-id".to_owned(), "{reference}".to_owned()),
                name => (name.to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()),
            })
            .collect();
        // Lines of one name stay in order.
        headers.sort_by(|(a, _), (b, _)| a.cmp(b));
        let report = observed.report.map(|report| ComparedReport {
            class: report.finding.map(|(class, _)| class),
            gaps: report.gaps,
            events: report.events.into_iter().filter(is_compared).map(without_reference).collect(),
        });
        Self { status: observed.status, headers, body, handler: observed.handler, report }
    }

    fn compare(&self, other: &Self, name: &str, found: &mut Vec<String>) {
        differs(found, name, "status", &self.status, &other.status);
        differs(found, name, "headers", &self.headers, &other.headers);
        differs(found, name, "body", &self.body, &other.body);
        differs(found, name, "handler", &self.handler, &other.handler);
        let (Some(ours), Some(theirs)) = (&self.report, &other.report) else {
            differs(found, name, "checked by the guard", &self.report.is_some(), &other.report.is_some());
            return;
        };
        differs(found, name, "class", &ours.class, &theirs.class);
        differs(found, name, "gaps", &ours.gaps, &theirs.gaps);
        differs(found, name, "events", &ours.events, &theirs.events);
    }
}

fn is_compared(event: &Event) -> bool {
    !event.is_informational() && event.kind != EventKind::SecurityHeadersApplied
}

fn without_reference(mut event: Event) -> Event {
    event.reference = None;
    event
}

fn differs<T: PartialEq + Debug>(found: &mut Vec<String>, name: &str, what: &str, engine: &T, adapter: &T) {
    if engine != adapter {
        found.push(format!("{name}: {what}: {adapter:?}, engine: {engine:?}"));
    }
}

#[cfg(test)]
mod tests;
