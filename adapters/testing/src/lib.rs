//! Helpers for the tests of the adapters.

pub mod wire;
