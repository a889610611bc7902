//! A guard under test, stores with failure modes, and a recording sink.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use portcullis_core::ReferenceId;
use portcullis_core::event::Event;
use portcullis_core::state::{Batch, StateStore, StoreResponse, Unavailable};
use portcullis_core::{Record, Timestamp};
use portcullis_runtime::sink::{Context, EventSink, RequestReport};
use portcullis_runtime::{
    AdmittedRequest, BodyFault, BodySource, Config, Guard, GuardBuilder, GuardResponse, Head, ManualClock,
    MemoryStore, Peer, PolicyHandle,
};

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
pub(crate) const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 7));
pub(crate) const SQL: &str = "id=1' union select password from users--";

/// The failure mode of a store.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum StoreMode {
    Ready,
    After(Duration),
    Hang,
    Fail,
}

/// A memory store with a failure mode that counts its batches. Clones share everything.
#[derive(Clone, Debug)]
pub(crate) struct FakeStore(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    memory: MemoryStore,
    mode: Mutex<StoreMode>,
    batches: AtomicUsize,
    deferred: AtomicUsize,
}

impl FakeStore {
    pub(crate) fn new(mode: StoreMode) -> Self {
        Self(Arc::new(Shared {
            memory: MemoryStore::new(),
            mode: Mutex::new(mode),
            batches: AtomicUsize::new(0),
            deferred: AtomicUsize::new(0),
        }))
    }

    pub(crate) fn set(&self, mode: StoreMode) {
        *self.0.mode.lock().unwrap() = mode;
    }

    /// The number of batches since the last call.
    pub(crate) fn batches(&self) -> usize {
        self.0.batches.swap(0, Ordering::SeqCst)
    }

    /// The number of deferred ops.
    pub(crate) fn deferred(&self) -> usize {
        self.0.deferred.load(Ordering::SeqCst)
    }
}

impl StateStore for FakeStore {
    fn apply<'a>(&'a self, batch: &'a Batch) -> StoreResponse<'a> {
        self.0.batches.fetch_add(1, Ordering::SeqCst);
        let memory = &self.0.memory;
        match *self.0.mode.lock().unwrap() {
            StoreMode::Ready => memory.apply(batch),
            StoreMode::Fail => StoreResponse::Ready(Err(Unavailable)),
            StoreMode::Hang => StoreResponse::Pending(Box::pin(std::future::pending())),
            StoreMode::After(wait) => StoreResponse::Pending(Box::pin(async move {
                tokio::time::sleep(wait).await;
                match memory.apply(batch) {
                    StoreResponse::Ready(reply) => reply,
                    StoreResponse::Pending(reply) => reply.await,
                }
            })),
        }
    }

    fn defer(&self, batch: &Batch) {
        self.0.deferred.fetch_add(batch.ops().len(), Ordering::SeqCst);
        self.0.memory.defer(batch);
    }
}

/// A record and the name of its policy.
pub(crate) type RequestRecord = (Record, Option<String>);

/// Records events and records. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecordingSink {
    events: Arc<Mutex<Vec<Event>>>,
    records: Arc<Mutex<Vec<RequestRecord>>>,
}

impl RecordingSink {
    pub(crate) fn events(&self) -> Vec<Event> {
        std::mem::take(&mut *self.events.lock().unwrap())
    }

    pub(crate) fn records(&self) -> Vec<RequestRecord> {
        std::mem::take(&mut *self.records.lock().unwrap())
    }
}

impl EventSink for RecordingSink {
    fn event(&self, event: &Event, _: &Context<'_>) {
        self.events.lock().unwrap().push(event.clone());
    }

    fn request(&self, report: &RequestReport<'_>) {
        self.records.lock().unwrap().push((*report.record, report.policy.map(Into::into)));
    }
}

/// A body in chunks, each after a pause; then its end or a fault.
pub(crate) struct ChunkedBody {
    pub(crate) chunks: Vec<Bytes>,
    pub(crate) pause: Duration,
    pub(crate) fault: Option<BodyFault>,
}

impl BodySource for ChunkedBody {
    async fn chunk(&mut self) -> Option<Result<Bytes, BodyFault>> {
        if !self.pause.is_zero() {
            tokio::time::sleep(self.pause).await;
        }
        if self.chunks.is_empty() {
            return self.fault.take().map(Err);
        }
        Some(Ok(self.chunks.remove(0)))
    }
}

pub(crate) fn no_body() -> ChunkedBody {
    ChunkedBody { chunks: Vec::new(), pause: Duration::ZERO, fault: None }
}

/// A request without a body.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: &'static str,
    pub(crate) query: Option<&'static str>,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) peer: Peer,
    pub(crate) policy: Option<PolicyHandle>,
    pub(crate) has_body: bool,
}

impl Request {
    pub(crate) fn clean() -> Self {
        let peer = Peer::Address(CLIENT);
        Self { path: "/items", query: None, headers: Vec::new(), peer, policy: None, has_body: false }
    }

    pub(crate) fn attack() -> Self {
        Self { query: Some(SQL), ..Self::clean() }
    }

    pub(crate) fn policy(policy: PolicyHandle) -> Self {
        Self { policy: Some(policy), ..Self::clean() }
    }

    pub(crate) fn from(mut self, peer: [u8; 4]) -> Self {
        self.peer = Peer::Address(peer.into());
        self
    }

    pub(crate) fn head(&self) -> Head<'_> {
        Head::new(if self.has_body { "POST" } else { "GET" }, self.path, &self.headers)
            .query(self.query)
            .peer(self.peer)
            .has_body(self.has_body)
            .policy(self.policy)
    }

    pub(crate) async fn check(&self, guard: &Guard) -> Checked {
        guard.arrive().check(self.head(), &mut no_body()).await
    }

    pub(crate) async fn status(&self, guard: &Guard) -> Option<u16> {
        denial(self.check(guard).await).map(|denial| denial.status)
    }
}

pub(crate) type Checked = Result<AdmittedRequest, GuardResponse>;

/// A rejection.
#[derive(Debug)]
pub(crate) struct Denial {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: String,
    pub(crate) reference: ReferenceId,
}

pub(crate) fn denial(checked: Checked) -> Option<Denial> {
    let response = checked.err()?;
    let GuardResponse { status, headers, body, rejection, .. } = response;
    Some(Denial { status: status.as_u16(), headers, body, reference: rejection?.reference? })
}

pub(crate) fn header<'d>(denial: &'d Denial, name: &str) -> Option<&'d str> {
    denial.headers.iter().find(|(known, _)| known == name).and_then(|(_, value)| value.to_str().ok())
}

pub(crate) fn config(edit: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config::default();
    edit(&mut config);
    config
}

/// A guard with a fixed clock and a recording sink.
pub(crate) fn builder(config: Config) -> (GuardBuilder, ManualClock, RecordingSink) {
    let (clock, sink) = (ManualClock::new(NOW), RecordingSink::default());
    (Guard::builder(config).clock(clock.clone()).sink(sink.clone()), clock, sink)
}
