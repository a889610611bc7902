//! The rules in force: which document is new, how it applies, and when it ends.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use super::RuleDocument;
use super::overlay::{networks, overlay, term};
use crate::config::{Config, ConfigErrors};
use crate::event::EVENT_TEXT;
use crate::event::{Event, EventKind, MetaValue};
use crate::net::Cidr;
use crate::state::Op;
use crate::text::printable;
use crate::time::Timestamp;

/// Entries of the list in an event about the emergency mode.
const MAX_SHOWN: usize = 10;

/// The base configuration and the rules on top of it.
///
/// A caller that may fail to apply the returned configuration works on a clone, and replaces the original only on
/// success.
#[derive(Clone, Debug)]
pub struct DynamicRules {
    base: Config,
    latest: Option<RuleDocument>,
    /// Whether the latest rules have not ended.
    in_force: bool,
    /// The last document that had ended before it arrived.
    last_expired: Option<(String, i64)>,
}

/// The outcome of a document.
#[derive(Debug)]
pub enum DocumentOutcome {
    /// It is ignored.
    Ignore(IgnoreReason),
    /// It is applied.
    Apply(Box<DocumentEffects>),
}

/// Why a document is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IgnoreReason {
    /// Its version, or a later one, was applied before.
    Known,
    /// It ended before it arrived.
    Expiry {
        /// Whether the same document was reported as ended before.
        reported: bool,
    },
}

/// The effects of a document.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DocumentEffects {
    /// The configuration with its rules.
    pub config: Config,
    /// Commands for the store, to be sent once.
    pub commands: Vec<StoreCommand>,
    /// The events to report.
    pub events: Vec<Event>,
    /// Dropped entries, with the reason.
    pub warnings: Vec<String>,
}

/// A command for the store.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoreCommand {
    /// The operation.
    pub op: Op,
    /// The event to report once it is done, unless muted.
    pub done: Option<Event>,
}

impl DynamicRules {
    /// No rules on top of `base`.
    #[must_use]
    pub const fn new(base: Config) -> Self {
        Self { base, latest: None, in_force: false, last_expired: None }
    }

    /// The configuration without rules.
    #[must_use]
    pub const fn base(&self) -> &Config {
        &self.base
    }

    /// The rules in force.
    #[must_use]
    pub fn current(&self) -> Option<&RuleDocument> {
        self.latest.as_ref().filter(|_| self.in_force)
    }

    /// When the rules in force end.
    #[must_use]
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.current()?.expires_at
    }

    /// Evaluate a document and apply it if it is new.
    ///
    /// # Errors
    /// The resulting configuration does not compile; nothing has changed.
    pub fn receive(
        &mut self,
        document: &RuleDocument,
        now: Timestamp,
    ) -> Result<DocumentOutcome, ConfigErrors> {
        let known = self.latest.as_ref().filter(|latest| latest.rule_id == document.rule_id);
        if known.is_some_and(|latest| document.version <= latest.version) {
            return Ok(DocumentOutcome::Ignore(IgnoreReason::Known));
        }
        if document.expires_at.is_some_and(|end| end <= now) {
            let identity = (document.rule_id.clone(), document.version);
            let reported = self.last_expired.as_ref() == Some(&identity);
            self.last_expired = Some(identity);
            return Ok(DocumentOutcome::Ignore(IgnoreReason::Expiry { reported }));
        }
        let mut warnings = Vec::new();
        let config = overlay(&self.base, document, &mut warnings);
        let engine = config.clone().compile()?;
        let commands =
            commands(&config, document, &mut warnings, &|network| engine.may_ban(network.network()));
        let previous = self.latest.as_ref().map(|latest| latest.version);
        let events = events(&config, document, previous);
        self.latest = Some(document.clone());
        self.in_force = true;
        Ok(DocumentOutcome::Apply(Box::new(DocumentEffects { config, commands, events, warnings })))
    }

    /// End the rules if their end is reached by `now`, and return the base. Bans are kept.
    pub fn expire(&mut self, now: Timestamp) -> Option<Config> {
        if self.ends_at()? > now {
            return None;
        }
        self.in_force = false;
        Some(self.base.clone())
    }

    /// The configuration of the rules in force on top of another base. Bans are not repeated.
    ///
    /// # Errors
    /// The resulting configuration does not compile; nothing has changed.
    pub fn rebase(&mut self, base: Config) -> Result<Config, ConfigErrors> {
        let config = match self.current() {
            Some(document) => overlay(&base, document, &mut Vec::new()),
            None => base.clone(),
        };
        config.clone().compile()?;
        self.base = base;
        Ok(config)
    }
}

fn commands(
    config: &Config,
    document: &RuleDocument,
    warnings: &mut Vec<String>,
    may_ban: &dyn Fn(Cidr) -> bool,
) -> Vec<StoreCommand> {
    let mut commands = Vec::new();
    let duration = term(document.ip_ban_duration);
    if duration.is_none() && !document.ip_blacklist.is_empty() {
        warnings.push(format!(
            "`ip_ban_duration`: {} is out of range; write 1 to 31622400 seconds",
            document.ip_ban_duration
        ));
    }
    for target in networks(&document.ip_blacklist, "ip_blacklist", warnings) {
        let Some(duration) = duration else { break };
        if !may_ban(target) {
            let problem = "contains the loopback or a trusted proxy, which are never banned";
            warnings.push(format!("`ip_blacklist`: `{target}` {problem}"));
            continue;
        }
        let mut done = Event::new(EventKind::IpBanned, "banned", "ip_ban", "dynamic_rule".into());
        done.address = address(target);
        done.metadata = Vec::from([("duration", duration.as_secs().into())]);
        add_network(&mut done, target);
        let op = Op::Ban { target: target.network(), term: duration };
        commands.push(StoreCommand { op, done: unless_muted(config, done) });
    }
    for target in networks(&document.ip_whitelist, "ip_whitelist", warnings) {
        let mut done =
            Event::new(EventKind::IpUnbanned, "unbanned", "ip_ban", "dynamic_rule_whitelist".into());
        done.address = address(target);
        done.metadata = Vec::from([("action", "unban".into())]);
        add_network(&mut done, target);
        commands.push(StoreCommand {
            op: Op::Unban { target: target.network() },
            done: unless_muted(config, done),
        });
    }
    commands
}

/// The address, if the network has only one.
fn address(target: Cidr) -> Option<IpAddr> {
    let network = target.network();
    (network.prefix_len() == network.max_prefix_len()).then(|| network.addr())
}

/// The envelope has no field for a network of several addresses.
fn add_network(event: &mut Event, target: Cidr) {
    if event.address.is_none() {
        event.metadata.push(("network", target.to_string().into()));
    }
}

fn events(config: &Config, document: &RuleDocument, previous: Option<i64>) -> Vec<Event> {
    let identity = |event: &mut Event| {
        event.metadata.push(("rule_id", document.rule_id.clone().into()));
        event.metadata.push(("version", MetaValue::Number(document.version)));
    };
    let rules = format!("rules {} v{}", printable(document.rule_id.as_bytes(), EVENT_TEXT), document.version);
    let reason = format!("Received updated {rules}");
    let mut updated = Event::new(EventKind::DynamicRuleUpdated, "rules_received", HANDLER, reason);
    identity(&mut updated);
    updated.metadata.push(("previous_version", MetaValue::Number(previous.unwrap_or(0))));
    let reason = format!("Applied dynamic {rules}");
    let mut applied = Event::new(EventKind::DynamicRuleApplied, "rules_updated", HANDLER, reason);
    identity(&mut applied);
    applied.metadata.extend([
        ("ip_bans", MetaValue::from(document.ip_blacklist.len() as u64)),
        ("country_blocks", MetaValue::from(document.blocked_countries.len() as u64)),
        ("emergency_mode", MetaValue::from(document.emergency_mode)),
    ]);
    let lockdown = document.emergency_mode.then(|| {
        let reason = String::from("[EMERGENCY MODE] activated via dynamic rules");
        let mut event = Event::new(EventKind::EmergencyModeActivated, "emergency_lockdown", HANDLER, reason);
        let allowed = &document.emergency_whitelist;
        let sample: Vec<String> = allowed.iter().take(MAX_SHOWN).cloned().collect();
        event.metadata =
            Vec::from([("whitelist_count", (allowed.len() as u64).into()), ("whitelist", sample.into())]);
        event
    });
    [Some(updated), lockdown, Some(applied)]
        .into_iter()
        .flatten()
        .filter_map(|event| unless_muted(config, event))
        .collect()
}

const HANDLER: &str = "dynamic_rules";

/// The event, unless the configuration mutes it.
fn unless_muted(config: &Config, event: Event) -> Option<Event> {
    let muted = config.events.muted.contains(&event.kind);
    (config.events.enabled && !muted).then_some(event)
}
