//! The comparison of two configurations: the requests with different verdicts.

use std::fmt;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

use crate::input::Request;
use crate::report::{VerdictReport, write_line};
use crate::run::{Replay, Replayer};

/// Replays under two configurations, each with a store of its own, and writes the requests whose verdicts differ.
pub(crate) struct Comparison<'c> {
    pub(crate) before: Replayer,
    pub(crate) after: Replayer,
    pub(crate) out: &'c mut dyn Write,
    pub(crate) changes: Changes,
}

impl Replay for Comparison<'_> {
    fn warm_up_with(&mut self, request: &Request) {
        self.before.warm_up_with(request);
        self.after.warm_up_with(request);
    }

    fn replay(&mut self, request: &Request) -> io::Result<()> {
        let before = self.before.evaluate_request(request);
        let after = self.after.evaluate_request(request);
        let change = Change { id: &request.id, before: &before, after: &after };
        if self.changes.add(&change) {
            write_line(self.out, &change)?;
        }
        Ok(())
    }
}

/// One request with different verdicts.
#[derive(Serialize)]
struct Change<'c> {
    id: &'c Value,
    before: &'c VerdictReport,
    after: &'c VerdictReport,
}

/// The number of changes.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    requests: u64,
    gained: u64,
    lost: u64,
    otherwise: u64,
}

impl Changes {
    /// Count a request; returns whether its verdicts differ.
    fn add(&mut self, change: &Change<'_>) -> bool {
        self.requests += 1;
        if change.before.is_same(change.after) {
            return false;
        }
        match (change.before.flagged, change.after.flagged) {
            (false, true) => self.gained += 1,
            (true, false) => self.lost += 1,
            _ => self.otherwise += 1,
        }
        true
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, gained, lost, otherwise } = self;
        writeln!(
            f,
            "{} of {requests} requests differ: {gained} newly flagged, {lost} no longer flagged, \
             {otherwise} flagged or passed otherwise",
            gained + lost + otherwise
        )
    }
}
