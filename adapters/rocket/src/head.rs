//! The head of a request, borrowed for the guard.

use portcullis_runtime::{Head, HeaderFields};
use rocket::Request;
use rocket::http::{Header, HeaderMap};

use crate::fairing::GuardFairing;
use crate::request_state::RequestState;

/// Header lines, grouped by name. Rocket drops lines that are not UTF-8: the handler does not receive them either.
pub(crate) struct RocketHeaders<'r>(Vec<Header<'r>>);

impl<'r> RocketHeaders<'r> {
    pub(crate) fn of(headers: &'r HeaderMap<'_>) -> Self {
        let mut lines = Vec::with_capacity(headers.len());
        lines.extend(headers.iter());
        Self(lines)
    }

    /// The lines of this name. A linear search is faster than a lookup in Rocket's map, which hashes the name.
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

/// The values that a `Head` borrows and the request does not have in this form.
pub(crate) struct BorrowedHead<'r> {
    pub(crate) lines: RocketHeaders<'r>,
    method: &'static str,
    /// The authority, if it differs from `Host`: Rocket stores `:authority` of HTTP/2 separately from the headers.
    authority: Option<String>,
    principal: Option<String>,
}

impl<'r> BorrowedHead<'r> {
    pub(crate) fn of(request: &'r Request<'_>, request_state: &RequestState) -> Self {
        let lines = RocketHeaders::of(request.headers());
        let host = request.host().map(ToString::to_string);
        Self {
            authority: host.filter(|host| !lines.all("host").any(|line| line == host)),
            lines,
            method: request_state.method(request),
            principal: request_state.state().principal.clone(),
        }
    }

    /// Whether the request has a chunked body, even if that is empty: its header fields are checked as in the other adapters.
    pub(crate) fn is_chunked(&self) -> bool {
        self.lines.all("transfer-encoding").next().is_some()
    }

    pub(crate) fn head<'l>(
        &'l self,
        fairing: &GuardFairing,
        request: &'l Request<'_>,
        has_body: bool,
    ) -> Head<'l> {
        Head::new(self.method, request.uri().path().as_str(), &self.lines)
            .query(request.uri().query().map(|query| query.as_str()))
            .peer((fairing.peer)(request))
            .authority(self.authority.as_deref())
            .tls((fairing.tls)(request))
            .has_body(has_body)
            .policy(fairing.policy)
            .route(pattern(request))
            .principal(self.principal.as_deref())
    }
}

/// The declared length of a body. `Transfer-Encoding` overrides `Content-Length` (RFC 9112, section 6.3).
pub(crate) fn length(lines: &RocketHeaders<'_>) -> Option<u64> {
    match lines.all("transfer-encoding").next() {
        Some(_) => None,
        None => lines.all("content-length").next()?.trim().parse().ok(),
    }
}

/// The pattern of the current route of a request, without its query. The fallback has no pattern.
pub(crate) fn pattern<'r>(request: &'r Request<'_>) -> Option<&'r str> {
    let route = request.route().filter(|route| route.rank < crate::fairing::LAST);
    route.map(|route| route.uri.path())
}
