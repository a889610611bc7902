//! The trait: batches go to the thread that owns the database, and answers come back.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use portcullis_core::Timestamp;
use portcullis_core::state::{
    BanCapacity, Batch, ListBansError, Listing, StateStore, StoreResponse, Unavailable,
};
use redb::Database;
use tokio::sync::oneshot;

use crate::worker::{Job, Worker};

/// How much a store holds.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Counters: clients times rules. Default: 1,000,000, of some 250 bytes in the file each.
    pub counters: u64,
    /// Bans. When there are so many, another one is refused; those in force stay. Default: 100,000.
    pub bans: u64,
    /// Batches that wait for the thread. When there are so many, a request is answered that the store is unavailable, and a
    /// deferred batch is dropped. Default: 1024.
    pub queue: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { counters: 1_000_000, bans: 100_000, queue: 1024 }
    }
}

/// What the thread tells, and what it is not told.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    pub(crate) counters: AtomicU64,
    pub(crate) bans: AtomicU64,
    dropped: AtomicU64,
}

/// A [`StateStore`] in a file.
///
/// Bans are on the disk before the request that led to one is answered; counters within a second. A process that is killed
/// forgets so much of its counters, and no ban. Dropping the store waits for what was queued and writes it.
pub struct RedbStore {
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
    gauges: Arc<Gauges>,
    limits: Limits,
}

impl RedbStore {
    /// The store in the file at `path`, which is made if it is not there. A file serves one process at a time.
    ///
    /// # Errors
    /// A file that cannot be opened, is no database, or serves another process.
    pub fn open(path: impl AsRef<Path>, limits: Limits) -> Result<Self, redb::Error> {
        let database = Database::create(path)?;
        let (jobs, queue) = sync_channel(limits.queue);
        let gauges = Arc::new(Gauges::default());
        let worker = Worker::new(database, limits, Arc::clone(&gauges))?;
        let thread = thread::Builder::new().name("portcullis-redb".into()).spawn(move || worker.run(&queue));
        Ok(Self { jobs: Some(jobs), thread: Some(thread.map_err(redb::Error::Io)?), gauges, limits })
    }

    /// Counters held, those included that are over and were not yet forgotten.
    #[must_use]
    pub fn counters(&self) -> u64 {
        self.gauges.counters.load(Ordering::Relaxed)
    }

    /// Deferred batches that were dropped because the queue was full.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.gauges.dropped.load(Ordering::Relaxed)
    }

    /// Queue a job; `false` when there is no place for it, or the thread is gone.
    fn queue(&self, job: Job) -> bool {
        self.jobs.as_ref().is_some_and(|jobs| jobs.try_send(job).is_ok())
    }
}

impl StateStore for RedbStore {
    fn apply<'a>(&'a self, batch: &'a Batch) -> StoreResponse<'a> {
        StoreResponse::Pending(Box::pin(async {
            let (reply, answer) = oneshot::channel();
            if !self.queue(Job::Apply(Box::new(batch.clone()), Some(reply))) {
                return Err(Unavailable);
            }
            // Who gives up waiting changes nothing: the job is in the queue and is done as a whole.
            answer.await.unwrap_or(Err(Unavailable))
        }))
    }

    fn defer(&self, batch: &Batch) {
        if !self.queue(Job::Apply(Box::new(batch.clone()), None)) {
            self.gauges.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn list_bans(&self, now: Timestamp, limit: usize) -> Listing<'_> {
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            if !self.queue(Job::List { now, limit, reply }) {
                return Err(ListBansError::Unavailable);
            }
            answer.await.unwrap_or(Err(ListBansError::Unavailable))
        })
    }

    fn ban_capacity(&self) -> Option<BanCapacity> {
        Some(BanCapacity { used: self.gauges.bans.load(Ordering::Relaxed), max: self.limits.bans })
    }
}

impl Drop for RedbStore {
    fn drop(&mut self) {
        // Without a sender the thread comes to the end of the queue and writes what is left.
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It panicked, if anything: there is nobody left to tell.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for RedbStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedbStore").field("limits", &self.limits).finish_non_exhaustive()
    }
}
