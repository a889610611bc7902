//! The guard: an engine that can be replaced, and the parts around it that live as long as the process.

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
use portcullis_core::{
    Clock, Config, CspReportError, Engine, Head, HeaderFields, NetworkFacts, NoFacts, PolicyHandle,
    ReferenceId, RoutePolicy, StateStore, Timestamp,
};

use crate::MemoryStore;
use crate::clock::{GuardClock, SystemClock};
use crate::operate::counters::Operations;
use crate::operate::recent::Recent;
use crate::operate::rules::NEVER;
use crate::operate::sink::queue::Queue;
use crate::operate::sink::{CallbackDrops, Context, EventSink, TracingSink};
use crate::request::block_report::{BLOCKED_QUEUE, BlockReport};
use crate::request::callbacks::{Hook, Verifier};
use crate::request::deferred_writes::{DeferredWrites, MAX_DEFERRED_TASKS};
use crate::request::modify::{self, Modifier};
use crate::request::routes::RoutePatterns;

/// The default deadline of a store that replies asynchronously.
pub const STORE_DEADLINE: Duration = Duration::from_millis(50);
/// The default deadline of a verifier or hook.
pub const CALLBACK_DEADLINE: Duration = Duration::from_secs(5);
/// The least time between informational events.
const INFO_EVENT_INTERVAL: Duration = Duration::from_secs(10);
/// The least time between events about security headers that were set.
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
    pub(crate) engine: ArcSwap<Engine>,
    /// The source of the engine. Locked while an engine is replaced, so that concurrent replacements do not undo one another.
    rules: Mutex<DynamicRules>,
    /// Locked while a rule document takes effect and the store executes its commands.
    pub(crate) orders: tokio::sync::Mutex<()>,
    /// When the rules in force expire, in milliseconds.
    pub(crate) rules_end: AtomicU64,
    /// Patterns under `[[route]]`, and which of them matched a request.
    pub(crate) routes: ArcSwap<RoutePatterns>,
    pub(crate) store: Arc<dyn StateStore>,
    /// Counts while `store` does not reply.
    pub(crate) local: Arc<MemoryStore>,
    pub(crate) store_deadline: Duration,
    pub(crate) deferred_writes: DeferredWrites,
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
    /// Recent events by client, for enriched events.
    pub(crate) recent: Recent,
    /// When the next event about security headers is due; zero before the first request.
    next_header_event: AtomicU64,
}

impl Guard {
    /// Build a guard with counters in memory, the system clock, and events to `tracing`.
    ///
    /// # Errors
    /// Every problem of the configuration.
    pub fn build(config: Config) -> Result<Self, ConfigErrors> {
        Self::builder(config).build()
    }

    /// A builder for a guard with other parts.
    #[must_use]
    pub fn builder(config: Config) -> GuardBuilder {
        GuardBuilder::new(config)
    }

    /// Register the policy of a group of routes. The same name with the same content returns the same handle.
    ///
    /// # Errors
    /// Every problem of the policy; a name that is registered with other content; a verifier or hook that is not registered.
    pub fn policy(&self, name: &str, policy: RoutePolicy) -> Result<PolicyHandle, ConfigErrors> {
        self.0.require_policy_callbacks(&format!("policy `{name}`"), &policy)?;
        let _rules = self.0.lock_rules();
        let (engine, handle) = self.0.engine.load().with_policy(name, &policy)?;
        self.0.engine.store(Arc::new(engine));
        Ok(handle)
    }

    /// Replace the configuration. Counters and bans stay; requests in flight finish under the configuration they started with.
    /// Dynamic rules in force apply on top of the new one.
    ///
    /// # Errors
    /// Every problem of the configuration, and of the registered policies under it. Nothing changes then.
    pub fn reload(&self, config: Config) -> Result<(), ConfigErrors> {
        self.0.require_callbacks(&config)?;
        self.expire_if_due();
        let mut rules = self.0.lock_rules();
        let mut next = rules.clone();
        let engine = self.0.engine.load().recompile(next.rebase(config)?)?.with_rules(next.current());
        self.0.routes.store(Arc::new(RoutePatterns::of(&engine)));
        self.0.engine.store(Arc::new(engine));
        *rules = next;
        drop(rules);
        self.0.operations.count_reload();
        Ok(())
    }

    /// The engine in force. A request keeps the engine it started with.
    #[must_use]
    pub fn engine(&self) -> Arc<Engine> {
        self.expire_if_due();
        self.0.engine.load_full()
    }

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

    /// Report the violations of the content security policy in this report body of a browser to the sinks, one event each.
    /// Returns their number.
    ///
    /// # Errors
    /// A body without reports: respond with [`CspReportError::status`].
    pub fn csp_report(&self, head: &Head<'_>, body: &[u8]) -> Result<usize, CspReportError> {
        let (engine, facts) = (self.engine(), self.0.facts());
        let mut events = engine.csp_violations(&Head { facts: &**facts, ..*head }, body)?;
        self.0.report_events(&mut events, &Context::new(&engine, self.0.clock.now()));
        Ok(events.len())
    }

    /// Whether a modifier of responses is registered: see [`GuardBuilder::modify`].
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

    /// The reports that [`GuardBuilder::on_block`] dropped; `None` without such a function.
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
    fn require_policy_callbacks(&self, section: &str, policy: &RoutePolicy) -> Result<(), ConfigErrors> {
        let hooks = policy.validators.iter().chain(&policy.hooks);
        self.require_registered(section, policy.verifier.iter(), hooks)
    }

    /// Require that every verifier and hook that `config` names is registered.
    fn require_callbacks(&self, config: &Config) -> Result<(), ConfigErrors> {
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
            let problem = format!("no {kind} `{missing}`; register it with `GuardBuilder::{kind}` first");
            Err(ConfigErrors::one(section, problem))
        })
    }
}

/// Builds a [`Guard`].
pub struct GuardBuilder {
    config: Config,
    store: Option<Arc<dyn StateStore>>,
    local: Option<MemoryStore>,
    store_deadline: Duration,
    max_deferred_tasks: usize,
    clock: GuardClock,
    facts: Facts,
    callback_deadline: Duration,
    sinks: Option<Vec<Arc<dyn EventSink>>>,
    verifiers: HashMap<String, Box<dyn Verifier>>,
    hooks: HashMap<String, Box<dyn Hook>>,
    modifier: Option<Box<dyn Modifier>>,
    on_block: Option<Box<dyn FnMut(BlockReport) + Send>>,
}

impl GuardBuilder {
    fn new(config: Config) -> Self {
        Self {
            config,
            store: None,
            local: None,
            store_deadline: STORE_DEADLINE,
            max_deferred_tasks: MAX_DEFERRED_TASKS,
            clock: GuardClock::System(SystemClock::new()),
            facts: Box::new(NoFacts),
            callback_deadline: CALLBACK_DEADLINE,
            sinks: None,
            verifiers: HashMap::new(),
            hooks: HashMap::new(),
            modifier: None,
            on_block: None,
        }
    }

    /// The store of counters and bans. Default: a [`MemoryStore`].
    #[must_use]
    pub fn store(mut self, store: impl StateStore + 'static) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// The deadline of a store that replies asynchronously; then this process counts locally. Default: [`STORE_DEADLINE`].
    #[must_use]
    pub fn store_deadline(mut self, deadline: Duration) -> Self {
        self.store_deadline = deadline;
        self
    }

    /// The most replies to deferred writes that are awaited at the same time, from a store that replies asynchronously.
    /// Default: [`MAX_DEFERRED_TASKS`]. Beyond that, such writes go into the store's own queue, and a ban that follows from
    /// them is not reported.
    #[must_use]
    pub fn max_deferred_tasks(mut self, tasks: usize) -> Self {
        self.max_deferred_tasks = tasks;
        self
    }

    /// The store that counts while the other does not reply. Default: a [`MemoryStore`].
    #[must_use]
    pub fn local_store(mut self, store: MemoryStore) -> Self {
        self.local = Some(store);
        self
    }

    /// The clock, for tests. Default: a [`SystemClock`].
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = GuardClock::Custom(Arc::new(clock));
        self
    }

    /// The facts about addresses; [`Guard::set_facts`] replaces them. Default: no facts.
    #[must_use]
    pub fn facts(mut self, facts: impl NetworkFacts + Send + 'static) -> Self {
        self.facts = Box::new(facts);
        self
    }

    /// The deadline of a verifier or hook; then it counts as failed. Default: [`CALLBACK_DEADLINE`].
    #[must_use]
    pub fn callback_deadline(mut self, deadline: Duration) -> Self {
        self.callback_deadline = deadline;
        self
    }

    /// Send events and metrics to this sink instead of to `tracing`. Further calls add further sinks.
    #[must_use]
    pub fn sink(mut self, sink: impl EventSink + 'static) -> Self {
        self.sinks.get_or_insert_default().push(Arc::new(sink));
        self
    }

    /// Register a verifier of credentials under the name that policies refer to.
    #[must_use]
    pub fn verifier(mut self, name: impl Into<String>, verifier: impl Verifier + 'static) -> Self {
        self.verifiers.insert(name.into(), Box::new(verifier));
        self
    }

    /// Register a check of the application under the name that policies refer to.
    #[must_use]
    pub fn hook(mut self, name: impl Into<String>, hook: impl Hook + 'static) -> Self {
        self.hooks.insert(name.into(), Box::new(hook));
        self
    }

    /// Register a modifier of responses: of the guard's rejections, and of the application's responses after the guard has set
    /// its headers. It runs on the request path and must not block; when it panics, the response stays unchanged.
    ///
    /// ```
    /// use portcullis_runtime::{Config, Guard, MutableResponse};
    ///
    /// let guard = Guard::builder(Config::default()).modify(|response: &mut MutableResponse<'_>| {
    ///     response.headers.insert("x-served-by", http::HeaderValue::from_static("edge-7"));
    ///     if let Some(refusal) = &mut response.refusal {
    ///         refusal.body.push_str("; ask support@example.com");
    ///     }
    /// });
    /// # guard.build()?;
    /// # Ok::<(), portcullis_runtime::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn modify(mut self, modifier: impl Modifier + 'static) -> Self {
        self.modifier = Some(Box::new(modifier));
        self
    }

    /// Call this function for every rejection, and in passive mode for every check that would have rejected. It runs on a
    /// separate thread behind a queue of [`BLOCKED_QUEUE`] reports; see [`Guard::missed_blocks`].
    #[must_use]
    pub fn on_block(mut self, callback: impl FnMut(BlockReport) + Send + 'static) -> Self {
        self.on_block = Some(Box::new(callback));
        self
    }

    /// Build the guard.
    ///
    /// # Errors
    /// Every problem of the configuration; a verifier or hook that it names and that is not registered; a thread for
    /// [`GuardBuilder::on_block`] that could not be started.
    pub fn build(self) -> Result<Guard, ConfigErrors> {
        let config = self.config.clone();
        let engine = self.config.compile()?;
        let queue = self.on_block.map(|callback| Queue::new("portcullis-blocked", BLOCKED_QUEUE, callback));
        let block_reports = queue.transpose().map_err(|error| {
            ConfigErrors::one("on_block", format!("its thread could not be started: {error}"))
        })?;
        let local = Arc::new(self.local.unwrap_or_default());
        let inner = Inner {
            routes: ArcSwap::from_pointee(RoutePatterns::of(&engine)),
            engine: ArcSwap::from_pointee(engine),
            rules: Mutex::new(DynamicRules::new(config.clone())),
            orders: tokio::sync::Mutex::default(),
            rules_end: AtomicU64::new(NEVER),
            store: self.store.unwrap_or_else(|| Arc::clone(&local) as Arc<dyn StateStore>),
            local,
            store_deadline: self.store_deadline,
            deferred_writes: DeferredWrites::new(self.max_deferred_tasks),
            clock: self.clock,
            facts: ArcSwap::from_pointee(self.facts),
            callback_deadline: self.callback_deadline,
            sinks: self.sinks.unwrap_or_else(|| vec![Arc::new(TracingSink)]),
            verifiers: self.verifiers,
            hooks: self.hooks,
            modifier: self.modifier,
            block_reports,
            secret: RandomState::new(),
            references: AtomicU64::new(0),
            next_info_event: AtomicU64::new(0),
            operations: Operations::default(),
            recent: Recent::default(),
            next_header_event: AtomicU64::new(0),
        };
        inner.require_callbacks(&config)?;
        Ok(Guard(Arc::new(inner)))
    }
}

impl fmt::Debug for GuardBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
