//! Responses of the guard, and its headers on the responses of the application.

use axum::body::Body;
use http::{Response, StatusCode, Version};
use portcullis_runtime::{Exchange, GuardResponse};

const NESTED: &str = "Two guards wrap this route. Add routes with a policy of their own after \
     `.layer(GuardLayer::new(..))`, so that each route has exactly one guard.";

/// Convert a response of the guard. The connection is closed if HTTP/1 would parse the rest of an unread body.
pub(crate) fn build_guard_response(
    guard_response: GuardResponse,
    body_is_read: bool,
    version: Version,
) -> Response<Body> {
    let guard_response = guard_response.close_connection_if(!body_is_read && version <= Version::HTTP_11);
    let mut response = Response::new(Body::from(guard_response.body));
    *response.status_mut() = guard_response.status;
    for (name, value) in guard_response.headers {
        response.headers_mut().append(name, value);
    }
    response
}

/// The response to a request that two guards check.
pub(crate) fn reject_nested() -> Response<Body> {
    build_guard_response(GuardResponse::misconfigured(NESTED), true, Version::HTTP_11)
}

/// Add the headers of the guard to a response of the application, and run the modifier. A switch of protocols stays unchanged.
pub(crate) fn finish_response(exchange: &Exchange, mut response: Response<Body>) -> Response<Body> {
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
