//! From `required_headers` to [`HeaderRequirements`].

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use http::HeaderName;

use super::limits::PolicyPath;
use crate::config::ConfigErrors;
use crate::rules::headers::{HeaderRequirement, HeaderRequirements};

/// The value that allows any.
const ANY: &str = "required";

impl HeaderRequirements {
    pub(crate) fn compile(
        headers: &BTreeMap<String, String>,
        field_path: &PolicyPath<'_>,
        errors: &mut ConfigErrors,
    ) -> Self {
        let mut required: Vec<HeaderRequirement> = Vec::new();
        for (name, value) in headers {
            let path = field_path.of(&format!("required_headers.{name}"));
            if HeaderName::try_from(name.as_str()).is_err() {
                errors.push(path, "is not a header name");
            } else if required.iter().any(|other| other.name.eq_ignore_ascii_case(name)) {
                errors.push(path, "is required twice; names are compared in any case");
            } else if value.trim().is_empty() {
                errors.push(path, "is required to be empty; write a value, or `required` for any");
            }
            let value = Some(value.clone()).filter(|value| value != ANY);
            required.push(HeaderRequirement { name: name.clone(), value });
        }
        Self(required)
    }
}
