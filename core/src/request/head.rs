//! The head of a request, borrowed from whatever framework parsed it.

use core::fmt;
use core::net::IpAddr;

use crate::body::coding::Codings;
use crate::config::policy::PolicyHandle;
use crate::request::facts::{NetworkFacts, NoFacts};
use crate::text::is_name;
use crate::verdict::Ticket;

const NO_PEER: &str = "set `Head::peer`, or put an `IpAddr` into the extensions";

/// The other end of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// The remote address of the connection.
    Address(IpAddr),
    /// A connection without an address, such as a Unix socket.
    Unix,
    /// The framework supplied no peer. The text is the advice for the developer.
    Missing(&'static str),
}

/// Header lines in wire order. Names may be in any case.
pub trait HeaderFields: Sync {
    /// Call `visit` with every line; a repeated header is visited once per line.
    fn for_each<'h>(&'h self, visit: &mut dyn FnMut(&'h str, &'h [u8]));
}

impl HeaderFields for http::HeaderMap {
    fn for_each<'h>(&'h self, visit: &mut dyn FnMut(&'h str, &'h [u8])) {
        for (name, value) in self {
            visit(name.as_str(), value.as_bytes());
        }
    }
}

/// Pairs of name and value, for callers without a header map.
impl<N: AsRef<str> + Sync, V: AsRef<[u8]> + Sync> HeaderFields for alloc::vec::Vec<(N, V)> {
    fn for_each<'h>(&'h self, visit: &mut dyn FnMut(&'h str, &'h [u8])) {
        for (name, value) in self {
            visit(name.as_ref(), value.as_ref());
        }
    }
}

/// The head of a request: the input of the engine before the body.
///
/// ```
/// use portcullis_core::{Head, Peer};
///
/// let (parts, ()) = http::Request::get("/search?q=rust").body(()).unwrap().into_parts();
/// let head = Head::from(&parts).peer(Peer::Address([192, 0, 2, 7].into()));
/// assert_eq!(head.query, Some("q=rust"));
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Head<'r> {
    /// The method, in upper case as on the wire.
    pub method: &'r str,
    /// The path as on the wire, still percent-encoded.
    pub path: &'r str,
    /// The query as on the wire, without the question mark.
    pub query: Option<&'r str>,
    /// The header lines.
    pub headers: &'r (dyn HeaderFields + 'r),
    /// The other end of the connection.
    pub peer: Peer,
    /// The authority of the request target: absolute-form, or `:authority` of HTTP/2.
    pub authority: Option<&'r str>,
    /// Whether the connection itself is TLS.
    pub tls: bool,
    /// Whether a body follows.
    pub has_body: bool,
    /// The policy of the matched route. `None` selects the `[[route]]` with the pattern [`Head::route`]; without one,
    /// only the global configuration applies.
    pub policy: Option<PolicyHandle>,
    /// The pattern of the matched route, in the notation of the framework: `/users/{id}`.
    pub route: Option<&'r str>,
    /// The principal, if the application already authenticated the request. A rate key may use it.
    pub principal: Option<&'r str>,
    /// The facts about addresses.
    pub facts: &'r (dyn NetworkFacts + 'r),
    /// Whether this request may produce informational events; denials and findings always do. Drivers sample with it.
    pub sample_info_events: bool,
    /// The extensions of the request, for verifiers and hooks.
    pub extensions: Option<&'r http::Extensions>,
    /// The ticket of the outer guard, if the request has passed one on its way to this route: only what the policy adds is
    /// checked, and nothing that the outer guard counted is counted again.
    pub outer: Option<&'r Ticket>,
}

/// Names the fields that a setter replaces.
macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $kind:ty;)*) => {$(
        $(#[$doc])*
        #[must_use]
        #[inline]
        pub fn $name(mut self, $name: $kind) -> Self {
            self.$name = $name;
            self
        }
    )*};
    (optional $($(#[$doc:meta])* $name:ident: $kind:ty;)*) => {$(
        $(#[$doc])*
        #[must_use]
        #[inline]
        pub fn $name(mut self, $name: impl Into<Option<$kind>>) -> Self {
            self.$name = $name.into();
            self
        }
    )*};
}

impl<'r> Head<'r> {
    /// A head without query, body and peer; the setters add them.
    ///
    /// ```
    /// use portcullis_core::{Head, Peer};
    ///
    /// let headers = vec![("host", "shop.example")];
    /// let head = Head::new("GET", "/search", &headers).query("q=rust").peer(Peer::Address([192, 0, 2, 7].into()));
    /// assert!(!head.has_body);
    /// ```
    #[must_use]
    #[inline]
    pub fn new(method: &'r str, path: &'r str, headers: &'r (dyn HeaderFields + 'r)) -> Self {
        Self {
            method,
            path,
            query: None,
            headers,
            peer: Peer::Missing(NO_PEER),
            authority: None,
            tls: false,
            has_body: false,
            policy: None,
            route: None,
            principal: None,
            facts: &NoFacts,
            sample_info_events: false,
            extensions: None,
            outer: None,
        }
    }

    setters! {
        /// Set [`Head::method`].
        method: &'r str;
        /// Set [`Head::path`].
        path: &'r str;
        /// Set [`Head::headers`].
        headers: &'r (dyn HeaderFields + 'r);
        /// Set [`Head::peer`].
        peer: Peer;
        /// Set [`Head::tls`].
        tls: bool;
        /// Set [`Head::has_body`].
        has_body: bool;
        /// Set [`Head::facts`].
        facts: &'r (dyn NetworkFacts + 'r);
        /// Set [`Head::sample_info_events`].
        sample_info_events: bool;
    }

    setters! {
        optional
        /// Set [`Head::query`].
        query: &'r str;
        /// Set [`Head::authority`].
        authority: &'r str;
        /// Set [`Head::policy`].
        policy: PolicyHandle;
        /// Set [`Head::route`].
        route: &'r str;
        /// Set [`Head::principal`].
        principal: &'r str;
        /// Set [`Head::extensions`].
        extensions: &'r http::Extensions;
        /// Set [`Head::outer`].
        outer: &'r Ticket;
    }
}

impl<'r> From<&'r http::request::Parts> for Head<'r> {
    /// Borrow from `parts`. The peer is taken from an [`IpAddr`] or [`core::net::SocketAddr`] in its extensions.
    fn from(parts: &'r http::request::Parts) -> Self {
        let address = parts.extensions.get::<IpAddr>().copied();
        let address = address
            .or_else(|| parts.extensions.get::<core::net::SocketAddr>().map(core::net::SocketAddr::ip));
        Self::new(parts.method.as_str(), parts.uri.path(), &parts.headers)
            .query(parts.uri.query())
            .authority(parts.uri.authority().map(http::uri::Authority::as_str))
            .peer(address.map_or(Peer::Missing(NO_PEER), Peer::Address))
            .has_body(declares_body(&parts.headers))
            .policy(parts.extensions.get::<PolicyHandle>().copied())
            .extensions(&parts.extensions)
    }
}

/// RFC 9112 section 6: `Content-Length` or `Transfer-Encoding` signals the body of a request.
fn declares_body(headers: &http::HeaderMap) -> bool {
    let length = headers.get(http::header::CONTENT_LENGTH);
    headers.contains_key(http::header::TRANSFER_ENCODING)
        || length.is_some_and(|length| length.as_bytes() != b"0")
}

impl fmt::Debug for Head<'_> {
    /// Without header values: they may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("method", &self.method)
            .field("peer", &self.peer)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// The headers that checks read by name, collected in one pass.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommonHeaders<'r> {
    pub(crate) user_agent: Option<&'r [u8]>,
    pub(crate) accept: HeaderValues<'r>,
    pub(crate) host: HeaderValues<'r>,
    pub(crate) origin: HeaderValues<'r>,
    pub(crate) content_type: HeaderValues<'r>,
    pub(crate) content_length: HeaderValues<'r>,
    pub(crate) content_encoding: Codings,
    pub(crate) transfer_encoding: HeaderValues<'r>,
    /// A CORS preflight that the guard replies to: `OPTIONS` with `Origin` and `Access-Control-Request-Method` (Fetch
    /// standard, section 4.9), if `cors.enabled` is set.
    pub(crate) preflight: bool,
}

/// The first line of a header, whether it is repeated, and whether a repetition differs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HeaderValues<'r> {
    pub(crate) first: Option<&'r [u8]>,
    pub(crate) repeated: bool,
    pub(crate) conflict: bool,
}

impl<'r> HeaderValues<'r> {
    /// The lines of one header, trimmed; empty lines are ignored.
    pub(crate) fn of(headers: &'r (dyn HeaderFields + 'r), name: &str) -> Self {
        let mut lines = Self::default();
        headers.for_each(&mut |line, value| {
            let value = value.trim_ascii();
            if line.eq_ignore_ascii_case(name) && !value.is_empty() {
                lines.add(value);
            }
        });
        lines
    }

    pub(crate) fn add(&mut self, value: &'r [u8]) {
        match self.first {
            None => self.first = Some(value),
            Some(first) => {
                self.repeated = true;
                self.conflict |= first != value;
            }
        }
    }
}

impl<'r> CommonHeaders<'r> {
    pub(crate) fn of(method: &str, headers: &'r (dyn HeaderFields + 'r)) -> Self {
        let mut known = Self::default();
        let mut has_request_method = false;
        headers.for_each(&mut |name, value| match name.len() {
            4 if is_name(name.as_bytes(), "host") => known.host.add(value),
            6 if is_name(name.as_bytes(), "accept") => known.accept.add(value),
            6 if is_name(name.as_bytes(), "origin") => known.origin.add(value),
            10 if is_name(name.as_bytes(), "user-agent") => known.user_agent = Some(value),
            12 if is_name(name.as_bytes(), "content-type") => known.content_type.add(value),
            14 if is_name(name.as_bytes(), "content-length") => known.content_length.add(value),
            16 if is_name(name.as_bytes(), "content-encoding") => known.content_encoding.add(value),
            17 if is_name(name.as_bytes(), "transfer-encoding") => known.transfer_encoding.add(value),
            29 if is_name(name.as_bytes(), "access-control-request-method") => has_request_method = true,
            _ => {}
        });
        known.preflight = method == "OPTIONS" && known.origin.first.is_some() && has_request_method;
        known
    }
}
