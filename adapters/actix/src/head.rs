//! Lending the head of a request to the guard, without converting it.

use actix_web::http::header::HeaderMap;
use actix_web::http::uri::Authority;
use actix_web::{HttpMessage as _, HttpRequest};
use portcullis_runtime::service::Principal;
use portcullis_runtime::{Head, HeaderFields, NoFacts};

use crate::middleware::GuardMiddleware;

/// Header lines as they are in Actix's map, in no order.
pub(crate) struct ActixHeaders<'r>(pub(crate) &'r HeaderMap);

impl HeaderFields for ActixHeaders<'_> {
    fn for_each<'h>(&'h self, visit: &mut dyn FnMut(&'h str, &'h [u8])) {
        self.0.iter().for_each(|(name, value)| visit(name.as_str(), value.as_bytes()));
    }
}

/// Header lines in an order, those of one name as they came: the map they are in has another order in every process, and the
/// verdict must not depend on it. Which order it is does not matter; few names are of equal length.
fn sorted(headers: &HeaderMap) -> Vec<(&str, &[u8])> {
    let mut lines = Vec::with_capacity(headers.len());
    lines.extend(headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())));
    lines.sort_by(|(one, _), (other, _)| one.len().cmp(&other.len()).then_with(|| one.cmp(other)));
    lines
}

/// What a head borrows that the request does not hold in this form.
pub(crate) struct BorrowedHead<'r> {
    lines: Vec<(&'r str, &'r [u8])>,
    route: Option<String>,
    principal: Option<String>,
}

impl<'r> BorrowedHead<'r> {
    pub(crate) fn of(request: &'r HttpRequest) -> Self {
        let principal = request.extensions().get::<Principal>().map(|Principal(name)| name.clone());
        Self { lines: sorted(request.headers()), route: request.match_pattern(), principal }
    }

    /// Give the request back, but for the pattern of its route.
    pub(crate) fn into_route(self) -> Option<String> {
        self.route
    }

    /// The head, as it is on the wire: `HttpRequest::path` is partly decoded already.
    pub(crate) fn head<'l>(
        &'l self,
        guarded: &GuardMiddleware,
        request: &'l HttpRequest,
        has_body: bool,
    ) -> Head<'l> {
        Head {
            method: request.method().as_str(),
            path: request.uri().path(),
            query: request.uri().query(),
            headers: &self.lines,
            peer: (guarded.peer)(request),
            authority: request.uri().authority().map(Authority::as_str),
            tls: (guarded.tls)(request),
            has_body,
            policy: guarded.policy,
            route: self.route.as_deref(),
            principal: self.principal.as_deref(),
            facts: &NoFacts,
            sample_info_events: false,
        }
    }
}
