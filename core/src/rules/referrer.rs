//! Domains that a policy accepts in `Referer`, compiled.

use alloc::string::String;
use alloc::vec::Vec;

use crate::host::Host;

/// Domains, compiled: lower case, without the trailing dot of the root.
#[derive(Debug, Default)]
pub(crate) struct Referrers(pub(crate) Vec<String>);

impl Referrers {
    pub(crate) fn allow(&self, host: Host<'_>) -> bool {
        let is = |domain: &String| Host::parse(domain) == Some(host) || host.is_below(domain);
        self.0.iter().any(is)
    }
}
