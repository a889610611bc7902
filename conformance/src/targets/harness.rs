//! What all frameworks' targets share: a guard with a fixed clock, a store whose bans can be queried, and a recorder of what
//! the guard reports and the handler receives.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use ipnet::IpNet;
use portcullis_core::event::Event;
use portcullis_core::net::Cidr;
use portcullis_core::state::{Batch, Op, Reply, StoreResponse};
use portcullis_core::{Config, PolicyHandle, Record, RoutePolicy, StateStore, Timestamp};
use portcullis_runtime::sink::{self, Context, EventSink};
use portcullis_runtime::{Guard, ManualClock, MemoryStore, RuleDocument, RulesOutcome};
use tokio::runtime::Runtime;

use super::callbacks;
use crate::target::Report;
use crate::vector::{Case, HandlerResponse, Policy};

/// A guard and everything needed to observe it.
pub(super) struct GuardHarness {
    pub(super) guard: Guard,
    pub(super) runtime: Runtime,
    pub(super) recorder: Recorder,
    /// Route patterns and the policies of their routes.
    pub(super) routes: Vec<(String, Option<PolicyHandle>)>,
    dialect: Dialect,
    clock: ManualClock,
    store: Arc<MemoryStore>,
}

/// Conversions between a framework's syntax of route patterns and that of the vectors.
#[derive(Clone, Copy)]
pub(super) struct Dialect {
    pub(super) write: fn(&str) -> String,
    pub(super) read: fn(&str) -> String,
}

impl Dialect {
    /// The syntax of the vectors.
    pub(super) const PLAIN: Self = Self { write: str::to_owned, read: str::to_owned };

    /// Write the patterns of a configuration in the framework's syntax.
    fn translate(self, mut config: Config) -> Config {
        config.route.iter_mut().for_each(|route| route.pattern = (self.write)(&route.pattern));
        config
    }
}

/// Records what the guard reports and the handler receives for one request.
#[derive(Clone, Default)]
pub(super) struct Recorder(Arc<Mutex<Recording>>);

#[derive(Default)]
struct Recording {
    events: Vec<Event>,
    record: Option<Record>,
    handler: Option<Bytes>,
    response: Option<HandlerResponse>,
}

impl Recorder {
    fn with<T>(&self, access: impl FnOnce(&mut Recording) -> T) -> T {
        access(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Record that the handler ran, with this body.
    pub(super) fn handle(&self, body: &Bytes) {
        self.with(|recording| recording.handler = Some(body.clone()));
    }

    /// Set the handler's response; `None` for the echo.
    pub(super) fn set_response(&self, response: Option<&HandlerResponse>) {
        self.with(|recording| recording.response = response.cloned());
    }

    /// The handler's response; `None` for the echo.
    pub(super) fn response(&self) -> Option<HandlerResponse> {
        self.with(|recording| recording.response.clone())
    }

    /// Take what the handler received and the guard reported since the last call.
    pub(super) fn take(&self) -> (Option<Bytes>, Option<Report>) {
        let recording = self.with(std::mem::take);
        let report = recording.record.map(|record| {
            let rule = recording.events.iter().find_map(|event| event.pattern.clone()).unwrap_or_default();
            Report {
                client: None,
                finding: record.class.map(|class| (class.name().into(), rule.into_owned())),
                events: recording.events,
                gaps: record.gaps.names().collect(),
            }
        });
        (recording.handler, report)
    }
}

impl EventSink for Recorder {
    fn event(&self, event: &Event, _: &Context<'_>) {
        self.with(|recording| recording.events.push(event.clone()));
    }

    fn request(&self, request: &sink::RequestReport<'_>) {
        self.with(|recording| recording.record = Some(*request.record));
    }
}

impl GuardHarness {
    /// A guard for `case`, over the in-memory store, for a service that is called.
    pub(super) fn new(case: &Case, dialect: Dialect) -> Result<Self, String> {
        Self::on(tokio::runtime::Builder::new_current_thread(), case, dialect)
    }

    /// A guard for `case`, for a server: its runtime must make progress while a client waits for a response.
    pub(super) fn of_server(case: &Case, dialect: Dialect) -> Result<Self, String> {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        runtime.worker_threads(1);
        Self::on(runtime, case, dialect)
    }

    fn on(mut runtime: tokio::runtime::Builder, case: &Case, dialect: Dialect) -> Result<Self, String> {
        let (clock, recorder) = (ManualClock::default(), Recorder::default());
        let store = Arc::new(MemoryStore::default());
        let guard = callbacks::register(Guard::builder(dialect.translate(case.config.clone())), dialect.read)
            .facts(case.facts.clone())
            .clock(clock.clone())
            .store(Arc::clone(&store))
            .sink(recorder.clone())
            .build()
            .map_err(|errors| errors.to_string())?;
        let mut handles = Vec::new();
        for (name, policy) in case.policies.iter().filter(|(_, policy)| !policy.foreign) {
            let handle = guard.policy(name, policy.policy.clone()).map_err(|errors| errors.to_string())?;
            handles.push((name, handle));
        }
        for (name, policy) in case.policies.iter().filter(|(_, policy)| policy.foreign) {
            handles.push((name, foreign_handle(policy, handles.len())?));
        }
        let of = |name: &String| handles.iter().find(|(known, _)| *known == name).map(|(_, handle)| *handle);
        let routes = case.routes.iter().map(|(pattern, name)| (pattern.clone(), of(name))).collect();
        let runtime = runtime.enable_all().build().map_err(|error| error.to_string())?;
        Ok(Self { guard, runtime, recorder, routes, dialect, clock, store })
    }

    /// Set the clock.
    pub(super) fn set(&self, at: Timestamp) {
        self.clock.set(at);
    }

    pub(super) fn ban(&self, at: Timestamp, target: IpNet, term: Duration) -> bool {
        self.set(at);
        let banned = self.runtime.block_on(self.guard.ban(Cidr::from(target), term)).is_ok();
        // Its event must not count as one of the next request.
        self.recorder.take();
        banned
    }

    pub(super) fn unban(&self, at: Timestamp, target: IpNet) {
        self.set(at);
        // A store in memory always replies; if the ban remained, the next step would show it.
        let _ = self.runtime.block_on(self.guard.unban(Cidr::from(target)));
        self.recorder.take();
    }

    pub(super) fn reload(&self, config: Config) -> bool {
        self.guard.reload(self.dialect.translate(config)).is_ok()
    }

    pub(super) fn rules(&self, at: Timestamp, document: &str) -> bool {
        self.set(at);
        let Ok(document) = RuleDocument::from_json(document, at) else { return false };
        let outcome = self.runtime.block_on(self.guard.apply_rules(&document));
        // Events of a command must not count as those of the next request.
        self.recorder.take();
        matches!(outcome, Ok(RulesOutcome::InForce { .. }))
    }

    pub(super) fn is_banned(&self, at: Timestamp, address: IpAddr) -> bool {
        let mut batch = Batch::new(at);
        batch.push(Op::FindBan(address.to_canonical()));
        match self.store.apply(&batch) {
            StoreResponse::Ready(Ok(replies)) => matches!(replies.first(), Some(Reply::Banned(_))),
            _ => false,
        }
    }
}

/// The handle of a policy that was registered with a guard which has more policies than this one.
fn foreign_handle(policy: &Policy, policies: usize) -> Result<PolicyHandle, String> {
    let other = Guard::build(Config::default()).map_err(|errors| errors.to_string())?;
    for index in 0..policies {
        other.policy(&format!("filler {index}"), RoutePolicy::new()).map_err(|errors| errors.to_string())?;
    }
    other.policy("foreign", policy.policy.clone()).map_err(|errors| errors.to_string())
}
