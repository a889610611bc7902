//! The hosts of the service and its scheme, compiled.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::Ipv6Addr;

use crate::host::Host;

/// Hosts and scheme, compiled.
#[derive(Debug, Default)]
pub(crate) struct SiteRules {
    pub(crate) hosts: Vec<HostPattern>,
    pub(crate) https: bool,
    pub(crate) port: Option<u16>,
    pub(crate) any_host: bool,
}

/// A host, or a set of hosts, that the service serves.
#[derive(Debug)]
pub(crate) enum HostPattern {
    Name(String),
    /// Every subdomain of this domain.
    Below(String),
    V6(Ipv6Addr),
}

impl SiteRules {
    pub(crate) fn serves(&self, host: Host<'_>) -> bool {
        self.hosts.iter().any(|served| match served {
            HostPattern::Name(name) => host == Host::Name(name),
            HostPattern::Below(domain) => host.is_below(domain),
            HostPattern::V6(address) => host == Host::V6(*address),
        })
    }
}
