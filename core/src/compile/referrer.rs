//! From the referrers of a policy to [`Referrers`].

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::limits::PolicyPath;
use crate::config::ConfigErrors;
use crate::host::Authority;
use crate::rules::referrer::Referrers;

impl Referrers {
    pub(crate) fn compile(
        domains: &[String],
        field_path: &PolicyPath<'_>,
        errors: &mut ConfigErrors,
    ) -> Self {
        let mut compiled = Vec::new();
        for (index, domain) in domains.iter().enumerate() {
            let url = Authority::of_url(domain.as_bytes());
            let authority = domain.split('/').next().unwrap_or_default();
            match url.or_else(|| Authority::parse(authority.as_bytes())) {
                Some(authority) => compiled.push(authority.host.to_string()),
                None => errors.push(
                    field_path.of(&format!("referrers[{index}]")),
                    format!("`{domain}` names no host; write `example.com`"),
                ),
            }
        }
        Self(compiled)
    }
}
