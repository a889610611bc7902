//! Driving requests through an engine, with a stopwatch around what the engine does and nothing else.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use portcullis_core::{Clock, Engine, Head, NoFacts, Peer, Scratch, StateStore, Timestamp, Verdict};
use portcullis_runtime::MemoryStore;

use crate::input::{Fault, Request, Requests};
use crate::report::{Line, Opinion, Summary, write_line};
use crate::store::Forgetful;

/// When a request happened that does not say so: 2026-01-01T00:00:00Z.
const UNDATED: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// What is done with every request of the input.
pub(crate) trait Replay {
    /// Before anything is timed. Leaves no trace in what is reported.
    fn rehearse(&mut self, request: &Request);
    /// Judge and report. The error is the output's.
    fn replay(&mut self, request: &Request) -> io::Result<()>;
}

/// Why a session ended early.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// The input could not be read on.
    Input(io::Error),
    /// The output could not be written on.
    Output(io::Error),
}

/// The input, from its first to its last request.
pub(crate) struct Session<'s> {
    pub(crate) requests: Requests,
    pub(crate) warmup: usize,
    pub(crate) bar: &'s ProgressBar,
}

impl Session<'_> {
    /// Replay every request. What cannot be read is reported at once; returned is how often that happened.
    pub(crate) fn play(mut self, replay: &mut dyn Replay) -> Result<u64, Stopped> {
        let mut malformed = 0;
        let held = self.warm_up(replay);
        for request in held.into_iter().chain(self.requests) {
            match request {
                Ok(request) => replay.replay(&request).map_err(Stopped::Output)?,
                Err(Fault::Malformed { at, reason }) => {
                    malformed += 1;
                    self.bar.suspend(|| eprintln!("{at}: {reason}"));
                }
                Err(Fault::Unreadable(error)) => return Err(Stopped::Input(error)),
            }
        }
        Ok(malformed)
    }

    /// Rehearse the first requests and return what was read for it, which is still to be replayed.
    fn warm_up(&mut self, replay: &mut dyn Replay) -> VecDeque<Result<Request, Fault>> {
        let mut held = VecDeque::new();
        let mut usable = 0;
        while usable < self.warmup {
            let Some(request) = self.requests.next() else { break };
            usable += usize::from(request.is_ok());
            held.push_back(request);
        }
        held.iter().flatten().cycle().take(self.warmup).for_each(|request| replay.rehearse(request));
        held
    }
}

/// One configuration with the memory it acts on.
pub(crate) struct Judge {
    engine: Engine,
    store: Box<dyn StateStore>,
    rehearsal: Box<dyn StateStore>,
    scratch: Scratch,
    stateful: bool,
}

impl Judge {
    pub(crate) fn new(engine: Engine, stateful: bool) -> Self {
        let store = || -> Box<dyn StateStore> {
            if stateful { Box::new(MemoryStore::new()) } else { Box::new(Forgetful) }
        };
        Self { engine, store: store(), rehearsal: store(), scratch: Scratch::new(), stateful }
    }

    pub(crate) fn rehearse(&mut self, request: &Request) {
        let now = self.instant(request);
        let _ = evaluate(&self.engine, &*self.rehearsal, &mut self.scratch, request, now);
    }

    pub(crate) fn judge(&mut self, request: &Request) -> Opinion {
        let now = self.instant(request);
        let (verdict, took) = evaluate(&self.engine, &*self.store, &mut self.scratch, request, now);
        Opinion::new(&verdict, took)
    }

    /// Undated requests stand still, so that nothing depends on their order; where order is the point they follow one
    /// another by a millisecond.
    fn instant(&self, request: &Request) -> Timestamp {
        let step = if self.stateful { request.position } else { 0 };
        request.at.unwrap_or(UNDATED.after(Duration::from_millis(step)))
    }
}

/// A clock that shows one instant.
struct Fixed(Timestamp);

impl Clock for Fixed {
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
    let head = Head {
        method: &request.method,
        path: &request.path,
        query: request.query.as_deref(),
        authority: None,
        headers: &request.headers,
        peer: Peer::Address(request.peer),
        tls: false,
        has_body: !request.body.is_empty(),
        policy: None,
        route: None,
        principal: None,
        facts: &NoFacts,
        sample_info_events: false,
    };
    let body = request.body.clone();
    let clock = Fixed(now);
    let start = Instant::now();
    let verdict = engine.evaluate_head(head, body, store, &clock, scratch);
    (verdict, start.elapsed())
}

/// Replays under one configuration and writes a line for every request.
pub(crate) struct Inspection<'i> {
    pub(crate) judge: Judge,
    pub(crate) out: &'i mut dyn Write,
    pub(crate) summary: Summary,
}

impl Replay for Inspection<'_> {
    fn rehearse(&mut self, request: &Request) {
        self.judge.rehearse(request);
    }

    fn replay(&mut self, request: &Request) -> io::Result<()> {
        let opinion = self.judge.judge(request);
        self.summary.add(request, &opinion);
        write_line(self.out, &Line { id: &request.id, opinion: &opinion })
    }
}

#[cfg(test)]
mod tests;
