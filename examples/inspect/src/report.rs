//! The output for a request, and the summary of all of them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use portcullis_core::detect::Finding;
use portcullis_core::{Outcome, Verdict};
use serde::Serialize;
use serde_json::Value;

use crate::input::{Label, Request};

/// A verdict in the output.
#[derive(Debug, Serialize)]
pub(crate) struct VerdictReport {
    /// Rejected, or reported in passive mode.
    pub(crate) flagged: bool,
    status: Option<u16>,
    class: Option<&'static str>,
    cwe: Option<&'static str>,
    rule: Option<Cow<'static, str>>,
    #[serde(rename = "where")]
    location: Option<String>,
    view: Option<String>,
    excerpt: Option<String>,
    score: f32,
    complete: bool,
    /// The work of the inspection, see `Coverage::steps`.
    steps: u64,
    micros: f64,
    /// The name of the rejecting check.
    #[serde(skip)]
    check: Option<&'static str>,
    #[serde(skip)]
    took: Duration,
}

impl VerdictReport {
    pub(crate) fn new(verdict: &Verdict, took: Duration) -> Self {
        let finding = verdict.finding.as_deref();
        Self {
            flagged: verdict.record.outcome != Outcome::Allow,
            status: verdict.status(),
            class: finding.map(|finding| finding.class.name()),
            cwe: finding.and_then(|finding| finding.class.cwe()),
            rule: finding.map(|finding| finding.rule.clone()),
            location: finding.map(Finding::field),
            view: finding.map(|finding| finding.decodings.to_string()),
            excerpt: finding.map(|finding| finding.excerpt.clone()),
            score: finding.map_or(0.0, |finding| finding.score),
            complete: verdict.coverage.is_complete(),
            steps: verdict.coverage.steps,
            // The clock has nanoseconds.
            micros: took.as_nanos() as f64 / 1000.0,
            check: verdict.record.check.map(portcullis_core::Check::name),
            took,
        }
    }

    /// Whether the other result is the same, apart from its time.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let outcome = |verdict: &Self| (verdict.flagged, verdict.status, verdict.check, verdict.complete);
        let finding = |verdict: &Self| (verdict.class, verdict.rule.clone(), verdict.score);
        outcome(self) == outcome(other)
            && finding(self) == finding(other)
            && self.location == other.location
            && self.view == other.view
            && self.excerpt == other.excerpt
    }
}

/// One line of the output.
#[derive(Serialize)]
pub(crate) struct Line<'l> {
    pub(crate) id: &'l Value,
    #[serde(flatten)]
    pub(crate) verdict: &'l VerdictReport,
}

/// Write one line of JSON.
pub(crate) fn write_line(out: &mut dyn Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// The summary for the operator.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    flagged: u64,
    incomplete: u64,
    /// By class and rule, or by check for a rejection without a finding.
    reasons: BTreeMap<(&'static str, Cow<'static, str>), u64>,
    statuses: BTreeMap<u16, u64>,
    sources: BTreeMap<String, Source>,
    /// Nanoseconds of every request, so that quantiles are exact: four bytes a request. A time above four seconds counts as
    /// four; the maximum is kept separately.
    times: Vec<u32>,
    longest: Duration,
}

/// The flagged and all labelled requests of one source.
#[derive(Clone, Copy, Debug, Default)]
struct Source {
    attack: Share,
    benign: Share,
    unlabelled: Share,
}

#[derive(Clone, Copy, Debug, Default)]
struct Share {
    flagged: u64,
    all: u64,
}

impl Source {
    fn and(self, other: Self) -> Self {
        let sum = |a: Share, b: Share| Share { flagged: a.flagged + b.flagged, all: a.all + b.all };
        Self {
            attack: sum(self.attack, other.attack),
            benign: sum(self.benign, other.benign),
            unlabelled: sum(self.unlabelled, other.unlabelled),
        }
    }
}

impl Summary {
    pub(crate) fn add(&mut self, request: &Request, verdict: &VerdictReport) {
        self.flagged += u64::from(verdict.flagged);
        self.incomplete += u64::from(!verdict.complete);
        let reason = match (verdict.class, verdict.rule.clone()) {
            (Some(class), Some(rule)) => Some((class, rule)),
            _ => verdict.check.map(|check| ("-", check.into())),
        };
        if let Some(reason) = reason {
            *self.reasons.entry(reason).or_default() += 1;
        }
        if let Some(status) = verdict.status {
            *self.statuses.entry(status).or_default() += 1;
        }
        self.times.push(u32::try_from(verdict.took.as_nanos()).unwrap_or(u32::MAX));
        self.longest = self.longest.max(verdict.took);
        if request.source.is_some() || request.label.is_some() {
            self.add_to_source(request, verdict.flagged);
        }
    }

    fn add_to_source(&mut self, request: &Request, flagged: bool) {
        let name = request.source.as_deref().unwrap_or("-");
        if !self.sources.contains_key(name) {
            self.sources.insert(name.into(), Source::default());
        }
        let Some(source) = self.sources.get_mut(name) else { return };
        let share = match request.label {
            Some(Label::Attack) => &mut source.attack,
            Some(Label::Benign) => &mut source.benign,
            None => &mut source.unlabelled,
        };
        share.all += 1;
        share.flagged += u64::from(flagged);
    }

    fn times(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut times = self.times.clone();
        times.sort_unstable();
        // The nearest rank: the smallest time that this share of the requests does not exceed.
        let quantile = |percent: usize| {
            let rank = (times.len() * percent).div_ceil(100);
            times.get(rank.saturating_sub(1)).copied().unwrap_or(0)
        };
        writeln!(
            f,
            "micros in the engine: median {:.1}, p95 {:.1}, p99 {:.1}, max {:.1}",
            f64::from(quantile(50)) / 1000.0,
            f64::from(quantile(95)) / 1000.0,
            f64::from(quantile(99)) / 1000.0,
            self.longest.as_nanos() as f64 / 1000.0,
        )
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { flagged, incomplete, .. } = self;
        writeln!(f, "{} requests, {flagged} flagged, {incomplete} incomplete", self.times.len())?;
        if !self.reasons.is_empty() {
            writeln!(f, "by class and rule:")?;
        }
        for ((class, rule), count) in &self.reasons {
            writeln!(f, "  {class:<10} {rule:<32} {count:>8}")?;
        }
        if !self.statuses.is_empty() {
            writeln!(f, "by status:")?;
        }
        for (status, count) in &self.statuses {
            writeln!(f, "  {status:<43} {count:>8}")?;
        }
        if !self.times.is_empty() {
            self.times(f)?;
        }
        table(f, &self.sources)
    }
}

fn table(f: &mut fmt::Formatter<'_>, sources: &BTreeMap<String, Source>) -> fmt::Result {
    if sources.is_empty() {
        return Ok(());
    }
    writeln!(
        f,
        "by source: {:<19} {:>22} {:>22} {:>22}",
        "", "attacks caught", "benign flagged", "unlabelled flagged"
    )?;
    let all = sources.values().fold(Source::default(), |all, source| all.and(*source));
    let total = (sources.len() > 1).then_some(("all", all));
    for (name, source) in sources.iter().map(|(name, source)| (name.as_str(), *source)).chain(total) {
        let [attack, benign, unlabelled] =
            [source.attack, source.benign, source.unlabelled].map(|share| share.to_string());
        writeln!(f, "  {name:<28} {attack:>22} {benign:>22} {unlabelled:>22}")?;
    }
    Ok(())
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.all {
            0 => f.write_str("-"),
            all => {
                let percent = self.flagged as f64 * 100.0 / all as f64;
                write!(f, "{}/{all} {percent:.1}%", self.flagged)
            }
        }
    }
}

#[cfg(test)]
mod tests;
