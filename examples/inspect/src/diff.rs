//! Two configurations side by side: which requests they decide otherwise about.

use std::fmt;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

use crate::input::Request;
use crate::report::{Opinion, write_line};
use crate::run::{Judge, Replay};

/// Replays under two configurations, each with a memory of its own, and writes the requests on which they disagree.
pub(crate) struct Comparison<'c> {
    pub(crate) before: Judge,
    pub(crate) after: Judge,
    pub(crate) out: &'c mut dyn Write,
    pub(crate) changes: Changes,
}

impl Replay for Comparison<'_> {
    fn rehearse(&mut self, request: &Request) {
        self.before.rehearse(request);
        self.after.rehearse(request);
    }

    fn replay(&mut self, request: &Request) -> io::Result<()> {
        let before = self.before.judge(request);
        let after = self.after.judge(request);
        let change = Change { id: &request.id, before: &before, after: &after };
        if self.changes.add(&change) {
            write_line(self.out, &change)?;
        }
        Ok(())
    }
}

/// One request on which two configurations disagree.
#[derive(Serialize)]
struct Change<'c> {
    id: &'c Value,
    before: &'c Opinion,
    after: &'c Opinion,
}

/// How much changed.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    requests: u64,
    gained: u64,
    lost: u64,
    otherwise: u64,
}

impl Changes {
    /// Count a request; whether the opinions about it differ.
    fn add(&mut self, change: &Change<'_>) -> bool {
        self.requests += 1;
        if change.before.agrees(change.after) {
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
