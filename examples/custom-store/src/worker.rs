//! The thread that owns the database.
//!
//! It takes what waits in the queue, up to [`GROUP`] batches, applies them in one transaction and answers them when that is
//! committed. So each batch is applied as a whole or not at all, batches come one after the other, and under load many of
//! them share the cost of one commit.
//!
//! A commit that bans or pardons goes to the disk at once. The others go there with the next that does, or within
//! [`FLUSH`]: what may be lost is a second of counting.

use std::iter::once;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use ipnet::IpNet;
use portcullis_core::Timestamp;
use portcullis_core::state::reduce::reduce;
use portcullis_core::state::{Batch, ListBansError, Replies, Unavailable};
use redb::{Database, Durability};
use tokio::sync::oneshot::Sender;

use crate::cells::{Hands, Session};
use crate::store::{Gauges, Limits};

/// The most batches of one transaction.
const GROUP: usize = 64;
/// How long a counter may wait for the disk.
const FLUSH: Duration = Duration::from_secs(1);

/// What the thread is asked for.
pub(crate) enum Job {
    /// Apply a batch, and answer unless nobody waits.
    Apply(Box<Batch>, Option<Sender<Result<Replies, Unavailable>>>),
    /// List bans in force.
    List { now: Timestamp, limit: usize, reply: Sender<Result<Vec<(IpNet, Timestamp)>, ListBansError>> },
}

/// What will be answered once the transaction is committed.
enum Done {
    Applied(Box<Replies>),
    Listed(Vec<(IpNet, Timestamp)>),
}

pub(crate) struct Worker {
    database: Database,
    limits: Limits,
    gauges: Arc<Gauges>,
    hands: Hands,
    /// The last time that everything was on the disk; `None` while it is.
    waiting_since: Option<Instant>,
}

impl Worker {
    pub(crate) fn new(database: Database, limits: Limits, gauges: Arc<Gauges>) -> Result<Self, redb::Error> {
        let mut worker = Self { database, limits, gauges, hands: Hands::default(), waiting_since: None };
        // The tables are made, and what an earlier process left is counted.
        worker.transact(&[])?;
        Ok(worker)
    }

    /// Work until nobody can ask any more.
    pub(crate) fn run(mut self, queue: &Receiver<Job>) {
        loop {
            match queue.recv_timeout(FLUSH) {
                Ok(job) => self.serve(once(job).chain(queue.try_iter().take(GROUP - 1)).collect()),
                Err(RecvTimeoutError::Timeout) if self.waiting_since.is_none() => {}
                // A disk that fails is told to the next who asks.
                Err(RecvTimeoutError::Timeout) => _ = self.transact(&[]),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let _ = self.transact(&[]);
    }

    fn serve(&mut self, jobs: Vec<Job>) {
        let done = self.transact(&jobs);
        let mut done = done.map(Vec::into_iter).ok();
        // Who does not wait any more is not told.
        for job in jobs {
            let done = done.as_mut().and_then(Iterator::next);
            match (job, done) {
                (Job::Apply(_, Some(reply)), Some(Done::Applied(replies))) => _ = reply.send(Ok(*replies)),
                (Job::Apply(_, Some(reply)), _) => _ = reply.send(Err(Unavailable)),
                (Job::Apply(_, None), _) => {}
                (Job::List { reply, .. }, Some(Done::Listed(bans))) => _ = reply.send(Ok(bans)),
                (Job::List { reply, .. }, _) => _ = reply.send(Err(ListBansError::Unavailable)),
            }
        }
    }

    /// Do all jobs in one transaction, or none of them. Without jobs: bring everything to the disk.
    fn transact(&mut self, jobs: &[Job]) -> Result<Vec<Done>, redb::Error> {
        let mut transaction = self.database.begin_write()?;
        let mut session = Session::open(&transaction, self.limits, &mut self.hands)?;
        let mut done = Vec::with_capacity(jobs.len());
        for job in jobs {
            done.push(match job {
                Job::Apply(batch, _) => Done::Applied(Box::new(reduce(&mut session, batch))),
                Job::List { now, limit, .. } => Done::Listed(session.bans(*now, *limit)?),
            });
        }
        let outcome = session.finish()?;
        let overdue = self.waiting_since.is_some_and(|since| since.elapsed() > FLUSH);
        let durable = jobs.is_empty() || outcome.banned || overdue;
        transaction.set_durability(if durable { Durability::Immediate } else { Durability::None })?;
        transaction.commit()?;
        self.waiting_since = (!durable).then(|| self.waiting_since.unwrap_or_else(Instant::now));
        self.gauges.counters.store(outcome.counters, Ordering::Relaxed);
        self.gauges.bans.store(outcome.bans, Ordering::Relaxed);
        Ok(done)
    }
}
