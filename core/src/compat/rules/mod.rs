//! Dynamic rules: a document from elsewhere that lies over the configuration for a while.
//!
//! A [`RuleDocument`] is what the family's agent fetches: bans, lists, limits, patterns, a lock-down, with an identity, a
//! version and perhaps an end. A [`DynamicRules`] decides whether a document is news, lays it over the base configuration (never
//! over the document before it), and gives it back when it ends. It touches no store and no engine: it returns the
//! configuration to compile, the [`StoreCommand`]s to give to the store once, the events to report and what was dropped.
//!
//! A document is made by a machine far away, so a single bad entry is dropped with a warning, where a configuration that
//! somebody wrote would be refused. What cannot be served as a whole is refused, and then nothing has changed.
//!
//! ```
//! use portcullis_core::compat::rules::{DocumentOutcome, DynamicRules, RuleDocument};
//! use portcullis_core::{Config, Timestamp};
//!
//! let now = Timestamp::from_millis(1_700_000_000_000);
//! let document = RuleDocument::from_json(r#"{"rule_id": "r", "version": 2, "global_rate_limit": 5}"#, now)?;
//! let mut book = DynamicRules::new(Config::default());
//! let DocumentOutcome::Apply(applied) = book.receive(&document, now)? else { panic!("it is news") };
//! assert_eq!(applied.config.rate.limit.map(|rate| rate.to_string()).as_deref(), Some("5/min"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod document;
mod dynamic;
mod overlay;
mod provenance;

pub use document::{RuleDocument, RuleError};
pub use dynamic::{DocumentEffects, DocumentOutcome, DynamicRules, IgnoreReason, StoreCommand};
pub(crate) use provenance::RuleProvenance;

#[cfg(test)]
mod tests;
