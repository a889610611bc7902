//! Which events dynamic rules account for: enriched events name the document behind them.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::RuleDocument;
use super::overlay::{networks, parsed};
use crate::config::Country;
use crate::engine::Engine;
use crate::event::{Event, EventKind};
use crate::net::IpSet;

/// A document in force, as far as events tell of it.
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
        // What is wrong with an entry was said when the document came.
        let said = &mut Vec::new();
        let lists = [&document.ip_blacklist, &document.ip_whitelist];
        Self {
            rule_id: document.rule_id.clone(),
            version: document.version,
            addresses: lists.into_iter().flat_map(|list| networks(list, "", said)).collect(),
            countries: parsed(&document.blocked_countries, "", said),
            limits: document.global_rate_limit.is_some() || !document.endpoint_rate_limits.is_empty(),
            clouds: !document.blocked_cloud_providers.is_empty(),
            agents: !document.blocked_user_agents.is_empty(),
        }
    }

    fn accounts_for(&self, event: &Event) -> bool {
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
    /// This engine, whose configuration is under `document`.
    #[must_use]
    pub fn under(mut self, document: Option<&RuleDocument>) -> Self {
        self.trace = document.map(|document| Arc::new(RuleProvenance::of(document)));
        self
    }

    /// Id and version of the dynamic rules in force, where they account for `event`: it is about an address or country that
    /// they list, or a refusal by a limit, a cloud or a user agent, of which they set some.
    #[must_use]
    pub fn rule_for(&self, event: &Event) -> Option<(&str, i64)> {
        let trace = self.trace.as_deref().filter(|trace| trace.accounts_for(event))?;
        Some((&trace.rule_id, trace.version))
    }
}
