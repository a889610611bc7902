//! The lock-down: everybody but a few is answered 503.
//!
//! It is not enforced on excluded paths, which hold what a page of apology needs. A client on the allow list of addresses
//! has no privilege here: it must stand on the list of the lock-down too, and its bans count again.

use alloc::format;

use crate::case::{Case, Objection, Refused};
use crate::event::{EventKind, MetaValue};
use crate::verdict::Check;

pub(crate) fn check(case: &mut Case<'_>) -> Result<(), Refused> {
    let emergency = &case.engine.rules.config.emergency;
    if !emergency.enabled || case.excluded {
        return Ok(());
    }
    if case.client.address.is_some_and(|address| case.engine.rules.emergency.contains(address)) {
        return Ok(());
    }
    let reason = format!("[EMERGENCY MODE] IP {} not in whitelist", case.client_name());
    let entries = u64::try_from(emergency.allow.len()).unwrap_or(u64::MAX);
    let metadata: [(_, MetaValue); 2] =
        [("emergency_whitelist_count", entries.into()), ("emergency_active", true.into())];
    let action = case.action(Check::EmergencyMode);
    case.event(EventKind::EmergencyModeBlock, action, "middleware", reason, metadata);
    let told = format!("[EMERGENCY MODE] Access denied for IP {}", case.client_name());
    let objection = Objection::new(Check::EmergencyMode, 503, "Service temporarily unavailable");
    case.object(objection.told(told))
}
