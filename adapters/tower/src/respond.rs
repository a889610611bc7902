//! Responses of the guard, and its headers on the responses of the inner service.

use http::{Response, StatusCode, Version};
use portcullis_runtime::{Exchange, GuardResponse};

use crate::response_body::ResponseBody;

/// Convert a response of the guard. The connection is closed if HTTP/1 would parse the rest of an unread body.
pub(crate) fn build_guard_response<B>(
    guard_response: GuardResponse,
    body_is_read: bool,
    version: Version,
) -> Response<ResponseBody<B>> {
    let guard_response = guard_response.close_connection_if(!body_is_read && version <= Version::HTTP_11);
    let mut response = Response::new(ResponseBody::guard(guard_response.body));
    *response.status_mut() = guard_response.status;
    for (name, value) in guard_response.headers {
        response.headers_mut().append(name, value);
    }
    if let Some(rejection) = guard_response.rejection {
        response.extensions_mut().insert(rejection);
    }
    response
}

/// Add the headers of the guard to a response of the inner service, and run the modifier. A switch of protocols, and a response
/// on its way to an outer guard, stay unchanged.
pub(crate) fn finish_response<B>(exchange: &Exchange, response: &mut Response<B>) {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS || exchange.is_nested() {
        return;
    }
    exchange.headers().onto(response.headers_mut());
    if exchange.guard().has_modifier() {
        let mut status = response.status();
        exchange.guard().modify(&mut status, response.headers_mut());
        *response.status_mut() = status;
    }
}
