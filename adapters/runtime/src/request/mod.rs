//! One request: the loop that drives it through the engine, its reports, and the response.

pub(crate) mod admission;
pub(crate) mod arrival;
pub(crate) mod deferred_writes;
pub(crate) mod drive;
pub(crate) mod exchange;
pub(crate) mod message;
pub(crate) mod observer;
pub(crate) mod report;
pub(crate) mod response;
pub(crate) mod scratch;
