//! Drives requests through an engine, and measures the time in the engine alone.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use portcullis_core::{Clock, Engine, Head, Peer, Scratch, StateStore, Timestamp, Verdict};
use portcullis_runtime::MemoryStore;

use crate::input::{Fault, Request, Requests};
use crate::report::{Line, Summary, VerdictReport, write_line};
use crate::store::NoMemoryStore;

/// The time of a request without `at`: 2026-01-01T00:00:00Z.
const DEFAULT_TIME: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// What is done with every request of the input.
pub(crate) trait Replay {
    /// Process a request before the measurement, without an effect on the output.
    fn warm_up_with(&mut self, request: &Request);
    /// Process and report a request. The error is the output's.
    fn replay(&mut self, request: &Request) -> io::Result<()>;
}

/// Why a session ended early.
#[derive(Debug)]
pub(crate) enum SessionError {
    /// The input could not be read further.
    Input(io::Error),
    /// The output could not be written.
    Output(io::Error),
}

/// The input, from its first to its last request.
pub(crate) struct Session<'s> {
    pub(crate) requests: Requests,
    pub(crate) warmup: usize,
    pub(crate) bar: &'s ProgressBar,
}

impl Session<'_> {
    /// Replay every request. Malformed records are reported at once; returns their number.
    pub(crate) fn play(mut self, replay: &mut dyn Replay) -> Result<u64, SessionError> {
        let mut malformed = 0;
        let read = self.warm_up(replay);
        for request in read.into_iter().chain(self.requests) {
            match request {
                Ok(request) => replay.replay(&request).map_err(SessionError::Output)?,
                Err(Fault::Malformed { at, reason }) => {
                    malformed += 1;
                    self.bar.suspend(|| eprintln!("{at}: {reason}"));
                }
                Err(Fault::Unreadable(error)) => return Err(SessionError::Input(error)),
            }
        }
        Ok(malformed)
    }

    /// Warm up with the first requests and return them, for they are still to be replayed.
    fn warm_up(&mut self, replay: &mut dyn Replay) -> VecDeque<Result<Request, Fault>> {
        let mut read = VecDeque::new();
        let mut usable = 0;
        while usable < self.warmup {
            let Some(request) = self.requests.next() else { break };
            usable += usize::from(request.is_ok());
            read.push_back(request);
        }
        read.iter().flatten().cycle().take(self.warmup).for_each(|request| replay.warm_up_with(request));
        read
    }
}

/// One configuration with its store.
pub(crate) struct Replayer {
    engine: Engine,
    store: Box<dyn StateStore>,
    warm_up_store: Box<dyn StateStore>,
    scratch: Scratch,
    stateful: bool,
}

impl Replayer {
    pub(crate) fn new(engine: Engine, stateful: bool) -> Self {
        let store = || -> Box<dyn StateStore> {
            if stateful { Box::new(MemoryStore::new()) } else { Box::new(NoMemoryStore) }
        };
        Self { engine, store: store(), warm_up_store: store(), scratch: Scratch::new(), stateful }
    }

    pub(crate) fn warm_up_with(&mut self, request: &Request) {
        let now = self.instant(request);
        let _ = evaluate(&self.engine, &*self.warm_up_store, &mut self.scratch, request, now);
    }

    pub(crate) fn evaluate_request(&mut self, request: &Request) -> VerdictReport {
        let now = self.instant(request);
        let (verdict, took) = evaluate(&self.engine, &*self.store, &mut self.scratch, request, now);
        VerdictReport::new(&verdict, took)
    }

    /// Requests without `at` have one instant, so that results do not depend on their order; with `--stateful`, where the order
    /// matters, they follow one another by a millisecond.
    fn instant(&self, request: &Request) -> Timestamp {
        let step = if self.stateful { request.position } else { 0 };
        request.at.unwrap_or(DEFAULT_TIME.after(Duration::from_millis(step)))
    }
}

/// A clock with one instant.
struct FixedClock(Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

fn evaluate(
    engine: &Engine,
    store: &dyn StateStore,
    scratch: &mut Scratch,
    request: &Request,
    now: Timestamp,
) -> (Verdict, Duration) {
    let head = Head::new(&request.method, &request.path, &request.headers)
        .query(request.query.as_deref())
        .peer(Peer::Address(request.peer))
        .has_body(!request.body.is_empty());
    let body = request.body.clone();
    let clock = FixedClock(now);
    let start = Instant::now();
    let verdict = engine.evaluate_head(head, body, store, &clock, scratch);
    (verdict, start.elapsed())
}

/// Replays under one configuration and writes a line for every request.
pub(crate) struct Inspection<'i> {
    pub(crate) replayer: Replayer,
    pub(crate) out: &'i mut dyn Write,
    pub(crate) summary: Summary,
}

impl Replay for Inspection<'_> {
    fn warm_up_with(&mut self, request: &Request) {
        self.replayer.warm_up_with(request);
    }

    fn replay(&mut self, request: &Request) -> io::Result<()> {
        let verdict = self.replayer.evaluate_request(request);
        self.summary.add(request, &verdict);
        write_line(self.out, &Line { id: &request.id, verdict: &verdict })
    }
}

#[cfg(test)]
mod tests;
