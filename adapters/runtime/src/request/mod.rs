//! One request: the loop that drives it through the engine, the callbacks of the application, and the response.

pub(crate) mod block_report;
pub(crate) mod callbacks;
pub(crate) mod deferred_writes;
pub(crate) mod drive;
pub(crate) mod exchange;
pub(crate) mod message;
pub(crate) mod modify;
pub(crate) mod observer;
pub(crate) mod report;
pub(crate) mod response;
pub(crate) mod routes;
