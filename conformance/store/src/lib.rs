//! What every [`StateStore`] promises, as a test that the author of a store calls.
//!
//! A store that holds counters and bans wrongly shows nothing for months and then lets somebody in. So the promise is
//! written once, as [laws](Law), and every store is held to it: the one in memory, those of this project, and yours. A law
//! asks through the trait alone and knows nothing of what is behind it. What breaks a law is reported with the sequence
//! that broke it, as short as it could be made.
//!
//! ```
//! use std::sync::Mutex;
//!
//! use portcullis_core::state::{StoreResponse, Batch, StateStore, model::Model, reduce::reduce};
//! use portcullis_store_contract::Contract;
//!
//! /// Forgets nothing, so it is no store to serve with; but it keeps the contract.
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
//! Instants are given to a store with every batch and have nothing to do with its own clock, except that they begin at the
//! present: a store that has entries expire by themselves is judged like any other.

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

type Making<S> = Pin<Box<dyn Future<Output = S> + Send>>;
type Maker<S> = Box<dyn Fn() -> Making<S> + Send + Sync>;

/// How much a store holds that was made for [`Contract::small`].
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// Counters.
    pub counters: u32,
    /// Bans.
    pub bans: u32,
}

struct Small<S> {
    make: Maker<S>,
    room: Capacity,
    held: Box<dyn Fn(&S) -> u64 + Send + Sync>,
}

/// The laws, and the stores that are held to them.
pub struct Contract<S> {
    make: Maker<S>,
    small: Option<Small<S>>,
    cases: u32,
    seed: u64,
    patience: Duration,
    start: u64,
}

impl<S: StateStore + 'static> Contract<S> {
    /// The contract for stores that `make` makes: each time another one, empty, with room for a few thousand counters and
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

    /// Stores with as little `room` as this, for [`Law::Capacity`]. `held` tells how many counters one holds. Without this,
    /// that law is not checked: leave it out only for a store whose room is somebody else's, such as a server's.
    #[must_use]
    pub fn small<F: Future<Output = S> + Send + 'static>(
        mut self,
        room: Capacity,
        make: impl Fn() -> F + Send + Sync + 'static,
        held: impl Fn(&S) -> u64 + Send + Sync + 'static,
    ) -> Self {
        self.small = Some(Small { make: boxed(make), room, held: Box::new(held) });
        self
    }

    /// How many random sequences are tried; default 64.
    #[must_use]
    pub const fn cases(mut self, cases: u32) -> Self {
        self.cases = cases;
        self
    }

    /// Try the sequences of this seed: that of a [`Breach`], to see it again.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How long an answer, and the effect of a deferred batch, may take; default 5 seconds.
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
    /// How it is broken.
    ///
    /// # Panics
    /// Within another Tokio runtime, and when the machine has no thread for one.
    pub fn check(&self, law: Law) -> Result<(), Breach> {
        let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build();
        let runtime = runtime.expect("a runtime of four threads");
        self.run(law, &runtime).map_err(|story| Breach { law, seed: self.seed, story })
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

    async fn fresh(&self) -> Arc<S> {
        Arc::new((self.make)().await)
    }

    /// The instant so many milliseconds after the start.
    const fn at(&self, millis: u64) -> Timestamp {
        Timestamp::from_millis(self.start + millis)
    }

    /// The replies to a batch: as many as it has ops, in time.
    async fn answers(&self, store: &S, batch: &Batch) -> Result<Replies, String> {
        let answer = match store.apply(batch) {
            StoreResponse::Ready(answer) => answer,
            StoreResponse::Pending(_) if store.is_synchronous() => {
                return Err("it says that it answers at once, and has the caller wait".into());
            }
            StoreResponse::Pending(answer) => match timeout(self.patience, answer).await {
                Ok(answer) => answer,
                Err(_) => return Err(format!("no answer within {:?} to {:?}", self.patience, batch.ops())),
            },
        };
        let replies = answer.map_err(|unavailable| format!("{unavailable}: {:?}", batch.ops()))?;
        match replies.len() == batch.ops().len() {
            true => Ok(replies),
            false => Err(format!("{} replies to {:?}", replies.len(), batch.ops())),
        }
    }

    /// The reply to one op.
    async fn answer(&self, store: &S, op: Op, now: Timestamp) -> Result<Reply, String> {
        let mut batch = Batch::new(now);
        batch.push(op);
        Ok(self.answers(store, &batch).await?[0])
    }
}

fn boxed<S, F: Future<Output = S> + Send + 'static>(
    make: impl Fn() -> F + Send + Sync + 'static,
) -> Maker<S> {
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
