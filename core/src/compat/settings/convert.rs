//! The conversion of each name. The functions are in the table of names and run in its order.

mod access;
mod detection;
mod limits;
mod operation;
mod responses;

pub(super) use access::*;
pub(crate) use access::{PROVIDERS, carve_regions, carved_message};
pub(super) use detection::*;
pub(super) use limits::*;
pub(super) use operation::*;
pub(super) use responses::*;
