//! Responses: the refusals of the guard, and what it adds to those of the application.

use axum::body::Body;
use http::header::{CONNECTION, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode, Version};
use portcullis_runtime::{Denial, Guard, Preflight, ResponseHeaders};

/// The response that refuses a request.
///
/// When the body was not read to its end, an HTTP/1 connection is closed: what is left of the body must not be taken for
/// the next request.
pub(crate) fn refuse(denial: Denial, body_is_read: bool, version: Version) -> Response<Body> {
    let mut response = Response::new(Body::from(denial.body));
    *response.status_mut() = StatusCode::from_u16(denial.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in denial.headers {
        response.headers_mut().append(name, value);
    }
    if !body_is_read && version <= Version::HTTP_11 {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// The answer to a preflight.
pub(crate) fn preflight(answer: Preflight, body_is_read: bool, version: Version) -> Response<Body> {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    response.headers_mut().extend(answer.headers);
    if !body_is_read && version <= Version::HTTP_11 {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// The application's response with the headers of the guard. A switch of protocols is not an HTTP response any more.
pub(crate) fn pass(
    guard: &Guard,
    mut response: Response<Body>,
    headers: &ResponseHeaders<'_>,
) -> Response<Body> {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return response;
    }
    headers.onto(response.headers_mut());
    if !guard.modifies() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    guard.modify(&mut parts.status, &mut parts.headers);
    Response::from_parts(parts, body)
}

/// A guard inside a guard.
pub(crate) fn nested() -> Response<Body> {
    let text = "Two guards wrap this route. Add routes with a policy of their own after `.layer(GuardLayer::new(..))`, \
                so that each route has exactly one guard.";
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
