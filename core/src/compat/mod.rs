//! The Guard family: its configuration documents, its documents of dynamic rules.
//!
//! Everything that exists for the sake of the family is here. The rest of the engine does not import this module.

pub mod rules;
pub mod settings;
