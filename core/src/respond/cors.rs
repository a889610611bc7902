//! Cross-origin requests (Fetch standard, section 3.3): which other sites may call this one from a browser.
//!
//! One table of rules answers preflights and marks every other response, so that the two cannot disagree. An origin is
//! compared as browsers write it, byte for byte, with what the configuration lists; there are no patterns, because a
//! pattern that is a little too wide is how such lists are got around. Every response says `Vary: Origin`, also where no
//! origin is allowed: a cache that kept the one variant for the other would hand out somebody else's permission.
//!
//! `Access-Control-Allow-Private-Network` is never sent, so a page on a public site cannot reach a service on a private
//! network with it. The preflight is answered all the same: browsers that only warn would otherwise lose the rest too.

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

/// Bytes of `Access-Control-Request-Headers` that are read; a longer list is refused.
const MAX_ASKED: usize = 4096;

/// What a preflight asks for.
#[derive(Debug, Default)]
struct PreflightRequest {
    method: Option<Vec<u8>>,
    /// Lower case; `None` for a list that is too long or holds what is no name.
    pub(crate) headers: Option<Vec<String>>,
}

/// The answer to a preflight.
pub(crate) struct PreflightReply {
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// What is not allowed, of `origin`, `method` and `headers`.
    pub(crate) disallowed: Vec<&'static str>,
}

impl Cors {
    /// What the rules say about a request whose `Origin` is this.
    pub(crate) fn origin(&self, said: HeaderValues<'_>) -> Origin {
        let Some(origin) = said.first.filter(|_| !said.conflict) else { return Origin::Other };
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

    /// Who may read a response: what stands on those of the application and of the guard alike.
    pub(crate) fn readable(
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

    /// What the family repeats of the rules on responses of the application.
    pub(crate) fn rules(&self, origin: Origin) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let fields = [
            (ACCESS_CONTROL_ALLOW_METHODS, &self.allow_methods),
            (ACCESS_CONTROL_ALLOW_HEADERS, &self.allow_headers),
            (ACCESS_CONTROL_MAX_AGE, &self.max_age),
        ];
        let allowed = matches!(origin, Origin::Any | Origin::Listed(_));
        fields.map(|(name, value)| (name, value.clone())).into_iter().filter(move |_| allowed)
    }

    /// Answer a preflight: its headers, and what of it is not allowed.
    pub(crate) fn answer(&self, origin: Origin, headers: &dyn HeaderFields) -> PreflightReply {
        let asked = PreflightRequest::of(headers);
        let method = asked.method.as_deref().is_some_and(|method| self.allows_method(method));
        let fields = asked.headers.as_ref().is_some_and(|names| self.allows_headers(names));
        let judged =
            [("origin", self.allow_origin(origin).is_some()), ("method", method), ("headers", fields)];
        let disallowed = judged.into_iter().filter(|(_, allowed)| !allowed).map(|(part, _)| part).collect();
        let mut answer = PreflightReply { headers: Vec::new(), disallowed };
        let expose = ACCESS_CONTROL_EXPOSE_HEADERS;
        answer.headers.extend(self.readable(origin, false).filter(|(name, _)| *name != expose));
        answer.headers.push((ACCESS_CONTROL_ALLOW_METHODS, self.allow_methods_for(&asked)));
        answer.headers.push((ACCESS_CONTROL_MAX_AGE, self.max_age.clone()));
        // Browsers take `*` literally with credentials, and never for `Authorization`: the names that were asked for are
        // what says yes in every case.
        let names = match &self.headers {
            Some(_) => Some(self.allow_headers.clone()),
            None => asked
                .headers
                .filter(|names| !names.is_empty())
                .and_then(|names| HeaderValue::try_from(names.join(", ")).ok()),
        };
        answer.headers.extend(names.map(|names| (ACCESS_CONTROL_ALLOW_HEADERS, names)));
        answer
    }

    /// The methods that are allowed; where all are, the one that was asked for.
    fn allow_methods_for(&self, asked: &PreflightRequest) -> HeaderValue {
        let method = asked.method.as_deref().filter(|_| self.methods.is_none());
        let method = method.and_then(|method| HeaderValue::from_bytes(method).ok());
        method.unwrap_or_else(|| self.allow_methods.clone())
    }

    fn allows_method(&self, method: &[u8]) -> bool {
        match &self.methods {
            None => http::Method::from_bytes(method).is_ok(),
            // Methods are case-sensitive (RFC 9110, section 9.1), and browsers compare them so.
            Some(methods) => methods.iter().any(|known| known.as_bytes() == method),
        }
    }

    fn allows_headers(&self, names: &[String]) -> bool {
        self.headers.as_ref().is_none_or(|known| names.iter().all(|name| known.contains(name)))
    }
}

impl PreflightRequest {
    fn of(headers: &dyn HeaderFields) -> Self {
        let mut asked = Self { method: None, headers: Some(Vec::new()) };
        let mut read = 0;
        headers.for_each(&mut |line, value| match line.len() {
            29 if line.eq_ignore_ascii_case("access-control-request-method") => {
                // Two methods are none: nobody knows which of them the browser will use.
                let other = asked.method.as_deref().is_some_and(|method| method != value);
                asked.method = Some(if other { Vec::new() } else { value.into() });
            }
            30 if line.eq_ignore_ascii_case("access-control-request-headers") => {
                read += value.len();
                let names = if read <= MAX_ASKED { names(value) } else { None };
                asked.headers = asked.headers.take().zip(names).map(|(mut all, names)| {
                    all.extend(names);
                    all
                });
            }
            _ => {}
        });
        asked
    }
}

/// The names in a list, in lower case.
fn names(list: &[u8]) -> Option<Vec<String>> {
    let entries = list.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|entry| !entry.is_empty());
    let names = entries.map(|entry| HeaderName::from_bytes(entry).ok());
    names.map(|name| Some(String::from(name?.as_str()))).collect()
}

/// The body of a preflight that is not allowed.
pub(crate) fn refusal(disallowed: &[&str]) -> String {
    format!("Disallowed CORS: {}", disallowed.join(", "))
}

#[cfg(test)]
mod tests;
