//! The thread that owns the database.
//!
//! It takes the queued jobs, up to [`GROUP`] of them, applies them in one transaction and replies when that is committed. So
//! each batch is applied as a whole or not at all, batches are applied in order, and under load many of them share the cost
//! of one commit.
//!
//! A commit that bans or unbans is written to the disk at once. Others are written with the next that is, or within
//! [`FLUSH`]: a crash loses a second of counts at most.

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

use crate::backend::{Session, SweepPositions};
use crate::store::{Gauges, Limits};

/// The maximum number of jobs in one transaction.
const GROUP: usize = 64;
/// The maximum delay until a counter is on the disk.
const FLUSH: Duration = Duration::from_secs(1);

/// A job for the thread.
pub(crate) enum Job {
    /// Apply a batch, and reply unless it is deferred.
    Apply(Box<Batch>, Option<Sender<Result<Replies, Unavailable>>>),
    /// List bans in force.
    List { now: Timestamp, limit: usize, reply: Sender<Result<Vec<(IpNet, Timestamp)>, ListBansError>> },
}

/// A result to send once the transaction is committed.
enum JobResult {
    Applied(Box<Replies>),
    Listed(Vec<(IpNet, Timestamp)>),
}

pub(crate) struct Worker {
    database: Database,
    limits: Limits,
    gauges: Arc<Gauges>,
    positions: SweepPositions,
    /// When the first commit that is not on the disk was made; `None` if all are.
    unflushed_since: Option<Instant>,
}

impl Worker {
    pub(crate) fn new(database: Database, limits: Limits, gauges: Arc<Gauges>) -> Result<Self, redb::Error> {
        let mut worker =
            Self { database, limits, gauges, positions: SweepPositions::default(), unflushed_since: None };
        // Creates the tables, and counts the entries of an earlier process.
        worker.transact(&[])?;
        Ok(worker)
    }

    /// Work until the store is dropped.
    pub(crate) fn run(mut self, queue: &Receiver<Job>) {
        loop {
            match queue.recv_timeout(FLUSH) {
                Ok(job) => self.serve(once(job).chain(queue.try_iter().take(GROUP - 1)).collect()),
                Err(RecvTimeoutError::Timeout) if self.unflushed_since.is_none() => {}
                // The caller of the next job receives the error of a failed disk.
                Err(RecvTimeoutError::Timeout) => _ = self.transact(&[]),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let _ = self.transact(&[]);
    }

    fn serve(&mut self, jobs: Vec<Job>) {
        let results = self.transact(&jobs);
        let mut results = results.map(Vec::into_iter).ok();
        // A cancelled call has dropped its receiver.
        for job in jobs {
            let results = results.as_mut().and_then(Iterator::next);
            match (job, results) {
                (Job::Apply(_, Some(reply)), Some(JobResult::Applied(replies))) => {
                    _ = reply.send(Ok(*replies));
                }
                (Job::Apply(_, Some(reply)), _) => _ = reply.send(Err(Unavailable)),
                (Job::Apply(_, None), _) => {}
                (Job::List { reply, .. }, Some(JobResult::Listed(bans))) => _ = reply.send(Ok(bans)),
                (Job::List { reply, .. }, _) => _ = reply.send(Err(ListBansError::Unavailable)),
            }
        }
    }

    /// Do all jobs in one transaction, or none of them. Without jobs: flush to the disk.
    fn transact(&mut self, jobs: &[Job]) -> Result<Vec<JobResult>, redb::Error> {
        let mut transaction = self.database.begin_write()?;
        let mut session = Session::open(&transaction, self.limits, &mut self.positions)?;
        let mut results = Vec::with_capacity(jobs.len());
        for job in jobs {
            results.push(match job {
                Job::Apply(batch, _) => JobResult::Applied(Box::new(reduce(&mut session, batch))),
                Job::List { now, limit, .. } => JobResult::Listed(session.bans(*now, *limit)?),
            });
        }
        let outcome = session.finish()?;
        let overdue = self.unflushed_since.is_some_and(|since| since.elapsed() > FLUSH);
        let durable = jobs.is_empty() || outcome.banned || overdue;
        transaction.set_durability(if durable { Durability::Immediate } else { Durability::None })?;
        transaction.commit()?;
        self.unflushed_since = (!durable).then(|| self.unflushed_since.unwrap_or_else(Instant::now));
        self.gauges.counters.store(outcome.counters, Ordering::Relaxed);
        self.gauges.bans.store(outcome.bans, Ordering::Relaxed);
        Ok(results)
    }
}
