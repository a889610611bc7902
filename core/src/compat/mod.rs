//! Compatibility with the Guard family: its configuration documents and its documents of dynamic rules.
//!
//! All code that exists only for the family is here. The rest of the engine does not import this module.

pub mod rules;
pub mod settings;
