//! Responses: what the guard answers itself, and what it adds to those of the application.

use axum::body::Body;
use http::{Response, StatusCode, Version};
use portcullis_runtime::{Exchange, GuardResponse};

const NESTED: &str = "Two guards wrap this route. Add routes with a policy of their own after \
     `.layer(GuardLayer::new(..))`, so that each route has exactly one guard.";

/// The guard's own answer to a request of this version, whose body was read to its end or not.
pub(crate) fn own(answer: GuardResponse, body_is_read: bool, version: Version) -> Response<Body> {
    let answer = answer.close_connection_if(!body_is_read && version <= Version::HTTP_11);
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = answer.status;
    for (name, value) in answer.headers {
        response.headers_mut().append(name, value);
    }
    response
}

/// A guard inside a guard.
pub(crate) fn nested() -> Response<Body> {
    own(GuardResponse::misconfigured(NESTED), true, Version::HTTP_11)
}

/// The application's response with the headers of the guard. A switch of protocols is not an HTTP response any more.
pub(crate) fn pass(exchange: &Exchange, mut response: Response<Body>) -> Response<Body> {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return response;
    }
    exchange.headers().onto(response.headers_mut());
    if !exchange.guard().modifies() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    exchange.guard().modify(&mut parts.status, &mut parts.headers);
    Response::from_parts(parts, body)
}
