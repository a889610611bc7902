//! Requests, a store over the model, and a driver that resumes every step from a script.

use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bytes::Bytes;
use portcullis_core::state::model::Model;
use portcullis_core::state::reduce::reduce;
use portcullis_core::state::{Batch, StateStore, StoreResponse, Unavailable};
use portcullis_core::{
    BodyFault, Config, CredentialDecision, Engine, Feed, Head, HookDecision, NextStep, Peer, PolicyHandle,
    RequestSlot, RoutePolicy, Scratch, Step, Timestamp, Verdict,
};

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
pub(crate) const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 7));
pub(crate) const SQL: &str = "1' union select password from users--";
pub(crate) const SCRIPT: &str = "<script>alert(1)</script>";

/// The model, with a count of applied batches. It can be switched off.
#[derive(Debug, Default)]
pub(crate) struct Store {
    model: Mutex<Model>,
    pub(crate) applied: AtomicUsize,
    pub(crate) deferred: AtomicUsize,
    pub(crate) down: AtomicBool,
}

impl StateStore for Store {
    fn apply<'a>(&'a self, batch: &'a Batch) -> StoreResponse<'a> {
        self.applied.fetch_add(1, Ordering::Relaxed);
        if self.down.load(Ordering::Relaxed) {
            return StoreResponse::Ready(Err(Unavailable));
        }
        StoreResponse::Ready(Ok(reduce(&mut *self.model.lock().unwrap(), batch)))
    }

    fn defer(&self, batch: &Batch) {
        self.deferred.fetch_add(batch.ops().len(), Ordering::Relaxed);
        reduce(&mut *self.model.lock().unwrap(), batch);
    }
}

/// The replies of the application and the connection.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) credential: CredentialDecision,
    pub(crate) hooks: Vec<HookDecision>,
    /// The body in these pieces, in place of one.
    pub(crate) chunks: Option<Vec<Bytes>>,
    /// The fault that ends the body.
    pub(crate) fault: Option<BodyFault>,
}

impl Default for Script {
    fn default() -> Self {
        Self { credential: CredentialDecision::Accept, hooks: Vec::new(), chunks: None, fault: None }
    }
}

/// The result of a request.
#[derive(Debug)]
pub(crate) struct Driven {
    pub(crate) verdict: Verdict,
    /// The bytes that were read, if the body was.
    pub(crate) replay: Option<Bytes>,
    /// Calls of verifiers and hooks in their order, with their arguments.
    pub(crate) calls: Vec<String>,
}

impl Driven {
    pub(crate) fn status(&self) -> Option<u16> {
        self.verdict.status()
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Bytes,
    pub(crate) peer: Peer,
    pub(crate) policy: Option<PolicyHandle>,
    pub(crate) sample_info_events: bool,
}

impl Request {
    pub(crate) fn get(target: &str) -> Self {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.into())),
            None => (target, None),
        };
        Self {
            method: "GET".into(),
            path: path.into(),
            query,
            headers: Vec::new(),
            body: Bytes::new(),
            peer: Peer::Address(CLIENT),
            policy: None,
            sample_info_events: false,
        }
    }

    pub(crate) fn post(target: &str, kind: &str, body: impl Into<Bytes>) -> Self {
        let post = Self { method: "POST".into(), body: body.into(), ..Self::get(target) };
        post.header("content-type", kind)
    }

    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.into(), value.as_ref().into()));
        self
    }

    pub(crate) fn policy(mut self, policy: PolicyHandle) -> Self {
        self.policy = Some(policy);
        self
    }

    pub(crate) fn peer(mut self, peer: Peer) -> Self {
        self.peer = peer;
        self
    }

    pub(crate) fn head(&self) -> Head<'_> {
        Head::new(&self.method, &self.path, &self.headers)
            .query(self.query.as_deref())
            .peer(self.peer)
            .has_body(!self.body.is_empty())
            .policy(self.policy)
            .sample_info_events(self.sample_info_events)
    }

    pub(crate) fn run(&self, engine: &Engine, store: &Store) -> Verdict {
        self.run_at(engine, store, NOW)
    }

    pub(crate) fn run_at(&self, engine: &Engine, store: &Store, now: Timestamp) -> Verdict {
        self.drive(engine, store, now, &Script::default()).verdict
    }

    pub(crate) fn status(&self, engine: &Engine, store: &Store) -> Option<u16> {
        self.run(engine, store).status()
    }

    /// Run every step.
    pub(crate) fn drive(&self, engine: &Engine, store: &Store, now: Timestamp, script: &Script) -> Driven {
        let mut scratch = Scratch::new();
        let (mut replay, mut calls) = (None, Vec::new());
        let mut hooks = script.hooks.iter().cloned();
        let mut slot = RequestSlot::new();
        let mut step = match engine.begin(self.head(), now, &mut scratch, &mut slot) {
            Step::Done(done) => return finish(done.into_verdict(), store, replay, calls),
            Step::Continue(admitted) => admitted,
            Step::State(need) => {
                let replies = ready(store.apply(need.batch()));
                need.resume(replies)
            }
        };
        loop {
            step = match step {
                NextStep::Done(done) => return finish(done.into_verdict(), store, replay, calls),
                NextStep::Verify(need) => {
                    let claim = String::from_utf8_lossy(need.credential());
                    calls.push(format!("verifier {}: {claim}", need.verifier()));
                    need.resume(script.credential.clone())
                }
                NextStep::Hook(need) => {
                    calls.push(format!("hook {}", need.name()));
                    need.resume(hooks.next().unwrap_or(HookDecision::Pass))
                }
                NextStep::Body(need) => {
                    let chunks = script.chunks.clone().unwrap_or_else(|| vec![self.body.clone()]);
                    let inspected = feed(need, chunks, script.fault);
                    replay = Some(inspected.replay);
                    inspected.next
                }
                NextStep::Punish(need) => {
                    let replies = ready(store.apply(need.batch()));
                    return finish(need.resume(replies), store, replay, calls);
                }
            };
        }
    }
}

fn feed<'s, 'r>(
    mut need: portcullis_core::NeedBody<'s, 'r>,
    chunks: Vec<Bytes>,
    fault: Option<BodyFault>,
) -> portcullis_core::BodyOutcome<'s, 'r> {
    for chunk in chunks {
        need = match need.push(chunk) {
            Feed::More(need) => need,
            Feed::Complete(need) => return need.finish(),
            Feed::Ready(inspected) => return inspected,
        };
    }
    match fault {
        None => need.finish(),
        Some(fault) => need.abort(fault),
    }
}

fn ready(replies: StoreResponse<'_>) -> Result<portcullis_core::state::Replies, Unavailable> {
    match replies {
        StoreResponse::Ready(replies) => replies,
        StoreResponse::Pending(_) => unreachable!("the store of these tests is synchronous"),
    }
}

fn finish(verdict: Verdict, store: &Store, replay: Option<Bytes>, calls: Vec<String>) -> Driven {
    if let Some(batch) = &verdict.deferred {
        store.defer(batch);
    }
    Driven { verdict, replay, calls }
}

pub(crate) fn engine(edit: impl FnOnce(&mut Config)) -> Engine {
    let mut config = Config::default();
    edit(&mut config);
    config.compile().unwrap()
}

pub(crate) fn with_policy(engine: &Engine, policy: RoutePolicy) -> (Engine, PolicyHandle) {
    engine.with_policy("route", &policy).unwrap()
}

pub(crate) fn header<'v>(verdict: &'v Verdict, name: &str) -> Option<&'v str> {
    let denial = verdict.denial()?;
    denial.headers.iter().find(|(known, _)| known == name).and_then(|(_, value)| value.to_str().ok())
}

pub(crate) fn events(verdict: &Verdict) -> Vec<&'static str> {
    verdict.events.iter().map(|event| event.kind.name()).collect()
}
