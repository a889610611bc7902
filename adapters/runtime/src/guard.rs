//! The guard: an engine that can be swapped, and everything around it that lives as long as the process.

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

/// How long a store that answers later may take, unless the builder says otherwise.
pub const STORE_DEADLINE: Duration = Duration::from_millis(50);
/// How long a verifier or hook may take, unless the builder says otherwise.
pub const CALLBACK_DEADLINE: Duration = Duration::from_secs(5);
/// How often informational notices are let through.
const NOTICE_EVERY: Duration = Duration::from_secs(10);
/// How often an event says that security headers are set.
const HEADERS_EVERY: Duration = Duration::from_secs(300);

/// The handle that adapters and operators share. Cloning is cheap, and all clones are one guard: one configuration, one
/// store, one set of counters.
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

/// What is known about addresses.
pub(crate) type Facts = Box<dyn NetworkFacts + Send + Sync>;

pub(crate) struct Inner {
    pub(crate) engine: ArcSwap<Engine>,
    /// What the engine was compiled from. Held while an engine is replaced, so that no replacement is lost to another.
    swap: Mutex<DynamicRules>,
    /// Held while a document of rules is put into force and the store carries out its orders.
    pub(crate) orders: tokio::sync::Mutex<()>,
    /// When the rules in force end, in milliseconds.
    pub(crate) rules_end: AtomicU64,
    /// Patterns under `[[route]]` that requests came by.
    pub(crate) routes: ArcSwap<RoutePatterns>,
    pub(crate) store: Arc<dyn StateStore>,
    /// Counts while `store` does not answer.
    pub(crate) local: Arc<MemoryStore>,
    pub(crate) store_deadline: Duration,
    pub(crate) deferred_writes: DeferredWrites,
    pub(crate) clock: GuardClock,
    /// A request keeps the snapshot it began with.
    pub(crate) facts: ArcSwap<Facts>,
    pub(crate) callback_deadline: Duration,
    pub(crate) sinks: Vec<Arc<dyn EventSink>>,
    pub(crate) verifiers: HashMap<String, Box<dyn Verifier>>,
    pub(crate) hooks: HashMap<String, Box<dyn Hook>>,
    pub(crate) modifier: Option<Box<dyn Modifier>>,
    pub(crate) blocked: Option<Queue<BlockReport>>,
    /// What reference ids are hashed with.
    secret: RandomState,
    references: AtomicU64,
    next_notice: AtomicU64,
    pub(crate) operations: Operations,
    /// Events by client, for those that are enriched.
    pub(crate) recent: Recent,
    /// When it is to be said again that security headers are set; zero before the first request.
    next_headers: AtomicU64,
}

impl Guard {
    /// A guard with counters in memory, the system's clock, and events to `tracing`.
    ///
    /// # Errors
    /// Every problem of the configuration.
    pub fn build(config: Config) -> Result<Self, ConfigErrors> {
        Self::builder(config).build()
    }

    /// A guard with parts of your own.
    #[must_use]
    pub fn builder(config: Config) -> GuardBuilder {
        GuardBuilder::new(config)
    }

    /// Register the policy of a group of routes. The same name with the same content gives the same handle.
    ///
    /// # Errors
    /// Every problem of the policy; a name that is taken by other content; a verifier or hook that is not registered.
    pub fn policy(&self, name: &str, policy: RoutePolicy) -> Result<PolicyHandle, ConfigErrors> {
        self.0.has_callbacks(&format!("policy `{name}`"), &policy)?;
        let _book = self.0.book();
        let (engine, handle) = self.0.engine.load().with_policy(name, &policy)?;
        self.0.engine.store(Arc::new(engine));
        Ok(handle)
    }

    /// Replace the configuration. Counters and bans stay; requests in flight finish under the one they began with. Dynamic
    /// rules in force lie over the new one.
    ///
    /// # Errors
    /// Every problem of the configuration, and of the registered policies under it; then nothing changes.
    pub fn reload(&self, config: Config) -> Result<(), ConfigErrors> {
        self.0.has_callbacks_of(&config)?;
        self.expire_if_due();
        let mut book = self.0.book();
        let mut next = book.clone();
        let engine = self.0.engine.load().recompile(next.rebase(config)?)?.with_rules(next.current());
        self.0.routes.store(Arc::new(RoutePatterns::of(&engine)));
        self.0.engine.store(Arc::new(engine));
        *book = next;
        drop(book);
        self.0.operations.count_reload();
        Ok(())
    }

    /// The engine in force. A request keeps the one it began with.
    #[must_use]
    pub fn engine(&self) -> Arc<Engine> {
        self.expire_if_due();
        self.0.engine.load_full()
    }

    /// Replace what is known about addresses. Requests in flight finish with what they began with.
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

    /// The events about the violations of the content security policy that a browser reports in this body, handed to the
    /// sinks; how many there were.
    ///
    /// # Errors
    /// A body that holds no reports: [`CspReportError::status`] is what to answer.
    pub fn csp_report(&self, head: &Head<'_>, body: &[u8]) -> Result<usize, CspReportError> {
        let (engine, facts) = (self.engine(), self.0.facts());
        let mut events = engine.csp_violations(&Head { facts: &**facts, ..*head }, body)?;
        self.0.tell(&mut events, &Context::new(&engine, self.0.clock.now()));
        Ok(events.len())
    }

    /// Whether the application wants to change responses: see [`GuardBuilder::modify`].
    #[must_use]
    pub fn modifies(&self) -> bool {
        self.0.modifier.is_some()
    }

    /// Let the application change a response of its own, after the guard's headers were set.
    pub fn modify(&self, status: &mut StatusCode, headers: &mut HeaderMap) {
        if let Some(modifier) = &self.0.modifier {
            modify::response(&**modifier, status, headers);
        }
    }

    /// [`Guard::modify`] for frameworks with headers of their own: what is to be sent instead. `None` where nobody wants to
    /// change responses.
    #[must_use]
    pub fn modified(&self, status: u16, headers: &dyn HeaderFields) -> Option<(StatusCode, HeaderMap)> {
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

    /// What the function of [`GuardBuilder::on_block`] missed; `None` where there is none.
    #[must_use]
    pub fn missed_blocks(&self) -> Option<CallbackDrops> {
        self.0.blocked.as_ref().map(|queue| CallbackDrops(Arc::clone(queue.lost())))
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("store", &self.0.store).finish_non_exhaustive()
    }
}

impl Inner {
    /// What is known about addresses now.
    pub(crate) fn facts(&self) -> Arc<Facts> {
        self.facts.load_full()
    }

    /// The base configuration and the rules over it; nobody else replaces the engine while it is held.
    pub(crate) fn book(&self) -> MutexGuard<'_, DynamicRules> {
        self.swap.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A reference id: a keyed hash of a count, so that none can be guessed from another one, cheap enough for a flood of
    /// refusals.
    pub(crate) fn reference(&self) -> ReferenceId {
        ReferenceId(self.secret.hash_one(self.references.fetch_add(1, Ordering::Relaxed)))
    }

    /// Whether this request may produce notices: it may when there was none for a while.
    pub(crate) fn sample_info_events(&self, now: Timestamp) -> bool {
        let due = self.next_notice.load(Ordering::Relaxed);
        // A clock that stepped back must not silence notices for longer than they are apart.
        now.as_millis() >= due || due > now.after(NOTICE_EVERY).as_millis()
    }

    /// A notice was produced at `now`. Requests that were under way at the same time may have produced one each.
    pub(crate) fn noticed(&self, now: Timestamp) {
        self.next_notice.store(now.after(NOTICE_EVERY).as_millis(), Ordering::Relaxed);
    }

    /// Whether it is time to say that security headers are set: once in [`HEADERS_EVERY`], and not at the start, when there
    /// is nothing to say yet.
    pub(crate) fn says_headers(&self, now: Timestamp) -> bool {
        let due = self.next_headers.load(Ordering::Relaxed);
        let is_due = now.as_millis() >= due;
        // A clock that stepped back only makes it wait anew.
        if is_due || due > now.after(HEADERS_EVERY).as_millis() {
            self.next_headers.store(now.after(HEADERS_EVERY).as_millis(), Ordering::Relaxed);
        }
        is_due && due > 0
    }

    /// Whether every verifier and hook that `policy` names is registered.
    fn has_callbacks(&self, place: &str, policy: &RoutePolicy) -> Result<(), ConfigErrors> {
        let hooks = policy.validators.iter().chain(&policy.hooks);
        self.are_registered(place, policy.verifier.iter(), hooks)
    }

    /// Whether every verifier and hook that `config` names is registered.
    fn has_callbacks_of(&self, config: &Config) -> Result<(), ConfigErrors> {
        let hooks = &config.hooks;
        self.are_registered("hooks", hooks.verifier.iter(), hooks.before.iter().chain(&hooks.after))?;
        for route in &config.route {
            self.has_callbacks(&format!("route `{}`", route.pattern), &route.policy)?;
        }
        Ok(())
    }

    fn are_registered<'n>(
        &self,
        place: &str,
        mut verifiers: impl Iterator<Item = &'n String>,
        mut hooks: impl Iterator<Item = &'n String>,
    ) -> Result<(), ConfigErrors> {
        let verifier = verifiers.find(|verifier| !self.verifiers.contains_key(*verifier));
        let hook = hooks.find(|hook| !self.hooks.contains_key(*hook));
        let missing = verifier.map(|name| ("verifier", name)).or(hook.map(|name| ("hook", name)));
        missing.map_or(Ok(()), |(kind, missing)| {
            let problem = format!("no {kind} `{missing}`; register it with `GuardBuilder::{kind}` first");
            Err(ConfigErrors::one(place, problem))
        })
    }
}

/// Parts of a guard.
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

    /// Keep counters and bans elsewhere than in a default [`MemoryStore`].
    #[must_use]
    pub fn store(mut self, store: impl StateStore + 'static) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// How long a store that answers later may take before the process counts on its own. Default: [`STORE_DEADLINE`].
    #[must_use]
    pub fn store_deadline(mut self, deadline: Duration) -> Self {
        self.store_deadline = deadline;
        self
    }

    /// How many answers to writes that change no verdict are awaited at the same time, from a store that answers later.
    /// Default: [`MAX_DEFERRED_TASKS`]. Beyond that such writes go into the store's own queue, and whether they led to a ban is
    /// not reported.
    #[must_use]
    pub fn max_deferred_tasks(mut self, tasks: usize) -> Self {
        self.max_deferred_tasks = tasks;
        self
    }

    /// The store that counts while the other does not answer. Default: a default [`MemoryStore`].
    #[must_use]
    pub fn local_store(mut self, store: MemoryStore) -> Self {
        self.local = Some(store);
        self
    }

    /// Tell the time differently: in tests.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = GuardClock::Custom(Arc::new(clock));
        self
    }

    /// What is known about addresses; [`Guard::set_facts`] replaces it.
    #[must_use]
    pub fn facts(mut self, facts: impl NetworkFacts + Send + 'static) -> Self {
        self.facts = Box::new(facts);
        self
    }

    /// How long a verifier or hook may take before it counts as failed. Default: [`CALLBACK_DEADLINE`].
    #[must_use]
    pub fn callback_deadline(mut self, deadline: Duration) -> Self {
        self.callback_deadline = deadline;
        self
    }

    /// Send events and numbers here, instead of to `tracing`; may be called again for more sinks.
    #[must_use]
    pub fn sink(mut self, sink: impl EventSink + 'static) -> Self {
        self.sinks.get_or_insert_default().push(Arc::new(sink));
        self
    }

    /// Register what verifies credentials for policies that name it.
    #[must_use]
    pub fn verifier(mut self, name: impl Into<String>, verifier: impl Verifier + 'static) -> Self {
        self.verifiers.insert(name.into(), Box::new(verifier));
        self
    }

    /// Register a check of your own for policies that name it.
    #[must_use]
    pub fn hook(mut self, name: impl Into<String>, hook: impl Hook + 'static) -> Self {
        self.hooks.insert(name.into(), Box::new(hook));
        self
    }

    /// Let the application change responses: the guard's refusals, and its own after the guard has set its headers. It
    /// runs on the request path and must not block; when it panics, the response stays as it was.
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

    /// Tell the application of every refusal, and in passive mode of every check that would have refused. The function
    /// runs on a thread of its own, behind a queue of [`BLOCKED_QUEUE`]; see [`Guard::missed_blocks`].
    #[must_use]
    pub fn on_block(mut self, callback: impl FnMut(BlockReport) + Send + 'static) -> Self {
        self.on_block = Some(Box::new(callback));
        self
    }

    /// The guard.
    ///
    /// # Errors
    /// Every problem of the configuration; a verifier or hook that it names and nobody registered; a thread for
    /// [`GuardBuilder::on_block`] that could not be started.
    pub fn build(self) -> Result<Guard, ConfigErrors> {
        let config = self.config.clone();
        let engine = self.config.compile()?;
        let blocked = self.on_block.map(|told| Queue::new("portcullis-blocked", BLOCKED_QUEUE, told));
        let blocked = blocked.transpose().map_err(|error| {
            ConfigErrors::one("on_block", format!("its thread could not be started: {error}"))
        })?;
        let local = Arc::new(self.local.unwrap_or_default());
        let inner = Inner {
            routes: ArcSwap::from_pointee(RoutePatterns::of(&engine)),
            engine: ArcSwap::from_pointee(engine),
            swap: Mutex::new(DynamicRules::new(config.clone())),
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
            blocked,
            secret: RandomState::new(),
            references: AtomicU64::new(0),
            next_notice: AtomicU64::new(0),
            operations: Operations::default(),
            recent: Recent::default(),
            next_headers: AtomicU64::new(0),
        };
        inner.has_callbacks_of(&config)?;
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
