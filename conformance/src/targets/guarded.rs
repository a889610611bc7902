//! What every framework's target has in common: a guard with a clock that stands still, a store that can be asked, and
//! a sink and a handler that remember what they saw.

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
use crate::vector::{Case, HandlerAnswer, Policy};

/// A guard and everything needed to watch it.
pub(super) struct Guarded {
    pub(super) guard: Guard,
    pub(super) runtime: Runtime,
    pub(super) witness: Witness,
    /// Route patterns and the policies of their routes.
    pub(super) routes: Vec<(String, Option<PolicyHandle>)>,
    dialect: Dialect,
    clock: ManualClock,
    store: Arc<MemoryStore>,
}

/// How a framework writes the patterns of routes: to it from that of the vectors, and back.
#[derive(Clone, Copy)]
pub(super) struct Dialect {
    pub(super) write: fn(&str) -> String,
    pub(super) read: fn(&str) -> String,
}

impl Dialect {
    /// That of the vectors.
    pub(super) const PLAIN: Self = Self { write: str::to_owned, read: str::to_owned };

    /// A configuration whose patterns are the framework's.
    fn translate(self, mut config: Config) -> Config {
        config.route.iter_mut().for_each(|route| route.pattern = (self.write)(&route.pattern));
        config
    }
}

/// Remembers what the guard reported and what the handler saw of the latest request.
#[derive(Clone, Default)]
pub(super) struct Witness(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    events: Vec<Event>,
    record: Option<Record>,
    handler: Option<Bytes>,
    answer: Option<HandlerAnswer>,
}

impl Witness {
    fn seen<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The handler runs, with this body.
    pub(super) fn handle(&self, body: &Bytes) {
        self.seen(|seen| seen.handler = Some(body.clone()));
    }

    /// What the handler is to answer.
    pub(super) fn instruct(&self, answer: Option<&HandlerAnswer>) {
        self.seen(|seen| seen.answer = answer.cloned());
    }

    /// What the handler answers; `None` for the echo.
    pub(super) fn answer(&self) -> Option<HandlerAnswer> {
        self.seen(|seen| seen.answer.clone())
    }

    /// What the handler saw and what the guard reported, since this was last asked.
    pub(super) fn testify(&self) -> (Option<Bytes>, Option<Report>) {
        let seen = self.seen(std::mem::take);
        let report = seen.record.map(|record| {
            let rule = seen.events.iter().find_map(|event| event.pattern.clone()).unwrap_or_default();
            Report {
                client: None,
                finding: record.class.map(|class| (class.name().into(), rule.into_owned())),
                events: seen.events,
                gaps: record.gaps.names().collect(),
            }
        });
        (seen.handler, report)
    }
}

impl EventSink for Witness {
    fn event(&self, event: &Event, _: &Context<'_>) {
        self.seen(|seen| seen.events.push(event.clone()));
    }

    fn request(&self, request: &sink::RequestReport<'_>) {
        self.seen(|seen| seen.record = Some(*request.record));
    }
}

impl Guarded {
    /// A guard for `case`, over the in-memory store, for a service that is called.
    pub(super) fn new(case: &Case, dialect: Dialect) -> Result<Self, String> {
        Self::on(tokio::runtime::Builder::new_current_thread(), case, dialect)
    }

    /// A guard for `case`, for a server, which has to go on while a client waits for it.
    pub(super) fn of_server(case: &Case, dialect: Dialect) -> Result<Self, String> {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        runtime.worker_threads(1);
        Self::on(runtime, case, dialect)
    }

    fn on(mut runtime: tokio::runtime::Builder, case: &Case, dialect: Dialect) -> Result<Self, String> {
        let (clock, witness) = (ManualClock::default(), Witness::default());
        let store = Arc::new(MemoryStore::default());
        let guard = callbacks::register(Guard::builder(dialect.translate(case.config.clone())), dialect.read)
            .facts(case.facts.clone())
            .clock(clock.clone())
            .store(Arc::clone(&store))
            .sink(witness.clone())
            .build()
            .map_err(|errors| errors.to_string())?;
        let mut handles = Vec::new();
        for (name, policy) in case.policies.iter().filter(|(_, policy)| !policy.foreign) {
            let handle = guard.policy(name, policy.policy.clone()).map_err(|errors| errors.to_string())?;
            handles.push((name, handle));
        }
        for (name, policy) in case.policies.iter().filter(|(_, policy)| policy.foreign) {
            handles.push((name, elsewhere(policy, handles.len())?));
        }
        let of = |name: &String| handles.iter().find(|(known, _)| *known == name).map(|(_, handle)| *handle);
        let routes = case.routes.iter().map(|(pattern, name)| (pattern.clone(), of(name))).collect();
        let runtime = runtime.enable_all().build().map_err(|error| error.to_string())?;
        Ok(Self { guard, runtime, witness, routes, dialect, clock, store })
    }

    /// Let it be `at`.
    pub(super) fn set(&self, at: Timestamp) {
        self.clock.set(at);
    }

    pub(super) fn ban(&self, at: Timestamp, target: IpNet, term: Duration) -> bool {
        self.set(at);
        let banned = self.runtime.block_on(self.guard.ban(Cidr::from(target), term)).is_ok();
        // Its event is none of the next request's.
        self.witness.testify();
        banned
    }

    pub(super) fn unban(&self, at: Timestamp, target: IpNet) {
        self.set(at);
        // A store in memory always answers; if the ban stood, the step after this one would show it.
        let _ = self.runtime.block_on(self.guard.unban(Cidr::from(target)));
        self.witness.testify();
    }

    pub(super) fn reload(&self, config: Config) -> bool {
        self.guard.reload(self.dialect.translate(config)).is_ok()
    }

    pub(super) fn rules(&self, at: Timestamp, document: &str) -> bool {
        self.set(at);
        let Ok(document) = RuleDocument::from_json(document, at) else { return false };
        let outcome = self.runtime.block_on(self.guard.apply_rules(&document));
        // A step that is an order expects no events; those of the next request must be its own.
        self.witness.testify();
        matches!(outcome, Ok(RulesOutcome::InForce { .. }))
    }

    pub(super) fn is_banned(&self, at: Timestamp, address: IpAddr) -> bool {
        let mut batch = Batch::new(at);
        batch.push(Op::Banned(address.to_canonical()));
        match self.store.apply(&batch) {
            StoreResponse::Ready(Ok(replies)) => matches!(replies.first(), Some(Reply::Banned(_))),
            _ => false,
        }
    }
}

/// The handle of a policy that was registered with a guard which has more policies than this one.
fn elsewhere(policy: &Policy, policies: usize) -> Result<PolicyHandle, String> {
    let other = Guard::build(Config::default()).map_err(|errors| errors.to_string())?;
    for index in 0..policies {
        other.policy(&format!("filler {index}"), RoutePolicy::new()).map_err(|errors| errors.to_string())?;
    }
    other.policy("elsewhere", policy.policy.clone()).map_err(|errors| errors.to_string())
}
