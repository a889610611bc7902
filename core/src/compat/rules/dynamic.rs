//! Which rules are in force: what is news, what is laid over what, and when it ends.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use super::RuleDocument;
use super::overlay::{networks, overlay, term};
use crate::config::{Config, ConfigErrors};
use crate::event::{Event, EventKind, MetaValue};
use crate::net::Cidr;
use crate::request::context::EVENT_TEXT;
use crate::state::Op;
use crate::text::printable;
use crate::time::Timestamp;

/// Entries of the list in an event about a lock-down.
const SHOWN: usize = 10;

/// The base configuration and the rules that lie over it.
///
/// A caller that may yet fail to put what it returns into force works on a clone, and keeps that one when it has not failed.
#[derive(Clone, Debug)]
pub struct DynamicRules {
    base: Config,
    latest: Option<RuleDocument>,
    /// The latest rules have not ended.
    in_force: bool,
    /// The document that was found to have ended before it came.
    late: Option<(String, i64)>,
}

/// What came of a document.
#[derive(Debug)]
pub enum DocumentOutcome {
    /// Nothing.
    Ignore(IgnoreReason),
    /// It is in force.
    Apply(Box<DocumentEffects>),
}

/// Why nothing came of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IgnoreReason {
    /// Its version, or a later one, is known.
    Known,
    /// It ended before it came; `reported` when that was found before.
    Expiry {
        /// Whether it came before.
        reported: bool,
    },
}

/// What a document wants done.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DocumentEffects {
    /// The configuration under it.
    pub config: Config,
    /// What the store is to do, once.
    pub commands: Vec<StoreCommand>,
    /// What happened.
    pub events: Vec<Event>,
    /// What was dropped of it, and why.
    pub warnings: Vec<String>,
}

/// One thing that a store is to do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoreCommand {
    /// What.
    pub op: Op,
    /// What is reported once it is done, unless such events are muted.
    pub done: Option<Event>,
}

impl DynamicRules {
    /// No rules over `base`.
    #[must_use]
    pub const fn new(base: Config) -> Self {
        Self { base, latest: None, in_force: false, late: None }
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

    /// Take a document.
    ///
    /// # Errors
    /// What it makes of the configuration cannot be served; then nothing has changed.
    pub fn receive(
        &mut self,
        document: &RuleDocument,
        now: Timestamp,
    ) -> Result<DocumentOutcome, ConfigErrors> {
        let same = self.latest.as_ref().filter(|latest| latest.rule_id == document.rule_id);
        if same.is_some_and(|latest| document.version <= latest.version) {
            return Ok(DocumentOutcome::Ignore(IgnoreReason::Known));
        }
        if document.expires_at.is_some_and(|end| end <= now) {
            let identity = (document.rule_id.clone(), document.version);
            let reported = self.late.as_ref() == Some(&identity);
            self.late = Some(identity);
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

    /// The base, if the rules in force have ended by `now`: they are in force no longer. Bans stay.
    pub fn expire(&mut self, now: Timestamp) -> Option<Config> {
        if self.ends_at()? > now {
            return None;
        }
        self.in_force = false;
        Some(self.base.clone())
    }

    /// The configuration of rules in force over another base. Nothing is banned again.
    ///
    /// # Errors
    /// What they make of it cannot be served; then nothing has changed.
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
    let length = term(document.ip_ban_duration);
    if length.is_none() && !document.ip_blacklist.is_empty() {
        warnings.push(format!("`ip_ban_duration`: {} seconds are not 1s to 366d", document.ip_ban_duration));
    }
    for target in networks(&document.ip_blacklist, "ip_blacklist", warnings) {
        let Some(length) = length else { break };
        if !may_ban(target) {
            let problem = "holds the loopback or a trusted proxy and is never banned";
            warnings.push(format!("`ip_blacklist`: `{target}` {problem}"));
            continue;
        }
        let mut done = Event::new(EventKind::IpBanned, "banned", "ip_ban", "dynamic_rule".into());
        done.address = address(target);
        done.metadata = Vec::from([("duration", length.as_secs().into())]);
        note(&mut done, target);
        let op = Op::Ban { target: target.network(), term: length };
        commands.push(StoreCommand { op, done: produced(config, done) });
    }
    for target in networks(&document.ip_whitelist, "ip_whitelist", warnings) {
        let mut done =
            Event::new(EventKind::IpUnbanned, "unbanned", "ip_ban", "dynamic_rule_whitelist".into());
        done.address = address(target);
        done.metadata = Vec::from([("action", "unban".into())]);
        note(&mut done, target);
        commands
            .push(StoreCommand { op: Op::Unban { target: target.network() }, done: produced(config, done) });
    }
    commands
}

/// The address of a network of one.
fn address(target: Cidr) -> Option<IpAddr> {
    let network = target.network();
    (network.prefix_len() == network.max_prefix_len()).then(|| network.addr())
}

/// A network of several addresses has no address to stand in the envelope.
fn note(event: &mut Event, target: Cidr) {
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
        let shown: Vec<String> = allowed.iter().take(SHOWN).cloned().collect();
        event.metadata =
            Vec::from([("whitelist_count", (allowed.len() as u64).into()), ("whitelist", shown.into())]);
        event
    });
    [Some(updated), lockdown, Some(applied)]
        .into_iter()
        .flatten()
        .filter_map(|event| produced(config, event))
        .collect()
}

const HANDLER: &str = "dynamic_rules";

/// The event, unless the configuration mutes it.
fn produced(config: &Config, event: Event) -> Option<Event> {
    let muted = config.events.muted.iter().any(|name| name == event.kind.name());
    (config.events.enabled && !muted).then_some(event)
}
