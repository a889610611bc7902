//! From `[cors]` to [`Cors`]. Values that never match, or that browsers do not accept, are rejected.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use http::{HeaderName, HeaderValue, Method};

use crate::checks::Check;
use crate::config::{Config, ConfigErrors};
use crate::rules::cors::Cors;

/// The maximum time that browsers may cache a preflight.
const MAX_AGE: Duration = Duration::from_secs(86_400);
/// The maximum number of origins.
const MAX_ORIGINS: usize = 1024;
/// The headers that a script requires to read a rejection of gRPC-Web.
const GRPC: [&str; 2] = ["grpc-status", "grpc-message"];

pub(crate) fn cors(config: &Config, errors: &mut ConfigErrors) -> Option<Cors> {
    let cors = &config.cors;
    let origins = origins(&cors.origins, errors);
    let methods = list(&cors.methods, "cors.methods", errors, |method| {
        Method::from_bytes(method.as_bytes()).ok().map(|_| method.to_ascii_uppercase())
    });
    let name = |name: &str| HeaderName::try_from(name).ok().map(|name| name.as_str().to_string());
    let headers = list(&cors.headers, "cors.headers", errors, name);
    let expose = list(&cors.expose, "cors.expose", errors, name);
    if cors.max_age.0 > MAX_AGE {
        errors.push("cors.max_age", format!("`{}` is out of range; write 0s to 1d", cors.max_age));
    }
    if cors.enabled && cors.credentials {
        reject_wildcard(origins.is_none(), "cors.credentials", "origins", errors);
        reject_wildcard(expose.is_none(), "cors.expose", "headers that scripts may read", errors);
    }
    if cors.enabled && origins.as_ref().is_some_and(Vec::is_empty) {
        errors.push(
            "cors.origins",
            "is empty, so no origin is allowed; name origins or set `cors.enabled = false`",
        );
    }
    if config.shadow.contains(&Check::Cors) {
        errors.push("shadow", "`cors` cannot only report: a preflight is either allowed or denied");
    }
    let named = expose.as_ref().map_or_else(|| "*".into(), |names| names.join(", "));
    let grpc = expose.clone().unwrap_or_else(|| alloc::vec!["*".into()]).into_iter();
    let grpc = grpc.chain(GRPC.map(String::from)).collect::<Vec<_>>().join(", ");
    cors.enabled.then(|| Cors {
        origins,
        allow_methods: join(methods.as_deref()),
        allow_headers: join(headers.as_deref()),
        methods,
        headers,
        max_age: HeaderValue::from(cors.max_age.0.as_secs()),
        credentials: cors.credentials,
        expose: HeaderValue::try_from(named).ok().filter(|value| !value.is_empty()),
        expose_grpc: HeaderValue::try_from(grpc).unwrap_or_else(|_| HeaderValue::from_static("*")),
    })
}

/// Report `*` in a list that browsers do not accept together with credentials.
fn reject_wildcard(any: bool, path: &str, what: &str, errors: &mut ConfigErrors) {
    if any {
        let why = format!("browsers reject `*` together with `cors.credentials`; name the {what}");
        errors.push(path, why);
    }
}

fn join(entries: Option<&[String]>) -> HeaderValue {
    let text = entries.map_or_else(|| "*".into(), |entries| entries.join(", "));
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// The entries, parsed by `read`; `None` for `*`.
fn list(
    entries: &[String],
    path: &str,
    errors: &mut ConfigErrors,
    read: impl Fn(&str) -> Option<String>,
) -> Option<Vec<String>> {
    if entries.iter().any(|entry| entry == "*") {
        if entries.len() > 1 {
            errors.push(path, "has `*` among others; `*` alone allows all of them");
        }
        return None;
    }
    let mut known = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        match read(entry) {
            Some(entry) if known.contains(&entry) => {}
            Some(entry) => known.push(entry),
            None => errors.push(format!("{path}[{index}]"), format!("`{entry}` is not a name")),
        }
    }
    Some(known)
}

/// The origins as browsers serialise them, sorted; `None` for any.
fn origins(entries: &[String], errors: &mut ConfigErrors) -> Option<Vec<(String, HeaderValue)>> {
    if entries.iter().any(|entry| entry == "*") {
        if entries.len() > 1 {
            errors.push("cors.origins", "has `*` among others; `*` alone allows all of them");
        }
        return None;
    }
    if entries.len() > MAX_ORIGINS {
        errors.push("cors.origins", format!("has {} entries; at most {MAX_ORIGINS} fit", entries.len()));
        return Some(Vec::new());
    }
    let mut origins = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        match origin(entry) {
            Ok(origin) => {
                origins.extend(HeaderValue::from_str(&origin).ok().map(|value| (origin, value)));
            }
            Err(why) => errors.push(format!("cors.origins[{index}]"), format!("`{entry}` {why}")),
        }
    }
    origins.sort_by(|(a, _), (b, _)| a.cmp(b));
    origins.dedup_by(|(a, _), (b, _)| a == b);
    Some(origins)
}

/// An origin as browsers serialise it: lower case, without the port that its scheme implies.
pub(super) fn origin(text: &str) -> Result<String, &'static str> {
    const FORM: &str = "is not an origin; write `https://app.example.com` or `https://app.example.com:8443`";
    if text == "null" {
        return Err(
            "is sent by every sandboxed page and local file; serve the page from an origin and name that",
        );
    }
    let (scheme, rest) = text.split_once("://").ok_or(FORM)?;
    if rest.contains('*') {
        return Err("is a pattern; list each origin, or `*` alone for all");
    }
    if rest.contains(['/', '?', '#']) {
        return Err("has a path; an origin ends with its host or port");
    }
    let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    if !scheme.starts_with(|first: char| first.is_ascii_alphabetic()) || !scheme.bytes().all(is_scheme) {
        return Err(FORM);
    }
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (rest, None),
    };
    let v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host = match v6 {
        Some(address) => {
            let address = address.parse::<core::net::Ipv6Addr>().map_err(|_| FORM)?;
            format!("[{address}]")
        }
        None => {
            let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
            let is_host = !host.is_empty() && host.bytes().all(is_part);
            is_host.then(|| host.to_ascii_lowercase()).ok_or(FORM)?
        }
    };
    let scheme = scheme.to_ascii_lowercase();
    let port = match port.map(str::parse::<u16>) {
        None => None,
        Some(Ok(port)) if port > 0 => Some(port),
        Some(_) => return Err(FORM),
    };
    let implied = matches!((scheme.as_str(), port), ("https", Some(443)) | ("http", Some(80)));
    Ok(match port.filter(|_| !implied) {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

#[cfg(test)]
mod tests;
