//! The guard: an engine that can be replaced, and the parts around it that live as long as the process.

pub(crate) mod body_memory;
pub(crate) mod builder;
pub(crate) mod counters;
pub(crate) mod deferred_writes;
pub(crate) mod proxy_advice;
pub(crate) mod routes;
mod store;

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use portcullis_core::compat::rules::DynamicRules;
use portcullis_core::config::ConfigErrors;
use portcullis_core::event::Event;
use portcullis_core::{
    Config, Engine, HeaderFields, NetworkFacts, ReferenceId, RoutePolicy, StateStore, Timestamp,
};
use tokio::sync::Semaphore;

use crate::MemoryStore;
use crate::callbacks::block_report::BlockReport;
use crate::callbacks::hook::{Hook, Verifier};
use crate::callbacks::modify::{self, Modifier};
use crate::clock::GuardClock;
use crate::guard::body_memory::BodyMemory;
use crate::guard::counters::Operations;
use crate::guard::deferred_writes::DeferredWrites;
use crate::guard::proxy_advice::ProxyAdvice;
use crate::guard::routes::RoutePatterns;
use crate::telemetry::recent::RecentEvents;
use crate::telemetry::sink::queue::Queue;
use crate::telemetry::sink::{CallbackDrops, Context, EventSink};

/// The end of rules that do not expire, in milliseconds.
pub(crate) const NO_EXPIRY: u64 = u64::MAX;
/// The minimum interval between informational events.
const INFO_EVENT_INTERVAL: Duration = Duration::from_secs(10);
/// The minimum interval between events about security headers that were set.
const HEADER_EVENT_INTERVAL: Duration = Duration::from_secs(300);

/// The handle that adapters and operators share. Cloning is cheap, and all clones share one configuration, one store and one
/// set of counters.
///
/// ```
/// use portcullis_runtime::{Config, Guard, Rate, RoutePolicy};
///
/// let guard = Guard::build(Config::default())?;
/// let login = guard.policy("login", RoutePolicy::new().rate(Rate::per_minute(5)))?;
/// # let _ = login;
/// # Ok::<(), portcullis_runtime::ConfigErrors>(())
/// ```
#[derive(Clone)]
pub struct Guard(pub(crate) Arc<Inner>);

/// Facts about addresses.
pub(crate) type Facts = Box<dyn NetworkFacts + Send + Sync>;

pub(crate) struct Inner {
    /// Distinguishes the guards of a process.
    pub(crate) number: u64,
    pub(crate) engine: ArcSwap<Engine>,
    /// The source of the engine. Locked while an engine is replaced, so that concurrent replacements do not undo one another.
    rules: Mutex<DynamicRules>,
    /// Locked while a rule document takes effect and the store executes its commands.
    pub(crate) document_lock: tokio::sync::Mutex<()>,
    /// When the rules in force expire, in milliseconds.
    pub(crate) rules_end: AtomicU64,
    /// Patterns under `[[route]]`, and which of them matched a request.
    pub(crate) routes: ArcSwap<RoutePatterns>,
    pub(crate) store: Arc<dyn StateStore>,
    /// Counts while `store` does not reply.
    pub(crate) local: Arc<MemoryStore>,
    pub(crate) store_deadline: Duration,
    pub(crate) deferred_writes: DeferredWrites,
    /// Permits for inspections on threads for blocking work, as many as there are processors.
    pub(crate) inspections: Arc<Semaphore>,
    pub(crate) body_memory: Arc<BodyMemory>,
    pub(crate) clock: GuardClock,
    /// A request keeps the snapshot it started with.
    pub(crate) facts: ArcSwap<Facts>,
    pub(crate) callback_deadline: Duration,
    pub(crate) sinks: Vec<Arc<dyn EventSink>>,
    pub(crate) verifiers: HashMap<String, Box<dyn Verifier>>,
    pub(crate) hooks: HashMap<String, Box<dyn Hook>>,
    pub(crate) modifier: Option<Box<dyn Modifier>>,
    pub(crate) block_reports: Option<Queue<BlockReport>>,
    /// The key of the hash of reference ids.
    secret: RandomState,
    references: AtomicU64,
    next_info_event: AtomicU64,
    pub(crate) operations: Operations,
    pub(crate) proxy_advice: ProxyAdvice,
    /// Recent events by client, for enriched events.
    pub(crate) recent: RecentEvents,
    /// When the next event about security headers is due; zero before the first request.
    next_header_event: AtomicU64,
}

impl Guard {
    /// Replace the facts about addresses. Requests in flight finish with the facts they started with.
    ///
    /// ```
    /// use portcullis_runtime::{AddressTables, Config, Guard};
    ///
    /// let guard = Guard::build(Config::from_toml("access.deny_lists = [\"tor\"]")?)?;
    /// guard.set_facts(AddressTables::builder().list("tor", ["198.51.100.7".parse()?]).build());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_facts(&self, facts: impl NetworkFacts + Send + 'static) {
        self.0.facts.store(Arc::new(Box::new(facts)));
    }

    /// Whether a modifier of responses is registered: see [`GuardBuilder::modify`](crate::GuardBuilder::modify).
    #[must_use]
    pub fn has_modifier(&self) -> bool {
        self.0.modifier.is_some()
    }

    /// Run the modifier on a response of the application, after the headers of the guard were set.
    pub fn modify(&self, status: &mut StatusCode, headers: &mut HeaderMap) {
        if let Some(modifier) = &self.0.modifier {
            modify::modify_response(&**modifier, status, headers);
        }
    }

    /// [`Guard::modify`] for frameworks with their own header types: returns the status and headers to send. `None` without a
    /// modifier.
    #[must_use]
    pub fn modified_response(
        &self,
        status: u16,
        headers: &dyn HeaderFields,
    ) -> Option<(StatusCode, HeaderMap)> {
        self.0.modifier.as_ref()?;
        let mut status = StatusCode::from_u16(status).ok()?;
        let mut lines = HeaderMap::new();
        headers.for_each(&mut |name, value| {
            let name = HeaderName::from_bytes(name.as_bytes()).ok();
            if let Some((name, value)) = name.zip(HeaderValue::from_bytes(value).ok()) {
                lines.append(name, value);
            }
        });
        self.modify(&mut status, &mut lines);
        Some((status, lines))
    }

    /// The reports that [`GuardBuilder::on_block`](crate::GuardBuilder::on_block) dropped; `None` without such a function.
    #[must_use]
    pub fn missed_blocks(&self) -> Option<CallbackDrops> {
        self.0.block_reports.as_ref().map(|queue| CallbackDrops(Arc::clone(queue.lost())))
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("store", &self.0.store).finish_non_exhaustive()
    }
}

impl Inner {
    /// The current facts about addresses.
    pub(crate) fn facts(&self) -> Arc<Facts> {
        self.facts.load_full()
    }

    /// Report events to every sink, with the reference id of their request.
    pub(crate) fn report_events(&self, events: &mut [Event], context: &Context<'_>) {
        for event in events {
            event.reference = context.reference;
            let client = event.address.filter(|_| context.engine.config().events.enrich);
            let recent = client.map(|client| self.recent.count(client, context.at));
            let context = Context { recent, ..*context };
            self.sinks.iter().for_each(|sink| sink.event(event, &context));
            if event.is_informational() {
                self.record_info_event(context.at);
            }
        }
    }

    /// Lock the base configuration and the rules on top of it; the engine is replaced only under this lock.
    pub(crate) fn lock_rules(&self) -> MutexGuard<'_, DynamicRules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new reference id: a keyed hash of a counter, so that an id cannot be guessed from another, at a cost that a flood of
    /// rejections allows.
    pub(crate) fn new_reference_id(&self) -> ReferenceId {
        ReferenceId(self.secret.hash_one(self.references.fetch_add(1, Ordering::Relaxed)))
    }

    /// Whether this request may emit informational events: at most one in [`INFO_EVENT_INTERVAL`].
    pub(crate) fn sample_info_events(&self, now: Timestamp) -> bool {
        let due = self.next_info_event.load(Ordering::Relaxed);
        // A clock that steps back must not suppress these events for longer than the interval.
        now.as_millis() >= due || due > now.after(INFO_EVENT_INTERVAL).as_millis()
    }

    /// Record an informational event at `now`. Concurrent requests may emit one each.
    pub(crate) fn record_info_event(&self, now: Timestamp) {
        self.next_info_event.store(now.after(INFO_EVENT_INTERVAL).as_millis(), Ordering::Relaxed);
    }

    /// Whether an event about security headers is due: once in [`HEADER_EVENT_INTERVAL`]. The first request only starts the
    /// interval.
    pub(crate) fn sample_header_event(&self, now: Timestamp) -> bool {
        let due = self.next_header_event.load(Ordering::Relaxed);
        let is_due = now.as_millis() >= due;
        // A clock that steps back restarts the interval.
        if is_due || due > now.after(HEADER_EVENT_INTERVAL).as_millis() {
            self.next_header_event.store(now.after(HEADER_EVENT_INTERVAL).as_millis(), Ordering::Relaxed);
        }
        is_due && due > 0
    }

    /// Require that every verifier and hook that `policy` names is registered.
    pub(crate) fn require_policy_callbacks(
        &self,
        section: &str,
        policy: &RoutePolicy,
    ) -> Result<(), ConfigErrors> {
        let hooks = policy.validators.iter().chain(&policy.hooks);
        self.require_registered(section, policy.verifier.iter(), hooks)
    }

    /// Require that every verifier and hook that `config` names is registered.
    pub(crate) fn require_callbacks(&self, config: &Config) -> Result<(), ConfigErrors> {
        let hooks = &config.hooks;
        self.require_registered("hooks", hooks.verifier.iter(), hooks.before.iter().chain(&hooks.after))?;
        for route in &config.route {
            self.require_policy_callbacks(&format!("route `{}`", route.pattern), &route.policy)?;
        }
        Ok(())
    }

    fn require_registered<'n>(
        &self,
        section: &str,
        mut verifiers: impl Iterator<Item = &'n String>,
        mut hooks: impl Iterator<Item = &'n String>,
    ) -> Result<(), ConfigErrors> {
        let verifier = verifiers.find(|verifier| !self.verifiers.contains_key(*verifier));
        let hook = hooks.find(|hook| !self.hooks.contains_key(*hook));
        let missing = verifier.map(|name| ("verifier", name)).or(hook.map(|name| ("hook", name)));
        missing.map_or(Ok(()), |(kind, missing)| {
            let mut known: Vec<&str> = if kind == "hook" { names(&self.hooks) } else { names(&self.verifiers) };
            known.sort_unstable();
            let registered = if known.is_empty() { "none".into() } else { known.join(", ") };
            let problem = format!(
                "no {kind} `{missing}`; register it with `GuardBuilder::{kind}` first (registered: {registered})"
            );
            Err(ConfigErrors::one(section, problem))
        })
    }
}

fn names<T>(callbacks: &HashMap<String, T>) -> Vec<&str> {
    callbacks.keys().map(String::as_str).collect()
}

#[cfg(test)]
mod tests;
