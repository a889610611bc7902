//! The targets.

pub mod actix;
pub mod actix_tcp;
pub mod axum;
pub mod axum_tcp;
mod callbacks;
pub mod core;
pub mod framework;
mod harness;
mod http2;
pub mod rocket;
pub mod rocket_tcp;
pub(crate) mod routes;
pub mod tcp;
pub mod tower;

use http::{HeaderMap, HeaderName, HeaderValue};

use self::framework::Framework;
use self::tcp::Tcp;
use crate::vector::VectorFile;

/// A server of each framework under this configuration, a table of TOML in one line.
///
/// # Errors
/// What is wrong with the configuration, or that no socket is available.
pub fn servers(config: &str) -> Result<[(&'static str, Framework<Tcp>); 3], String> {
    let text = format!(
        "[[case]]\nname = \"x\"\nconfig = {config}\n[[case.step]]\ntarget = \"/\"\nexpect = {{ status = 200 }}"
    );
    let file = VectorFile::parse("servers", &text).map_err(|error| error.to_string())?;
    let case = file.cases.first().ok_or("one case")?;
    Ok([
        ("axum", axum_tcp::server(case)?),
        ("actix", actix_tcp::server(case)?),
        ("rocket", rocket_tcp::server(case)?),
    ])
}

/// The echo handler's headers on `route`, for a request of `principal`.
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

/// Replace headers by those of the same name in `theirs`.
fn replace(headers: &mut HeaderMap, theirs: &HeaderMap) {
    theirs.keys().for_each(|name| drop(headers.remove(name)));
    headers.extend(theirs.iter().map(|(name, value)| (name.clone(), value.clone())));
}
