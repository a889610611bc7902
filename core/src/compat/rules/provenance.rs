//! The entries of a dynamic rule document by which events are attributed to it.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::RuleDocument;
use super::overlay::{networks, parsed};
use crate::engine::Engine;
use crate::rules::provenance::RuleProvenance;

fn provenance(document: &RuleDocument) -> RuleProvenance {
    // `overlay` has already reported invalid entries.
    let ignored = &mut Vec::new();
    let lists = [&document.ip_blacklist, &document.ip_whitelist];
    RuleProvenance {
        rule_id: document.rule_id.clone(),
        version: document.version,
        addresses: lists.into_iter().flat_map(|list| networks(list, "", ignored)).collect(),
        countries: parsed(&document.blocked_countries, "", ignored),
        limits: document.global_rate_limit.is_some() || !document.endpoint_rate_limits.is_empty(),
        clouds: !document.blocked_cloud_providers.is_empty(),
        agents: !document.blocked_user_agents.is_empty(),
    }
}

impl Engine {
    /// This engine, compiled from a configuration with the rules of `document`.
    #[must_use]
    pub fn with_rules(mut self, document: Option<&RuleDocument>) -> Self {
        self.provenance = document.map(|document| Arc::new(provenance(document)));
        self
    }
}
