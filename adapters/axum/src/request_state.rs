//! The state of an admitted request: it reports the response to the guard, and provides the message inspector for upgrades.

use axum::body::Body;
use axum::extract::{MatchedPath, OriginalUri};
use http::header::UPGRADE;
use http::{Method, Request, Response};
use portcullis_runtime::{AppResponse, Exchange};

use crate::respond;
use crate::watch::{Cost, observe_body};

/// Outlives the request, which the handler consumes. Its clones allocate nothing: a standard method is an enum, and the
/// matched path is shared.
pub(crate) struct RequestState {
    exchange: Exchange,
    method: Method,
    route: Option<MatchedPath>,
}

impl RequestState {
    /// Prepare the request for the handler. A request for another protocol receives the inspector of its messages.
    pub(crate) fn begin<B>(exchange: Exchange, request: &mut Request<B>, route: Option<MatchedPath>) -> Self {
        // Over HTTP/2, `CONNECT` opens a WebSocket (RFC 8441).
        if request.headers().contains_key(UPGRADE) || request.method() == Method::CONNECT {
            let original = request.extensions().get::<OriginalUri>();
            let messages = exchange.messages(original.map_or(request.uri(), |original| &original.0).path());
            request.extensions_mut().insert(messages);
        }
        Self { exchange, method: request.method().clone(), route }
    }

    /// Report the response of the handler, add the headers of the guard, and observe the body if a rule applies to it.
    pub(crate) fn finish(&self, mut response: Response<Body>) -> Response<Body> {
        let cost = response.extensions_mut().remove::<Cost>().map(|Cost(cost)| cost);
        let observer = self.exchange.on_response(&AppResponse {
            method: self.method.as_str(),
            route: self.route.as_ref().map(MatchedPath::as_str),
            status: response.status().as_u16(),
            headers: response.headers(),
            cost,
        });
        let response = match observer {
            Some(observer) => response.map(|body| observe_body(body, observer)),
            None => response,
        };
        respond::finish_response(&self.exchange, response)
    }
}
