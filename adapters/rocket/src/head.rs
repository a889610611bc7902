//! Lending the head of a request to the guard.

use portcullis_runtime::{Head, HeaderFields, NoFacts};
use rocket::Request;
use rocket::http::{Header, HeaderMap};

use crate::fairing::GuardFairing;
use crate::request_state::RequestState;

/// Header lines, those of one name together. Rocket has dropped lines that are not UTF-8: the handler does not see them either.
pub(crate) struct RocketHeaders<'r>(Vec<Header<'r>>);

impl<'r> RocketHeaders<'r> {
    pub(crate) fn of(headers: &'r HeaderMap<'_>) -> Self {
        let mut lines = Vec::with_capacity(headers.len());
        lines.extend(headers.iter());
        Self(lines)
    }

    /// The lines of this name. A look-up in Rocket's map hashes the name, which costs more than to look at all.
    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let lines = self.0.iter().filter(move |line| line.name().as_str().eq_ignore_ascii_case(name));
        lines.map(Header::value)
    }
}

impl HeaderFields for RocketHeaders<'_> {
    fn for_each<'h>(&'h self, visit: &mut dyn FnMut(&'h str, &'h [u8])) {
        self.0.iter().for_each(|line| visit(line.name().as_str(), line.value().as_bytes()));
    }
}

/// What a head borrows that the request does not hold in this form.
pub(crate) struct BorrowedHead<'r> {
    pub(crate) lines: RocketHeaders<'r>,
    method: &'static str,
    /// Rocket keeps the authority of HTTP/2 apart from the headers, which may name another. Of HTTP/1.1 it is the `Host`.
    authority: Option<String>,
    principal: Option<String>,
}

impl<'r> BorrowedHead<'r> {
    pub(crate) fn of(request: &'r Request<'_>, visit: &RequestState) -> Self {
        let lines = RocketHeaders::of(request.headers());
        let host = request.host().map(ToString::to_string);
        Self {
            authority: host.filter(|host| !lines.all("host").any(|line| line == host)),
            lines,
            method: visit.method(request),
            principal: visit.state().principal.clone(),
        }
    }

    /// Whether the request has a body in chunks: it is one also when it turns out to be empty, and what it says of itself is
    /// judged like elsewhere.
    pub(crate) fn is_chunked(&self) -> bool {
        self.lines.all("transfer-encoding").next().is_some()
    }

    pub(crate) fn head<'l>(
        &'l self,
        protect: &GuardFairing,
        request: &'l Request<'_>,
        has_body: bool,
    ) -> Head<'l> {
        Head {
            method: self.method,
            path: request.uri().path().as_str(),
            query: request.uri().query().map(|query| query.as_str()),
            headers: &self.lines,
            peer: (protect.peer)(request),
            authority: self.authority.as_deref(),
            tls: (protect.tls)(request),
            has_body,
            policy: protect.policy,
            route: pattern(request),
            principal: self.principal.as_deref(),
            facts: &NoFacts,
            sample_info_events: false,
        }
    }
}

/// The length that a request declares, unless a transfer coding says otherwise.
pub(crate) fn length(lines: &RocketHeaders<'_>) -> Option<u64> {
    match lines.all("transfer-encoding").next() {
        Some(_) => None,
        None => lines.all("content-length").next()?.trim().parse().ok(),
    }
}

/// The pattern of the route that a request is at, without its query. The fallback has none.
pub(crate) fn pattern<'r>(request: &'r Request<'_>) -> Option<&'r str> {
    let route = request.route().filter(|route| route.rank < crate::fairing::LAST);
    route.map(|route| route.uri.path())
}
