//! The Guard family's public corpus, read where it is present.
//!
//! The corpus records what the reference implementation does. It is no part of this project: it is read from beside the
//! workspace, or from the directory that `PORTCULLIS_SHARED` names; without it no case runs. Each of its cases is one test. The
//! engine's differences are declared in `family.toml` with their reasons, one aspect of a case at a time; a declared aspect
//! that agrees fails the run as an undeclared difference does, so that the list can only shrink.
//!
//! [`suite`] reads the files. [`detect`], [`pipeline`] and [`events`] run a case and return its disagreements, the latter
//! two over the guard behind the Axum layer of `service`. [`differences`] is the list. None of them special-cases a case
//! by its name.

pub mod detect;
pub mod differences;
pub mod events;
pub mod pipeline;
mod service;
pub mod suite;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;

use differences::Differences;
use suite::{Case, Content, Suite};

/// The directory of the corpus, if it is present.
#[must_use]
pub fn corpus() -> Option<PathBuf> {
    crate::shared("vectors/guard")
}

/// The aspects of a case that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// Whether the configuration is accepted.
    Config,
    /// Whether the content is an attack.
    IsThreat,
    /// The status, or that the request was served.
    Status,
    /// The body of the response.
    Body,
    /// Headers of the response.
    Headers,
    /// The events, by type and action.
    Events,
    /// A field of an event other than its reason and metadata.
    Envelope,
    /// The reason of an event.
    Reason,
    /// Metadata of an event.
    Metadata,
    /// The calls of `on_block`.
    OnBlock,
}

impl fmt::Display for Aspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Config => "config",
            Self::IsThreat => "is_threat",
            Self::Status => "status",
            Self::Body => "body",
            Self::Headers => "headers",
            Self::Events => "events",
            Self::Envelope => "envelope",
            Self::Reason => "reason",
            Self::Metadata => "metadata",
            Self::OnBlock => "on_block",
        })
    }
}

/// One difference from the corpus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// Which aspect.
    pub aspect: Aspect,
    /// What was expected and what was observed.
    pub what: String,
}

impl Disagreement {
    fn new(aspect: Aspect, what: impl Into<String>) -> Self {
        Self { aspect, what: what.into() }
    }
}

/// Record a disagreement where `expected` and `observed` differ.
fn differs<T: PartialEq + fmt::Debug>(
    found: &mut Vec<Disagreement>,
    aspect: Aspect,
    what: &str,
    expected: &T,
    observed: &T,
) {
    if expected != observed {
        found
            .push(Disagreement::new(aspect, format!("{what}: expected {expected:?}, observed {observed:?}")));
    }
}

/// Compare one case. `Err` is a case that could not be run.
fn compare(case: &Case) -> Result<Vec<Disagreement>, String> {
    match &case.content {
        Content::Detect(input) => detect::compare(input),
        Content::Pipeline(flow) => pipeline::compare(flow),
        Content::Events(flow) => events::compare(flow),
        Content::Skipped(_) => Ok(Vec::new()),
    }
}

/// The number of cases of each suite by outcome.
type Tally = Arc<Mutex<BTreeMap<String, BTreeMap<String, usize>>>>;

fn count(tally: &Tally, suite: &str, outcome: &str) {
    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    *tally.entry(suite.into()).or_default().entry(outcome.into()).or_default() += 1;
}

/// The corpus against the engine, as the `main` of a test without a harness. `more` are tests that need no corpus.
#[must_use]
pub fn main(more: Vec<Trial>) -> ExitCode {
    let arguments = Arguments::from_args();
    let loaded = Differences::current().and_then(|differences| {
        let suites = corpus().map(|directory| suite::load_all(&directory)).transpose()?;
        Ok((Arc::new(differences), suites))
    });
    let (differences, suites) = match loaded {
        Ok(loaded) => loaded,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let tally = Tally::default();
    let mut trials = more;
    match suites {
        Some(suites) => trials.extend(cases(suites, &differences, &tally)),
        None => {
            eprintln!("skipped: no shared test data; set PORTCULLIS_SHARED");
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    for (suite, outcomes) in &*tally.lock().unwrap_or_else(PoisonError::into_inner) {
        let outcomes = outcomes.iter().map(|(outcome, times)| format!("{times} {outcome}"));
        println!("{suite}: {}", outcomes.collect::<Vec<_>>().join(", "));
    }
    conclusion.exit_code()
}

fn cases(suites: Vec<Suite>, differences: &Arc<Differences>, tally: &Tally) -> Vec<Trial> {
    let stray = differences.unused(&suites);
    let names_cases = Trial::test("family.toml names cases that run", move || match stray.as_slice() {
        [] => Ok(()),
        stray => Err(format!("no such case, or it is skipped: {}", stray.join("; ")).into()),
    });
    let mut trials = vec![names_cases];
    for suite in suites {
        for case in suite.cases {
            trials.push(trial(&suite.name, case, differences, tally));
        }
    }
    trials
}

fn trial(suite: &str, case: Case, differences: &Arc<Differences>, tally: &Tally) -> Trial {
    let title = format!("{suite}/{}", case.id);
    if let Content::Skipped(reason) = &case.content {
        count(tally, suite, &format!("skipped ({reason})"));
        return Trial::test(title, || Ok(())).with_ignored_flag(true);
    }
    let (differences, tally, suite) = (Arc::clone(differences), Arc::clone(tally), suite.to_owned());
    Trial::test(title, move || {
        let judged = compare(&case).and_then(|found| differences.compare(&suite, &case.id, &found));
        let outcome = match &judged {
            Ok(0) => "agree",
            Ok(_) => "differ as declared",
            Err(_) => "fail",
        };
        count(&tally, &suite, outcome);
        judged.map(drop).map_err(Failed::from)
    })
}

#[cfg(test)]
mod tests;
