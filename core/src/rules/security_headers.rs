//! Security headers, compiled: ready to insert into a response.

use alloc::vec::Vec;

use http::{HeaderName, HeaderValue};

/// Names and values, HSTS last.
#[derive(Debug, Default)]
pub(crate) struct SecurityHeaders {
    pub(crate) all: Vec<(HeaderName, HeaderValue)>,
    /// How many of `all` are set on responses over plain HTTP: RFC 6797 section 7.2 forbids HSTS there.
    pub(crate) plain: usize,
}

impl SecurityHeaders {
    /// The headers of a response to a request that came over HTTPS, or not.
    pub(crate) fn of(&self, secure: bool) -> &[(HeaderName, HeaderValue)] {
        if secure { &self.all } else { &self.all[..self.plain] }
    }
}
