//! The targets.

pub mod actix;
pub mod actix_tcp;
pub mod axum;
pub mod axum_tcp;
mod callbacks;
pub mod core;
pub mod framework;
mod guarded;
mod http2;
pub mod rocket;
pub mod rocket_tcp;
pub(crate) mod routes;
pub mod tcp;

use http::{HeaderMap, HeaderName, HeaderValue};

/// What the echo handler of `route` says beside the body, when it is asked by `principal`.
fn echo_headers(route: &str, principal: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/octet-stream"));
    headers.insert("referrer-policy", HeaderValue::from_static("unsafe-url"));
    headers
        .extend(HeaderValue::from_str(route).ok().map(|route| (HeaderName::from_static("x-route"), route)));
    let principal = principal.and_then(|principal| HeaderValue::from_str(principal).ok());
    headers.extend(principal.map(|principal| (HeaderName::from_static("x-principal"), principal)));
    headers
}

/// Put `theirs` in the place of what has the same name.
fn replace(headers: &mut HeaderMap, theirs: &HeaderMap) {
    theirs.keys().for_each(|name| drop(headers.remove(name)));
    headers.extend(theirs.iter().map(|(name, value)| (name.clone(), value.clone())));
}
