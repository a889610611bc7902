//! Responses: the headers that every one carries, the answers to preflights, and what a refused client reads.

pub(crate) mod cors;
pub(crate) mod csp;
mod errors;
mod fields;
mod form;
mod rate;
mod rejection;

pub use csp::{CspReport, CspReportError, MAX_CSP_REPORT, parse_csp_report};
pub(crate) use fields::Audience;
pub use fields::{HeaderMode, ResponseHeaders};
pub(crate) use form::BodyFormat;
pub(crate) use rejection::RejectionDraft;
