//! Responses: headers that every response carries, and the body a refused client reads.

mod errors;
mod headers;
mod rate;

pub(crate) use errors::ErrorBodies;
pub(crate) use headers::SecurityHeaders;
pub(crate) use rate::rate_fields;
