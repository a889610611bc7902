//! Telemetry: events and metrics, the sinks that receive them, and the envelope that carries them on the wire.

pub mod envelope;
pub(crate) mod recent;
pub mod sink;
