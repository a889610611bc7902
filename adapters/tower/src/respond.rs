//! Responses of the guard, and its headers on the responses of the inner service.

use http::{Response, StatusCode, Version};
use portcullis_runtime::{Exchange, GuardResponse};

use crate::response_body::ResponseBody;

const NESTED: &str = "Two guards wrap this route. Add routes with a policy of their own after \
     `.layer(GuardLayer::new(..))`, so that each route has exactly one guard.";

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
    response
}

/// The response to a request that two guards check.
pub(crate) fn reject_nested<B>() -> Response<ResponseBody<B>> {
    build_guard_response(GuardResponse::misconfigured(NESTED), true, Version::HTTP_11)
}

/// Add the headers of the guard to a response of the inner service, and run the modifier. A switch of protocols stays
/// unchanged.
pub(crate) fn finish_response<B>(exchange: &Exchange, mut response: Response<B>) -> Response<B> {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return response;
    }
    exchange.headers().onto(response.headers_mut());
    if !exchange.guard().has_modifier() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    exchange.guard().modify(&mut parts.status, &mut parts.headers);
    Response::from_parts(parts, body)
}
