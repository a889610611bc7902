//! `[cors]`, compiled.

use alloc::string::String;
use alloc::vec::Vec;

use http::HeaderValue;

/// `[cors]`, compiled.
#[derive(Debug)]
pub(crate) struct Cors {
    /// Sorted; `None` for any.
    pub(crate) origins: Option<Vec<(String, HeaderValue)>>,
    /// Upper case; `None` for any.
    pub(crate) methods: Option<Vec<String>>,
    /// Lower case; `None` for any.
    pub(crate) headers: Option<Vec<String>>,
    pub(crate) allow_methods: HeaderValue,
    pub(crate) allow_headers: HeaderValue,
    pub(crate) max_age: HeaderValue,
    pub(crate) credentials: bool,
    pub(crate) expose: Option<HeaderValue>,
    /// `expose`, and the headers that a script requires to read a rejection of gRPC-Web.
    pub(crate) expose_grpc: HeaderValue,
}

/// The result of matching the origin of a request. `Copy`, so that a ticket can hold it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Origin {
    /// CORS is off.
    #[default]
    Off,
    /// Not allowed, or the request has no `Origin`.
    Other,
    /// Any is allowed.
    Any,
    /// Allowed by the entry of the list with this index.
    Listed(u16),
}
