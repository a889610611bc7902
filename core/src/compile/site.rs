//! From `[site]` to [`SiteRules`].

use alloc::format;
use alloc::vec::Vec;

use super::limits::PolicyPath;
use crate::config::policy::RoutePolicy;
use crate::config::{ConfigErrors, Site};
use crate::host::Host;
use crate::rules::site::{HostPattern, SiteRules};

const NO_HOSTS: &str = "needs `site.hosts`, because a redirect names the host that was asked for; list them, or set \
     `site.insecure_redirect_to_any_host`";

impl SiteRules {
    pub(crate) fn compile(site: &Site, errors: &mut ConfigErrors) -> Self {
        let mut hosts = Vec::new();
        for (index, host) in site.hosts.iter().enumerate() {
            match host_pattern(host) {
                Some(pattern) => hosts.push(pattern),
                None => errors.push(
                    format!("site.hosts[{index}]"),
                    format!("`{host}` is not a host; write `example.com`, `*.example.com` or `[::1]`, without a port"),
                ),
            }
        }
        let rules = Self {
            hosts,
            https: site.https,
            port: site.https_port,
            any_host: site.insecure_redirect_to_any_host,
        };
        if site.https && site.hosts.is_empty() && !rules.any_host {
            errors.push("site.https", NO_HOSTS);
        }
        if rules.any_host && !site.hosts.is_empty() {
            errors
                .push("site.insecure_redirect_to_any_host", "has no effect while `site.hosts` is not empty");
        }
        if site.https_port == Some(0) {
            errors.push("site.https_port", "0 is no port; write 1 to 65535, or null");
        }
        rules
    }

    /// Check that a route with `https` can be redirected.
    pub(crate) fn check_route(
        &self,
        policy: &RoutePolicy,
        field_path: &PolicyPath<'_>,
        errors: &mut ConfigErrors,
    ) {
        if policy.https && self.hosts.is_empty() && !self.any_host {
            errors.push(field_path.of("https"), NO_HOSTS);
        }
    }
}

fn host_pattern(text: &str) -> Option<HostPattern> {
    match text.strip_prefix("*.") {
        Some(domain) => match Host::parse(domain)? {
            Host::Name(domain) => Some(HostPattern::Below(domain.into())),
            Host::V6(_) => None,
        },
        None => Some(match Host::parse(text)? {
            Host::Name(name) => HostPattern::Name(name.into()),
            Host::V6(address) => HostPattern::V6(address),
        }),
    }
}
