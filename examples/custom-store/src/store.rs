//! The trait: passes batches to the thread that owns the database, and returns its replies.

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

/// The capacity of a store.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Counters: clients times rules. Default: 1,000,000, of some 250 bytes in the file each.
    pub counters: u64,
    /// Bans. At this number, a new ban is rejected; those in force stay. Default: 100,000.
    pub bans: u64,
    /// Batches in the queue of the thread. When it is full, the store is unavailable to a request, and a deferred batch is
    /// dropped. Default: 1024.
    pub queue: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { counters: 1_000_000, bans: 100_000, queue: 1024 }
    }
}

/// Counts of the thread, and of the queue.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    pub(crate) counters: AtomicU64,
    pub(crate) bans: AtomicU64,
    dropped: AtomicU64,
}

/// A [`StateStore`] in a file.
///
/// Bans are on the disk before the reply to the request that led to one; counters within a second. A process that is killed
/// loses that second of its counters, and no ban. Dropping the store waits until queued batches are written.
pub struct RedbStore {
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
    gauges: Arc<Gauges>,
    limits: Limits,
}

impl RedbStore {
    /// The store in the file at `path`, which is created if it is missing. A file serves one process at a time.
    ///
    /// # Errors
    /// A file that cannot be opened, is not a database, or is open in another process.
    pub fn open(path: impl AsRef<Path>, limits: Limits) -> Result<Self, redb::Error> {
        let database = Database::create(path)?;
        let (jobs, queue) = sync_channel(limits.queue);
        let gauges = Arc::new(Gauges::default());
        let worker = Worker::new(database, limits, Arc::clone(&gauges))?;
        let thread = thread::Builder::new().name("portcullis-redb".into()).spawn(move || worker.run(&queue));
        Ok(Self { jobs: Some(jobs), thread: Some(thread.map_err(redb::Error::Io)?), gauges, limits })
    }

    /// The number of counters, expired ones that are not yet removed included.
    #[must_use]
    pub fn counters(&self) -> u64 {
        self.gauges.counters.load(Ordering::Relaxed)
    }

    /// Deferred batches that were dropped because the queue was full.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.gauges.dropped.load(Ordering::Relaxed)
    }

    /// Queue a job; `false` when the queue is full, or the thread has ended.
    fn queue(&self, job: Job) -> bool {
        self.jobs.as_ref().is_some_and(|jobs| jobs.try_send(job).is_ok())
    }
}

impl StateStore for RedbStore {
    fn apply<'a>(&'a self, batch: &'a Batch) -> StoreResponse<'a> {
        StoreResponse::Pending(Box::pin(async {
            let (reply, receiver) = oneshot::channel();
            if !self.queue(Job::Apply(Box::new(batch.clone()), Some(reply))) {
                return Err(Unavailable);
            }
            // A cancelled call changes nothing: the job is queued and is results as a whole.
            receiver.await.unwrap_or(Err(Unavailable))
        }))
    }

    fn defer(&self, batch: &Batch) {
        if !self.queue(Job::Apply(Box::new(batch.clone()), None)) {
            self.gauges.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn list_bans(&self, now: Timestamp, limit: usize) -> Listing<'_> {
        Box::pin(async move {
            let (reply, receiver) = oneshot::channel();
            if !self.queue(Job::List { now, limit, reply }) {
                return Err(ListBansError::Unavailable);
            }
            receiver.await.unwrap_or(Err(ListBansError::Unavailable))
        })
    }

    fn ban_capacity(&self) -> Option<BanCapacity> {
        Some(BanCapacity { used: self.gauges.bans.load(Ordering::Relaxed), max: self.limits.bans })
    }
}

impl Drop for RedbStore {
    fn drop(&mut self) {
        // Without a sender the thread drains the queue and writes the rest.
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // An error means that it panicked, which the panic hook has reported.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for RedbStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedbStore").field("limits", &self.limits).finish_non_exhaustive()
    }
}
