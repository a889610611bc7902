//! The checks, one file each: what is asked, what is objected to, which event says so.
//!
//! A check takes the [`Case`](crate::case::Case) and either returns or objects. In passive mode an objection is noted and
//! the next check runs, so checks never decide about modes themselves.

pub(crate) mod access;
pub(crate) mod ban;
pub(crate) mod content;
pub(crate) mod identity;
pub(crate) mod message;
pub(crate) mod rate;
pub(crate) mod suspicious;
