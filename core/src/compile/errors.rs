//! From `[errors]` to [`ErrorBodies`].

use alloc::collections::BTreeMap;
use alloc::format;

use http::HeaderValue;

use super::security_headers::shared;
use crate::config::{ConfigErrors, Errors};
use crate::rules::errors::ErrorBodies;

impl ErrorBodies {
    pub(crate) fn compile(config: &Errors, errors: &mut ConfigErrors) -> Self {
        let mut bodies = BTreeMap::new();
        for (status, body) in &config.bodies {
            match status.parse::<u16>() {
                Ok(status @ 400..=599) => drop(bodies.insert(status, body.clone())),
                _ => errors.push(format!("errors.bodies.{status}"), "is not a status of 400 to 599"),
            }
        }
        let content_type = shared(&config.content_type).unwrap_or_else(|| {
            errors.push("errors.content_type", "is not a header value");
            HeaderValue::from_static("text/plain")
        });
        let reference_header = config.reference_header.clone();
        Self { bodies, content_type, format: config.format, reference_header }
    }
}
