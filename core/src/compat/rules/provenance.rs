//! The link from events to dynamic rules: enriched events contain the id of the document that caused them.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::RuleDocument;
use super::overlay::{networks, parsed};
use crate::config::Country;
use crate::engine::Engine;
use crate::event::{Event, EventKind};
use crate::net::IpSet;

/// A document in force, reduced to what events are compared with.
#[derive(Debug)]
pub(crate) struct RuleProvenance {
    rule_id: String,
    version: i64,
    addresses: IpSet,
    countries: Vec<Country>,
    limits: bool,
    clouds: bool,
    agents: bool,
}

impl RuleProvenance {
    fn of(document: &RuleDocument) -> Self {
        // `overlay` has already reported invalid entries.
        let ignored = &mut Vec::new();
        let lists = [&document.ip_blacklist, &document.ip_whitelist];
        Self {
            rule_id: document.rule_id.clone(),
            version: document.version,
            addresses: lists.into_iter().flat_map(|list| networks(list, "", ignored)).collect(),
            countries: parsed(&document.blocked_countries, "", ignored),
            limits: document.global_rate_limit.is_some() || !document.endpoint_rate_limits.is_empty(),
            clouds: !document.blocked_cloud_providers.is_empty(),
            agents: !document.blocked_user_agents.is_empty(),
        }
    }

    fn explains(&self, event: &Event) -> bool {
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

impl Engine {
    /// This engine, compiled from a configuration with the rules of `document`.
    #[must_use]
    pub fn with_rules(mut self, document: Option<&RuleDocument>) -> Self {
        self.trace = document.map(|document| Arc::new(RuleProvenance::of(document)));
        self
    }

    /// Id and version of the dynamic rules in force, if they explain `event`: its address or country is listed by them,
    /// or it is a rejection by a limit, a cloud provider or a user agent, and they set some.
    #[must_use]
    pub fn rule_for(&self, event: &Event) -> Option<(&str, i64)> {
        let trace = self.trace.as_deref().filter(|trace| trace.explains(event))?;
        Some((&trace.rule_id, trace.version))
    }
}
