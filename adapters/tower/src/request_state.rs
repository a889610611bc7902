//! The state of an admitted request: it reports the response to the guard, and provides the message inspector for upgrades.

use bytes::Bytes;
use http::header::UPGRADE;
use http::{Method, Request, Response, Uri};
use http_body::Body;
use portcullis_runtime::{AppResponse, Exchange};

use crate::respond;
use crate::response_body::{Cost, ResponseBody};

/// Outlives the request, which the inner service consumes. Its clones allocate nothing: a standard method is an enum.
pub(crate) struct RequestState<R> {
    exchange: Exchange,
    method: Method,
    route: Option<R>,
}

impl<R: AsRef<str>> RequestState<R> {
    /// Prepare the request for the inner service. A request for another protocol receives the inspector of its messages.
    pub(crate) fn begin<B>(
        exchange: Exchange,
        request: &mut Request<B>,
        route: Option<R>,
        uri: fn(&Request<B>) -> &Uri,
    ) -> Self {
        // Over HTTP/2, `CONNECT` opens a WebSocket (RFC 8441).
        if request.headers().contains_key(UPGRADE) || request.method() == Method::CONNECT {
            let messages = exchange.messages(uri(request).path());
            request.extensions_mut().insert(messages);
        }
        Self { exchange, method: request.method().clone(), route }
    }

    /// Report the response of the inner service, add the headers of the guard, and observe the body if a rule applies to it.
    pub(crate) fn finish<B: Body<Data = Bytes>>(
        &self,
        mut response: Response<B>,
    ) -> Response<ResponseBody<B>> {
        let cost = response.extensions_mut().remove::<Cost>().map(|Cost(cost)| cost);
        let observer = self.exchange.on_response(&AppResponse {
            method: self.method.as_str(),
            route: self.route.as_ref().map(AsRef::as_ref),
            status: response.status().as_u16(),
            headers: response.headers(),
            cost,
        });
        let response = respond::finish_response(&self.exchange, response);
        match observer {
            Some(observer) => response.map(|body| ResponseBody::observed(body, observer)),
            None => response.map(ResponseBody::inner),
        }
    }
}
