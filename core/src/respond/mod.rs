//! Responses: the headers that the guard sets, the replies to preflights, and the bodies of rejections.

pub(crate) mod cors;
pub(crate) mod csp;
mod errors;
mod fields;
mod form;
mod rate;
mod rejection;

pub use csp::{CspReport, CspReportError, MAX_CSP_REPORT, parse_csp_report};
pub(crate) use fields::ResponseVariant;
pub use fields::{HeaderMode, ResponseHeaders};
pub(crate) use form::BodyFormat;
pub(crate) use rejection::RejectionDraft;
