//! The request: the input of the adapter, the values derived from it, and the state that the checks share.

pub(crate) mod canonical_path;
pub(crate) mod client;
pub(crate) mod context;
pub(crate) mod decision;
pub(crate) mod declared_body;
pub(crate) mod facts;
pub(crate) mod flow;
pub(crate) mod head;
pub(crate) mod scope;
pub(crate) mod scratch;
