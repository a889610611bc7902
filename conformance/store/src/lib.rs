//! The requirements on every [`StateStore`], as a test for the author of a store.
//!
//! A store that counts or bans wrongly may show no fault for months and then admit an attacker. So the requirements are
//! written once, as [laws](Law), and every store is tested against them: the one in memory, those of this project, and
//! yours. A law uses the trait alone. A broken law is reported with the sequence of ops that breaks it, shrunk as far as
//! possible.
//!
//! ```
//! use std::sync::Mutex;
//!
//! use portcullis_core::state::{StoreResponse, Batch, StateStore, model::Model, reduce::reduce};
//! use portcullis_store_contract::Contract;
//!
//! /// Keeps every entry, so it is not fit for production; but it meets the contract.
//! #[derive(Debug, Default)]
//! struct Log(Mutex<Model>);
//!
//! impl StateStore for Log {
//!     fn apply<'a>(&'a self, batch: &'a Batch) -> StoreResponse<'a> {
//!         StoreResponse::Ready(Ok(reduce(&mut *self.0.lock().unwrap(), batch)))
//!     }
//!
//!     fn defer(&self, batch: &Batch) {
//!         reduce(&mut *self.0.lock().unwrap(), batch);
//!     }
//! }
//!
//! // In a `#[test]`:
//! Contract::new(|| async { Log::default() }).verify();
//! ```
//!
//! Instants are passed to a store with every batch and are independent of its own clock, except that they begin at the
//! present: a store whose entries expire by themselves is tested like any other.

mod breach;
mod client;
mod law;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use portcullis_core::Timestamp;
use portcullis_core::state::{Batch, Op, Replies, Reply, StateStore, StoreResponse};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

pub use breach::Breach;
pub use law::Law;

type StoreFuture<S> = Pin<Box<dyn Future<Output = S> + Send>>;
type Constructor<S> = Box<dyn Fn() -> StoreFuture<S> + Send + Sync>;

/// The capacity of a store that was built for [`Contract::small`].
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// Counters.
    pub counters: u32,
    /// Bans.
    pub bans: u32,
}

struct SmallStore<S> {
    make: Constructor<S>,
    room: Capacity,
    held: Box<dyn Fn(&S) -> u64 + Send + Sync>,
}

/// The laws, and the constructors of the stores under test.
pub struct Contract<S> {
    make: Constructor<S>,
    small: Option<SmallStore<S>>,
    cases: u32,
    seed: u64,
    patience: Duration,
    start: u64,
}

impl<S: StateStore + 'static> Contract<S> {
    /// The contract for stores that `make` returns: each time a new and empty one, with room for a few thousand counters and
    /// bans. It is called within a Tokio runtime of several threads.
    pub fn new<F: Future<Output = S> + Send + 'static>(make: impl Fn() -> F + Send + Sync + 'static) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            make: boxed(make),
            small: None,
            cases: 64,
            seed: u64::from(since.subsec_nanos()),
            patience: Duration::from_secs(5),
            start: u64::try_from(since.as_millis()).unwrap_or_default(),
        }
    }

    /// Stores with the capacity `room`, for [`Law::Capacity`]. `held` returns the number of counters of one. Without this, that
    /// law is not checked: omit it only for a store whose capacity is not its own, such as a server's.
    #[must_use]
    pub fn small<F: Future<Output = S> + Send + 'static>(
        mut self,
        room: Capacity,
        make: impl Fn() -> F + Send + Sync + 'static,
        held: impl Fn(&S) -> u64 + Send + Sync + 'static,
    ) -> Self {
        self.small = Some(SmallStore { make: boxed(make), room, held: Box::new(held) });
        self
    }

    /// The number of random sequences; default 64.
    #[must_use]
    pub const fn cases(mut self, cases: u32) -> Self {
        self.cases = cases;
        self
    }

    /// Use the sequences of this seed: that of a [`Breach`] reproduces it.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The deadline for a reply, and for the effect of a deferred batch; default 5 seconds.
    #[must_use]
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Check every law. Call it from a test that is not async.
    ///
    /// # Panics
    /// With the [`Breach`] of the first law that is broken.
    #[track_caller]
    pub fn verify(&self) {
        for law in Law::ALL {
            if let Err(breach) = self.check(law) {
                panic!("{breach}");
            }
        }
    }

    /// Check one law.
    ///
    /// # Errors
    /// The broken law and the evidence.
    ///
    /// # Panics
    /// Within another Tokio runtime, and when the machine has no thread for one.
    pub fn check(&self, law: Law) -> Result<(), Breach> {
        let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build();
        let runtime = runtime.expect("a runtime of four threads");
        self.run(law, &runtime).map_err(|evidence| Breach { law, seed: self.seed, evidence })
    }

    fn run(&self, law: Law, runtime: &Runtime) -> Result<(), String> {
        match law {
            Law::Specification => law::specification::check(self, runtime),
            Law::Concurrency => runtime.block_on(law::concurrency::check(self)),
            Law::Expiry => runtime.block_on(law::expiry::check(self)),
            Law::Clock => runtime.block_on(law::clock::check(self)),
            Law::Capacity => runtime.block_on(law::capacity::check(self)),
            Law::Cancellation => runtime.block_on(law::cancellation::check(self)),
            Law::Deferral => runtime.block_on(law::deferral::check(self)),
            Law::Listing => runtime.block_on(law::listing::check(self)),
        }
    }

    async fn new_store(&self) -> Arc<S> {
        Arc::new((self.make)().await)
    }

    /// The instant so many milliseconds after the start.
    const fn at(&self, millis: u64) -> Timestamp {
        Timestamp::from_millis(self.start + millis)
    }

    /// The replies to a batch: as many as it has ops, in time.
    async fn replies(&self, store: &S, batch: &Batch) -> Result<Replies, String> {
        let reply = match store.apply(batch) {
            StoreResponse::Ready(reply) => reply,
            StoreResponse::Pending(_) if store.is_synchronous() => {
                return Err("`is_synchronous` is true, and the reply is pending".into());
            }
            StoreResponse::Pending(reply) => match timeout(self.patience, reply).await {
                Ok(reply) => reply,
                Err(_) => return Err(format!("no reply within {:?} to {:?}", self.patience, batch.ops())),
            },
        };
        let replies = reply.map_err(|unavailable| format!("{unavailable}: {:?}", batch.ops()))?;
        match replies.len() == batch.ops().len() {
            true => Ok(replies),
            false => Err(format!("{} replies to {:?}", replies.len(), batch.ops())),
        }
    }

    /// The reply to one op.
    async fn reply(&self, store: &S, op: Op, now: Timestamp) -> Result<Reply, String> {
        let mut batch = Batch::new(now);
        batch.push(op);
        Ok(self.replies(store, &batch).await?[0])
    }
}

fn boxed<S, F: Future<Output = S> + Send + 'static>(
    make: impl Fn() -> F + Send + Sync + 'static,
) -> Constructor<S> {
    Box::new(move || Box::pin(make()))
}

impl<S> fmt::Debug for Contract<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let room = self.small.as_ref().map(|small| small.room);
        f.debug_struct("Contract")
            .field("cases", &self.cases)
            .field("seed", &self.seed)
            .field("room", &room)
            .finish()
    }
}
