//! Lending the head of a request to the guard.

use portcullis_runtime::{Head, Headers, NoFacts};
use rocket::Request;
use rocket::http::Header;

use crate::protect::Protect;
use crate::visit::Visit;

/// Header lines, those of one name together. Rocket has dropped lines that are not UTF-8: the handler does not see them either.
pub(crate) struct Lines<'r>(Vec<Header<'r>>);

impl<'r> Lines<'r> {
    pub(crate) fn of(headers: impl Iterator<Item = Header<'r>>) -> Self {
        Self(headers.collect())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|line| line.name().as_str())
    }
}

impl Headers for Lines<'_> {
    fn each<'h>(&'h self, visit: &mut dyn FnMut(&'h str, &'h [u8])) {
        self.0.iter().for_each(|line| visit(line.name().as_str(), line.value().as_bytes()));
    }
}

/// What a head borrows that the request does not hold in this form.
pub(crate) struct Lent<'r> {
    lines: Lines<'r>,
    method: &'static str,
    /// Rocket keeps the authority of HTTP/2 apart from the headers, which may name another. Of HTTP/1.1 it is the `Host`.
    authority: Option<String>,
    principal: Option<String>,
}

impl<'r> Lent<'r> {
    pub(crate) fn of(request: &'r Request<'_>, visit: &Visit) -> Self {
        let host = request.host().map(ToString::to_string);
        let is_header = |host: &String| request.headers().get("host").any(|line| line == host);
        Self {
            lines: Lines::of(request.headers().iter()),
            method: visit.method(request),
            authority: host.filter(|host| !is_header(host)),
            principal: visit.principal(),
        }
    }

    pub(crate) fn head<'l>(
        &'l self,
        protect: &Protect,
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
            notices: false,
        }
    }
}

/// The pattern of the route that a request is at, without its query. The fallback has none.
pub(crate) fn pattern<'r>(request: &'r Request<'_>) -> Option<&'r str> {
    let route = request.route().filter(|route| route.rank < crate::protect::LAST);
    route.map(|route| route.uri.path())
}
