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
    /// `expose` and what a script needs to read a refusal of gRPC-Web.
    pub(crate) expose_grpc: HeaderValue,
}

/// What the rules say about the origin of one request. `Copy`, so that a ticket can carry it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Origin {
    /// There are no rules.
    #[default]
    Off,
    /// Not allowed, or not said.
    Other,
    /// Any is allowed.
    Any,
    /// Allowed, by this entry of the list.
    Listed(u16),
}
