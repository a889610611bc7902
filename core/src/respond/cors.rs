//! CORS (Fetch standard, section 3.3): the origins that may call this site from a browser.
//!
//! One table of rules serves the replies to preflights and all other responses, so that they agree. An origin is
//! compared byte for byte, in the form that browsers send, with the configured ones. There are no patterns: a pattern
//! that is too wide is the usual bypass of such lists. Every response has `Vary: Origin`, also if the origin is not
//! allowed: otherwise a cache could serve the response for one origin to another.
//!
//! `Access-Control-Allow-Private-Network` is never sent, so that a page of a public site cannot reach a service in a
//! private network. Such a preflight still gets a reply: browsers that only warn would otherwise lose the other
//! permissions too.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
};
use http::{HeaderName, HeaderValue};

use crate::request::head::{HeaderFields, HeaderValues};
use crate::rules::cors::{Cors, Origin};

/// Maximum bytes of `Access-Control-Request-Headers`; a longer list is not allowed.
const MAX_REQUESTED_HEADERS: usize = 4096;

/// The method and headers that a preflight requests.
#[derive(Debug, Default)]
struct PreflightRequest {
    method: Option<Vec<u8>>,
    /// In lower case; `None` for a list that is too long or contains an invalid name.
    pub(crate) headers: Option<Vec<String>>,
}

/// The reply to a preflight.
pub(crate) struct PreflightReply {
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// The parts that are not allowed: of `origin`, `method` and `headers`.
    pub(crate) disallowed: Vec<&'static str>,
}

impl Cors {
    /// Match the `Origin` of a request. Conflicting lines match no origin.
    pub(crate) fn origin(&self, lines: HeaderValues<'_>) -> Origin {
        let Some(origin) = lines.first.filter(|_| !lines.conflict) else { return Origin::Other };
        let Some(origins) = &self.origins else { return Origin::Any };
        let known = origins.binary_search_by(|(known, _)| known.as_bytes().cmp(origin));
        known.map_or(Origin::Other, |index| Origin::Listed(index as u16))
    }

    /// The value of `Access-Control-Allow-Origin`.
    fn allow_origin(&self, origin: Origin) -> Option<HeaderValue> {
        match origin {
            Origin::Off | Origin::Other => None,
            Origin::Any => Some(HeaderValue::from_static("*")),
            Origin::Listed(index) => {
                self.origins.as_ref()?.get(usize::from(index)).map(|(_, value)| value.clone())
            }
        }
    }

    /// The headers that let scripts read a response, for responses of the application and of the guard.
    pub(crate) fn access_headers(
        &self,
        origin: Origin,
        grpc: bool,
    ) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let allow = self.allow_origin(origin);
        let credentials = (allow.is_some() && self.credentials).then(|| HeaderValue::from_static("true"));
        let expose = if grpc { Some(&self.expose_grpc) } else { self.expose.as_ref() };
        let expose = expose.filter(|_| allow.is_some()).cloned();
        let fields = [
            (ACCESS_CONTROL_ALLOW_ORIGIN, allow),
            (ACCESS_CONTROL_ALLOW_CREDENTIALS, credentials),
            (ACCESS_CONTROL_EXPOSE_HEADERS, expose),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }

    /// The preflight headers that the Guard family also sets on responses of the application.
    pub(crate) fn preflight_headers(
        &self,
        origin: Origin,
    ) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let fields = [
            (ACCESS_CONTROL_ALLOW_METHODS, &self.allow_methods),
            (ACCESS_CONTROL_ALLOW_HEADERS, &self.allow_headers),
            (ACCESS_CONTROL_MAX_AGE, &self.max_age),
        ];
        let allowed = matches!(origin, Origin::Any | Origin::Listed(_));
        fields.map(|(name, value)| (name, value.clone())).into_iter().filter(move |_| allowed)
    }

    /// The reply to a preflight.
    pub(crate) fn preflight_reply(&self, origin: Origin, headers: &dyn HeaderFields) -> PreflightReply {
        let request = PreflightRequest::of(headers);
        let method = request.method.as_deref().is_some_and(|method| self.allows_method(method));
        let fields = request.headers.as_ref().is_some_and(|names| self.allows_headers(names));
        let parts =
            [("origin", self.allow_origin(origin).is_some()), ("method", method), ("headers", fields)];
        let disallowed = parts.into_iter().filter(|(_, allowed)| !allowed).map(|(part, _)| part).collect();
        let mut reply = PreflightReply { headers: Vec::new(), disallowed };
        let expose = ACCESS_CONTROL_EXPOSE_HEADERS;
        reply.headers.extend(self.access_headers(origin, false).filter(|(name, _)| *name != expose));
        reply.headers.push((ACCESS_CONTROL_ALLOW_METHODS, self.allow_methods_for(&request)));
        reply.headers.push((ACCESS_CONTROL_MAX_AGE, self.max_age.clone()));
        // With credentials, and always for `Authorization`, browsers do not take `*` as a wildcard: reply with the
        // requested names instead.
        let names = match &self.headers {
            Some(_) => Some(self.allow_headers.clone()),
            None => request
                .headers
                .filter(|names| !names.is_empty())
                .and_then(|names| HeaderValue::try_from(names.join(", ")).ok()),
        };
        reply.headers.extend(names.map(|names| (ACCESS_CONTROL_ALLOW_HEADERS, names)));
        reply
    }

    /// The allowed methods; if all are, the requested one.
    fn allow_methods_for(&self, request: &PreflightRequest) -> HeaderValue {
        let method = request.method.as_deref().filter(|_| self.methods.is_none());
        let method = method.and_then(|method| HeaderValue::from_bytes(method).ok());
        method.unwrap_or_else(|| self.allow_methods.clone())
    }

    fn allows_method(&self, method: &[u8]) -> bool {
        match &self.methods {
            None => http::Method::from_bytes(method).is_ok(),
            // Methods are case-sensitive (RFC 9110, section 9.1), and browsers compare them that way.
            Some(methods) => methods.iter().any(|known| known.as_bytes() == method),
        }
    }

    fn allows_headers(&self, names: &[String]) -> bool {
        self.headers.as_ref().is_none_or(|known| names.iter().all(|name| known.contains(name)))
    }
}

impl PreflightRequest {
    fn of(headers: &dyn HeaderFields) -> Self {
        let mut request = Self { method: None, headers: Some(Vec::new()) };
        let mut read = 0;
        headers.for_each(&mut |line, value| match line.len() {
            29 if line.eq_ignore_ascii_case("access-control-request-method") => {
                // Two different methods are ambiguous: neither is allowed.
                let other = request.method.as_deref().is_some_and(|method| method != value);
                request.method = Some(if other { Vec::new() } else { value.into() });
            }
            30 if line.eq_ignore_ascii_case("access-control-request-headers") => {
                read += value.len();
                let names = if read <= MAX_REQUESTED_HEADERS { names(value) } else { None };
                request.headers = request.headers.take().zip(names).map(|(mut all, names)| {
                    all.extend(names);
                    all
                });
            }
            _ => {}
        });
        request
    }
}

/// The names in a list, in lower case; `None` if one is invalid.
fn names(list: &[u8]) -> Option<Vec<String>> {
    let entries = list.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|entry| !entry.is_empty());
    let names = entries.map(|entry| HeaderName::from_bytes(entry).ok());
    names.map(|name| Some(String::from(name?.as_str()))).collect()
}

/// The response body for a preflight that is not allowed.
pub(crate) fn disallowed_text(disallowed: &[&str]) -> String {
    format!("Disallowed CORS: {}", disallowed.join(", "))
}

#[cfg(test)]
mod tests;
