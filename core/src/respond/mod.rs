//! Responses: the headers that every one carries, the answers to preflights, and what a refused client reads.

pub(crate) mod cors;
mod csp;
mod errors;
mod fields;
mod form;
mod rate;

pub use csp::{CspReport, CspReportError, MAX_CSP_REPORT, parse_csp_report};
pub(crate) use fields::{Audience, answer_preflight};
pub use fields::{HeaderMode, ResponseHeaders};
pub(crate) use form::BodyFormat;
