//! `[errors]`, compiled: the bodies that the operator set for statuses, and the format of all others.

use alloc::collections::BTreeMap;
use alloc::string::String;

use http::{HeaderName, HeaderValue};

use crate::config::ErrorFormat;

/// Error bodies and their format.
#[derive(Debug)]
pub(crate) struct ErrorBodies {
    pub(crate) bodies: BTreeMap<u16, String>,
    pub(crate) content_type: HeaderValue,
    pub(crate) format: ErrorFormat,
    pub(crate) reference_header: Option<HeaderName>,
}
