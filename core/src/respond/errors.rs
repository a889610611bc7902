//! What a refused client reads.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use http::{HeaderName, HeaderValue};

use crate::config::{ConfigErrors, Errors};

/// Compiled `[errors]`.
#[derive(Debug)]
pub(crate) struct ErrorBodies {
    bodies: BTreeMap<u16, String>,
    pub(crate) content_type: HeaderValue,
    pub(crate) reference_header: Option<HeaderName>,
}

impl ErrorBodies {
    pub(crate) fn compile(config: &Errors, errors: &mut ConfigErrors) -> Self {
        let mut bodies = BTreeMap::new();
        for (status, body) in &config.bodies {
            match status.parse::<u16>() {
                Ok(status @ 400..=599) => drop(bodies.insert(status, body.clone())),
                _ => errors.push(format!("errors.bodies.{status}"), "is not a status of 400 to 599"),
            }
        }
        let content_type = HeaderValue::from_str(&config.content_type).unwrap_or_else(|_| {
            errors.push("errors.content_type", "is not a header value");
            HeaderValue::from_static("text/plain")
        });
        let reference_header = config.reference_header.as_ref().and_then(|name| {
            let header = HeaderName::try_from(name.as_str()).ok();
            if header.is_none() {
                errors.push("errors.reference_header", format!("`{name}` is not a header name"));
            }
            header
        });
        Self { bodies, content_type, reference_header }
    }

    /// The body for `status`: the configured one, or `built_in`.
    pub(crate) fn body(&self, status: u16, built_in: &str) -> String {
        self.bodies.get(&status).map_or(built_in, String::as_str).into()
    }
}
