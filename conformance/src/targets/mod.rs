//! The targets.

pub mod axum;
pub mod axum_tcp;
pub mod core;
mod guarded;
mod routes;

use http::{HeaderMap, HeaderName, HeaderValue};

/// What the echo handler of `route` says beside the body.
fn echo_headers(route: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/octet-stream"));
    headers.insert("referrer-policy", HeaderValue::from_static("unsafe-url"));
    headers
        .extend(HeaderValue::from_str(route).ok().map(|route| (HeaderName::from_static("x-route"), route)));
    headers
}

/// Put `theirs` in the place of what has the same name.
fn replace(headers: &mut HeaderMap, theirs: &HeaderMap) {
    theirs.keys().for_each(|name| drop(headers.remove(name)));
    headers.extend(theirs.iter().map(|(name, value)| (name.clone(), value.clone())));
}
