//! From `required_headers` to [`HeaderRequirements`].

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use http::HeaderName;

use super::limits::PolicyPath;
use crate::config::ConfigErrors;
use crate::config::policy::RequiredHeader;
use crate::rules::headers::{HeaderRequirement, HeaderRequirements};

impl HeaderRequirements {
    pub(crate) fn compile(
        headers: &BTreeMap<String, RequiredHeader>,
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
            }
            let value = match value {
                RequiredHeader::Present => None,
                RequiredHeader::Value(value) => {
                    check_value(value, &field_path.of(&format!("required_headers.{name}")), errors);
                    Some(value.clone())
                }
            };
            required.push(HeaderRequirement { name: name.clone(), value });
        }
        Self(required)
    }
}

fn check_value(value: &str, path: &str, errors: &mut ConfigErrors) {
    match value.trim() {
        "" => errors.push(path, "is required to be empty; write a value, or `true` for any"),
        // The Guard family's word for any value.
        "required" => errors.push(path, "would require the value `required`; write `true` for any value"),
        _ => {}
    }
}
