//! Lists of addresses, compiled: those of the configuration, or those of a policy.

use crate::net::IpSet;

/// Compiled lists.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    pub(crate) allow: IpSet,
    pub(crate) deny: IpSet,
    pub(crate) exempt: IpSet,
}

impl Lists {
    /// Whether the lists have no entry.
    pub(crate) const fn is_empty(&self) -> bool {
        self.allow.is_empty() && self.deny.is_empty() && self.exempt.is_empty()
    }
}
