//! The builder of a guard: its parts and their defaults.

use std::collections::HashMap;
use std::fmt;
use std::hash::RandomState;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::available_parallelism;
use std::time::Duration;

use arc_swap::ArcSwap;
use portcullis_core::compat::rules::DynamicRules;
use portcullis_core::config::ConfigErrors;
use portcullis_core::detect::{CustomRecogniser, Recognisers};
use portcullis_core::{
    ByteSize, Clock, Config, CredentialDecision, HookDecision, NetworkFacts, NoFacts, StateStore,
};
use tokio::sync::Semaphore;

use crate::MemoryStore;
use crate::callbacks::block_report::{BLOCKED_QUEUE, BlockReport};
use crate::callbacks::hook::{Hook, HookFn, RequestView, Secret, Verifier, VerifierFn};
use crate::callbacks::modify::Modifier;
use crate::callbacks::recogniser::CatchPanic;
use crate::clock::{GuardClock, SystemClock};
use crate::guard::body_memory::{BodyMemory, MAX_BODY_MEMORY};
use crate::guard::counters::Operations;
use crate::guard::deferred_writes::{DeferredWrites, MAX_DEFERRED_TASKS};
use crate::guard::proxy_advice::ProxyAdvice;
use crate::guard::routes::RoutePatterns;
use crate::guard::{Facts, Guard, Inner, NO_EXPIRY};
use crate::telemetry::recent::RecentEvents;
use crate::telemetry::sink::queue::Queue;
use crate::telemetry::sink::{EventSink, TracingSink};

/// The default deadline of a store that replies asynchronously.
pub const STORE_DEADLINE: Duration = Duration::from_millis(50);
/// The number of the next guard.
static NEXT_NUMBER: AtomicU64 = AtomicU64::new(0);

/// The default deadline of a verifier or hook.
pub const CALLBACK_DEADLINE: Duration = Duration::from_secs(5);

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
}

/// Builds a [`Guard`].
pub struct GuardBuilder {
    config: Config,
    store: Option<Arc<dyn StateStore>>,
    local: Option<MemoryStore>,
    store_deadline: Duration,
    max_deferred_tasks: usize,
    max_body_memory: ByteSize,
    clock: GuardClock,
    facts: Facts,
    callback_deadline: Duration,
    sinks: Option<Vec<Arc<dyn EventSink>>>,
    verifiers: HashMap<String, Box<dyn Verifier>>,
    hooks: HashMap<String, Box<dyn Hook>>,
    recognisers: Recognisers,
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
            max_body_memory: MAX_BODY_MEMORY,
            clock: GuardClock::System(SystemClock::new()),
            facts: Box::new(NoFacts),
            callback_deadline: CALLBACK_DEADLINE,
            sinks: None,
            verifiers: HashMap::new(),
            hooks: HashMap::new(),
            recognisers: Recognisers::new(),
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

    /// The maximum number of replies to deferred writes that are awaited at the same time, from a store that replies
    /// asynchronously. Default: [`MAX_DEFERRED_TASKS`]. Beyond that, such writes go into the store's own queue, and a ban
    /// that follows from them is not reported.
    #[must_use]
    pub fn max_deferred_tasks(mut self, tasks: usize) -> Self {
        self.max_deferred_tasks = tasks;
        self
    }

    /// The bound of the bytes of all bodies that are read and inspected at the same time, never less than twice the greatest
    /// limit of a body in the configuration and the policies. Default: [`MAX_BODY_MEMORY`]. Beyond it, a body is rejected with
    /// 503 and `Retry-After`. Bodies of more than 64 KiB use at most three quarters of it.
    #[must_use]
    pub fn max_body_memory(mut self, size: ByteSize) -> Self {
        self.max_body_memory = size;
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
    ///
    /// ```
    /// use portcullis_runtime::{Config, CredentialDecision, Guard};
    ///
    /// /// What handlers read with `Admission::get`.
    /// #[derive(Clone)]
    /// struct Claims { tenant: String }
    ///
    /// let guard = Guard::builder(Config::default()).verifier("tokens", |secret, request| {
    ///     let attachments = request.attachments().clone();
    ///     async move {
    ///         // Look it up; compare secrets in constant time.
    ///         if secret.expose().len() != 32 {
    ///             return CredentialDecision::Reject;
    ///         }
    ///         attachments.insert(Claims { tenant: "acme".into() });
    ///         CredentialDecision::AcceptAs("ann".into())
    ///     }
    /// });
    /// # guard.build()?;
    /// # Ok::<(), portcullis_runtime::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn verifier<F, A>(self, name: impl Into<String>, verifier: F) -> Self
    where
        F: Fn(Secret, &RequestView<'_>) -> A + Send + Sync + 'static,
        A: Future<Output = CredentialDecision> + Send + 'static,
    {
        self.verifier_with(name, VerifierFn(verifier))
    }

    /// [`GuardBuilder::verifier`] for a type that implements [`Verifier`].
    #[must_use]
    pub fn verifier_with(mut self, name: impl Into<String>, verifier: impl Verifier + 'static) -> Self {
        self.verifiers.insert(name.into(), Box::new(verifier));
        self
    }

    /// Register a check of the application under the name that policies refer to.
    ///
    /// ```
    /// use http::StatusCode;
    /// use portcullis_runtime::{Config, Guard, HookDecision};
    ///
    /// let guard = Guard::builder(Config::default()).hook("tenants", |request| {
    ///     let is_named = request.header("x-tenant").is_some();
    ///     async move {
    ///         if is_named { HookDecision::Pass } else { HookDecision::Deny(StatusCode::BAD_REQUEST, "no tenant".into()) }
    ///     }
    /// });
    /// # guard.build()?;
    /// # Ok::<(), portcullis_runtime::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn hook<F, A>(self, name: impl Into<String>, hook: F) -> Self
    where
        F: Fn(&RequestView<'_>) -> A + Send + Sync + 'static,
        A: Future<Output = HookDecision> + Send + 'static,
    {
        self.hook_with(name, HookFn(hook))
    }

    /// [`GuardBuilder::hook`] for a type that implements [`Hook`].
    #[must_use]
    pub fn hook_with(mut self, name: impl Into<String>, hook: impl Hook + 'static) -> Self {
        self.hooks.insert(name.into(), Box::new(hook));
        self
    }

    /// Register a recogniser of attacks under the name that `detect.recognisers` lists. A value for which it panics counts
    /// as not inspected.
    ///
    /// ```
    /// use portcullis_runtime::config::Detect;
    /// use portcullis_runtime::detect::{CustomEvidence, CustomRecogniser, Input, Location, Rule};
    /// use portcullis_runtime::{Config, Guard};
    ///
    /// struct Coupons;
    ///
    /// static RULES: [Rule; 1] = [Rule::custom("coupons.foreign", 100, "a coupon code of another tenant")];
    ///
    /// impl CustomRecogniser for Coupons {
    ///     fn rules(&self) -> &'static [Rule] {
    ///         &RULES
    ///     }
    ///
    ///     fn reads(&self, location: Location) -> bool {
    ///         matches!(location, Location::Query | Location::Field | Location::Json)
    ///     }
    ///
    ///     fn recognise(&self, input: &Input<'_>, evidence: &mut CustomEvidence) {
    ///         if input.name == b"coupon" && input.value.starts_with(b"EVIL-") {
    ///             evidence.add(&RULES[0], 0..5);
    ///         }
    ///     }
    /// }
    ///
    /// let config = Config::default().detect(Detect::default().recognisers(["coupons"]));
    /// let guard = Guard::builder(config).recogniser("coupons", Coupons).build()?;
    /// # Ok::<(), portcullis_runtime::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn recogniser(
        mut self,
        name: impl Into<String>,
        recogniser: impl CustomRecogniser + 'static,
    ) -> Self {
        self.recognisers = self.recognisers.with(name, CatchPanic(recogniser));
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
    ///     if let Some(rejection) = &mut response.rejection {
    ///         rejection.body.push_str("; ask support@example.com");
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
    /// Every problem of the configuration; a verifier, hook or recogniser that it names and that is not registered; a thread for
    /// [`GuardBuilder::on_block`] that could not be started.
    pub fn build(self) -> Result<Guard, ConfigErrors> {
        let config = self.config.clone();
        let engine = self.config.compile_with(&self.recognisers)?;
        let queue = self.on_block.map(|callback| Queue::new("portcullis-blocked", BLOCKED_QUEUE, callback));
        let block_reports = queue.transpose().map_err(|error| {
            ConfigErrors::one("on_block", format!("its thread could not be started: {error}"))
        })?;
        let local = Arc::new(self.local.unwrap_or_default());
        let inner = Inner {
            number: NEXT_NUMBER.fetch_add(1, Ordering::Relaxed),
            routes: ArcSwap::from_pointee(RoutePatterns::of(&engine)),
            engine: ArcSwap::from_pointee(engine),
            rules: Mutex::new(DynamicRules::new(config.clone())),
            document_lock: tokio::sync::Mutex::default(),
            rules_end: AtomicU64::new(NO_EXPIRY),
            body_memory: Arc::new(BodyMemory::new(self.max_body_memory)),
            inspections: Arc::new(Semaphore::new(available_parallelism().map_or(1, NonZeroUsize::get))),
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
            proxy_advice: ProxyAdvice::default(),
            recent: RecentEvents::default(),
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
