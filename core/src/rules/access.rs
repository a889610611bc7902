//! Lists of addresses, compiled: those of the configuration, or those of a policy.

use crate::net::IpSet;

/// Compiled lists.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    pub(crate) allow: IpSet,
    pub(crate) deny: IpSet,
    pub(crate) exempt: IpSet,
}
