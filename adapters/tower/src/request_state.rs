//! The state of an admitted request: adds the admission to the request, and reports the response to the guard.

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body::Body;
use portcullis_runtime::{Admission, AppResponse, Exchange, RateState, RejectionInfo};

use crate::respond;
use crate::response_body::{Cost, ResponseBody};

/// Outlives the request, which the inner service consumes. Its clones allocate nothing: a standard method is an enum.
pub(crate) struct RequestState<R> {
    exchange: Exchange,
    method: Method,
    route: Option<R>,
}

impl<R: AsRef<str>> RequestState<R> {
    /// Prepare the request for the inner service: the admission becomes an extension, which allocates once.
    pub(crate) fn begin<B>(admission: Admission, request: &mut Request<B>, route: Option<R>) -> Self {
        let exchange = admission.exchange().clone();
        request.extensions_mut().insert(admission);
        Self { exchange, method: request.method().clone(), route }
    }

    /// Report the response of the inner service, add the headers of the guard, and observe the body if a rule applies to it.
    pub(crate) fn finish<B: Body<Data = Bytes>>(
        &mut self,
        mut response: Response<B>,
    ) -> Response<ResponseBody<B>> {
        // An inner guard rejected the request: its response is complete, and no response of the application.
        let rejection =
            response.extensions().get::<RejectionInfo>().map(|cause| cause.is_by(self.exchange.guard()));
        if rejection == Some(true) {
            return response.map(ResponseBody::inner);
        }
        let cost = response.extensions_mut().remove::<Cost>().map(|Cost(cost)| cost);
        let inner_rate = response.extensions_mut().remove::<RateState>();
        let app_response =
            AppResponse::new(self.method.as_str(), response.status().as_u16(), response.headers())
                .route(self.route.as_ref().map(AsRef::as_ref))
                .cost(cost)
                .inner_rate(inner_rate);
        let observer = self.exchange.on_response(&app_response);
        match self.exchange.inner_rate() {
            Some(rate) => drop(response.extensions_mut().insert(rate)),
            None => respond::finish_response(&self.exchange, &mut response),
        }
        match observer {
            Some(observer) => response.map(|body| ResponseBody::observed(body, observer)),
            None => response.map(ResponseBody::inner),
        }
    }
}
