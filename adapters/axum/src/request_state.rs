//! A request that was let through, from its beginning to its response: what the guard is told of it, and what the handler
//! of a connection that stays open gets.

use axum::body::Body;
use axum::extract::{MatchedPath, OriginalUri};
use http::header::UPGRADE;
use http::{Method, Request, Response};
use portcullis_runtime::{AppResponse, Exchange};

use crate::respond;
use crate::watch::{Cost, tapped};

/// Outlives the request, which the handler consumes. Neither field is copied: a standard method holds no text, and the
/// matched path is shared.
pub(crate) struct RequestState {
    exchange: Exchange,
    method: Method,
    route: Option<MatchedPath>,
}

impl RequestState {
    /// The request goes to the handler. One that asks for another protocol gets the inspector of its messages.
    pub(crate) fn begin<B>(exchange: Exchange, request: &mut Request<B>, route: Option<MatchedPath>) -> Self {
        // With HTTP/2 a WebSocket is opened by `CONNECT` (RFC 8441).
        if request.headers().contains_key(UPGRADE) || request.method() == Method::CONNECT {
            let original = request.extensions().get::<OriginalUri>();
            let messages = exchange.messages(original.map_or(request.uri(), |original| &original.0).path());
            request.extensions_mut().insert(messages);
        }
        Self { exchange, method: request.method().clone(), route }
    }

    /// The handler has answered: its response with the headers of the guard, and its body watched where a rule is about it.
    pub(crate) fn end(&self, mut response: Response<Body>) -> Response<Body> {
        let cost = response.extensions_mut().remove::<Cost>().map(|Cost(cost)| cost);
        let observer = self.exchange.on_response(&AppResponse {
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
        respond::pass(&self.exchange, response)
    }
}
