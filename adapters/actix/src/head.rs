//! The head of a request, borrowed for the guard without conversion.

use actix_web::http::header::HeaderMap;
use actix_web::http::uri::Authority;
use actix_web::{HttpMessage as _, HttpRequest};
use portcullis_runtime::service::Principal;
use portcullis_runtime::{Head, HeaderFields};

use crate::middleware::GuardMiddleware;

/// The header lines of Actix's map, in its random order.
pub(crate) struct ActixHeaders<'r>(pub(crate) &'r HeaderMap);

impl HeaderFields for ActixHeaders<'_> {
    fn for_each<'h>(&'h self, visit: &mut dyn FnMut(&'h str, &'h [u8])) {
        self.0.iter().for_each(|(name, value)| visit(name.as_str(), value.as_bytes()));
    }
}

/// Header lines in a fixed order, those of one name in the order of arrival: the order of the map differs between processes,
/// and the verdict must not depend on it. Any fixed order works; comparing lengths first is cheap, as few are equal.
fn sort_lines(headers: &HeaderMap) -> Vec<(&str, &[u8])> {
    let mut lines = Vec::with_capacity(headers.len());
    lines.extend(headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())));
    lines.sort_by(|(one, _), (other, _)| one.len().cmp(&other.len()).then_with(|| one.cmp(other)));
    lines
}

/// The values that a `Head` borrows and the request does not have in this form.
pub(crate) struct BorrowedHead<'r> {
    lines: Vec<(&'r str, &'r [u8])>,
    route: Option<String>,
    principal: Option<String>,
}

impl<'r> BorrowedHead<'r> {
    pub(crate) fn of(request: &'r HttpRequest) -> Self {
        let principal = request.extensions().get::<Principal>().map(|Principal(name)| name.clone());
        Self { lines: sort_lines(request.headers()), route: request.match_pattern(), principal }
    }

    /// Release the borrow of the request, and keep the pattern of its route.
    pub(crate) fn into_route(self) -> Option<String> {
        self.route
    }

    /// The head as on the wire: `HttpRequest::path` is already decoded in part.
    pub(crate) fn head<'l>(
        &'l self,
        middleware: &GuardMiddleware,
        request: &'l HttpRequest,
        has_body: bool,
    ) -> Head<'l> {
        Head::new(request.method().as_str(), request.uri().path(), &self.lines)
            .query(request.uri().query())
            .peer((middleware.peer)(request))
            .authority(request.uri().authority().map(Authority::as_str))
            .tls((middleware.tls)(request))
            .has_body(has_body)
            .policy(middleware.policy)
            .route(self.route.as_deref())
            .principal(self.principal.as_deref())
    }
}
