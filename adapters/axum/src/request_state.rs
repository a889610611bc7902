//! A request that was let through, from its beginning to its response: what the guard is told of it, and what the handler
//! of a connection that stays open gets.

use axum::body::Body;
use axum::extract::{MatchedPath, OriginalUri};
use http::header::UPGRADE;
use http::request::Parts;
use http::{Method, Response};
use portcullis_runtime::{AppResponse, Exchange};

use crate::respond;
use crate::watch::{Cost, tapped};

/// Outlives the request, which the handler consumes. Neither field is copied: a method of the standard holds no text, and the
/// matched path is shared.
pub(crate) struct RequestState {
    admission: Exchange,
    method: Method,
    route: Option<MatchedPath>,
}

impl RequestState {
    /// The request goes to the handler. One that asks for another protocol gets what inspects its messages.
    pub(crate) fn begin(admission: Exchange, parts: &mut Parts) -> Self {
        // With HTTP/2 a WebSocket is opened by `CONNECT` (RFC 8441).
        if parts.headers.contains_key(UPGRADE) || parts.method == Method::CONNECT {
            let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
            let messages = admission.messages(uri.path());
            parts.extensions.insert(messages);
        }
        let route = parts.extensions.get::<MatchedPath>().cloned();
        Self { admission, method: parts.method.clone(), route }
    }

    /// The handler has answered: its response with the headers of the guard, and its body watched where a rule is about it.
    pub(crate) fn end(&self, mut response: Response<Body>) -> Response<Body> {
        let cost = response.extensions_mut().remove::<Cost>().map(|Cost(cost)| cost);
        let observer = self.admission.on_response(&AppResponse {
            method: self.method.as_str(),
            route: self.route.as_ref().map(MatchedPath::as_str),
            status: response.status().as_u16(),
            headers: response.headers(),
            cost,
        });
        let response = match observer {
            Some(observer) => response.map(|body| tapped(body, observer)),
            None => response,
        };
        respond::pass(&self.admission, response)
    }
}
