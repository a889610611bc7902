//! The behaviour of Portcullis, written once as data and run over every target.
//!
//! A *vector* is a TOML file of cases. A case is a configuration, route policies and timed steps, each with what must be
//! observed: the status, the body, headers, what the handler received, the finding, the events, the banned addresses. A
//! *target* is anything that can serve the steps: the engine alone, a framework's adapter in process, an adapter behind a
//! socket. One [runner](run) checks all targets against the same vectors; a difference that a target cannot avoid is
//! declared in `known.toml` with its reason, and an entry that is no longer needed fails the run.
//!
//! `README.md` beside this crate describes the format. The runner must never special-case a case by its name, nor accept a
//! vector leniently: an unknown field, an invalid value and a step without an expectation are errors.

pub mod cases;
pub mod differential;
pub mod family;
pub mod known_differences;
pub mod oracle;
pub mod run;
pub mod target;
pub mod targets;
pub mod vector;

use std::path::{Path, PathBuf};

/// The directory that holds the vectors of this crate.
#[must_use]
pub fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// The snippets of the README, compiled here because this crate depends on every framework.
#[cfg(doctest)]
mod readme {
    #[doc = include_str!("../../README.md")]
    struct Readme;
}

/// A directory of the shared test data, if it is present: in the directory that `PORTCULLIS_SHARED` names, or in `../shared`
/// beside the workspace.
#[must_use]
pub fn shared(directory: &str) -> Option<PathBuf> {
    let beside = || concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared").into();
    let path = PathBuf::from(std::env::var_os("PORTCULLIS_SHARED").unwrap_or_else(beside)).join(directory);
    path.is_dir().then_some(path)
}
