//! The targets.

pub mod core;
mod routes;

use http::{HeaderMap, HeaderValue};

/// What the echo handler says beside the body.
fn echo_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/octet-stream"));
    headers.insert("referrer-policy", HeaderValue::from_static("unsafe-url"));
    headers
}
