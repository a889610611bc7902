//! The behaviour of Portcullis, written once as data and run over every target.
//!
//! A *vector* is a TOML file of cases. A case is a configuration, route policies and timed steps, each with what must be
//! observed: the status, the body, headers, what the handler saw, the finding, the events, who is banned. A *target* is
//! anything that can serve the steps: the engine alone, a framework's adapter in process, an adapter behind a socket.
//! All targets are held to the same vectors by one [runner](run), so no target can drift from the others unnoticed; a
//! difference that a target cannot help is declared in `known.toml` with its reason, and an entry that is no longer
//! needed fails the run.
//!
//! The format is described in `README.md` beside this crate. What it must never do: know a case by name, or be lenient
//! about what a vector says. An unknown field, an odd value and a step that expects nothing are all errors.

pub mod differential;
pub mod family;
pub mod known;
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

/// The snippets of the project's first page, compiled as they stand there: this crate knows every framework.
#[cfg(doctest)]
mod readme {
    #[doc = include_str!("../../README.md")]
    struct Readme;
}
