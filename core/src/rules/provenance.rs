//! The link from events to dynamic rules: enriched events contain the id of the document that caused them.

use alloc::string::String;
use alloc::vec::Vec;

use crate::config::Country;
use crate::event::{Event, EventKind};
use crate::net::IpSet;

/// A document in force, reduced to the fields that are compared with events.
#[derive(Debug)]
pub(crate) struct RuleProvenance {
    pub(crate) rule_id: String,
    pub(crate) version: i64,
    pub(crate) addresses: IpSet,
    pub(crate) countries: Vec<Country>,
    pub(crate) limits: bool,
    pub(crate) clouds: bool,
    pub(crate) agents: bool,
}

impl RuleProvenance {
    /// Whether the document may have caused `event`.
    pub(crate) fn explains(&self, event: &Event) -> bool {
        let by_kind = match event.kind {
            EventKind::RateLimited => self.limits,
            EventKind::CloudBlocked => self.clouds,
            EventKind::UserAgentBlocked => self.agents,
            _ => false,
        };
        by_kind
            || event.address.is_some_and(|address| self.addresses.contains(address))
            || event.country.is_some_and(|country| self.countries.contains(&country))
    }
}
