//! The configuration of a guard inside another.
//!
//! The outer guard performs the global checks and counts for the global limits. The inner one applies its policy, and keeps the
//! settings that determine how: bans, report-only mode, the bodies of rejections, the inspection of bodies. Whether the client is
//! allowlisted or exempt comes from the ticket of the outer guard.

use crate::config::{Access, Behaviour, Config, Detect, Emergency, Trap};

/// The part of `config` that an inner guard uses.
pub(super) fn config(config: &Config) -> Config {
    let mut nested = config.clone();
    nested.exclude_paths.clear();
    nested.strict_routes = false;
    nested.emergency = Emergency::default();
    nested.access = Access { on_missing_facts: config.access.on_missing_facts, ..Access::default() };
    nested.site.https = false;
    nested.trap = Trap::default();
    nested.rate.limit = None;
    nested.cors.preflight_limit = None;
    nested.rate.endpoint.clear();
    nested.behaviour = Behaviour::default();
    // The compiled settings of detection are shared.
    nested.detect = Detect::default();
    nested.body.max = None;
    nested.hooks.before.clear();
    nested.hooks.after.clear();
    nested.route.clear();
    nested
}
