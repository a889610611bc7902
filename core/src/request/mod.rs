//! The request: what the adapter hands over, what is derived from it once, and the state that the checks share.

pub(crate) mod client;
pub(crate) mod context;
pub(crate) mod decision;
pub(crate) mod declared_body;
pub(crate) mod facts;
pub(crate) mod flow;
pub(crate) mod head;
pub(crate) mod scratch;
