//! The checks, one file each: what is asked, what is objected to, which event says so.
//!
//! A check takes the [`RequestContext`](crate::request::context::Case) and either returns or objects. In passive mode an objection is noted and
//! the next check runs, so checks never decide about modes themselves.

pub(crate) mod access;
pub(crate) mod auth;
pub(crate) mod ban;
pub(crate) mod content;
pub(crate) mod cors;
pub(crate) mod custom;
pub(crate) mod emergency;
pub(crate) mod excluded;
pub(crate) mod headers;
pub(crate) mod hours;
pub(crate) mod identity;
pub(crate) mod network;
pub(crate) mod rate;
pub(crate) mod referrer;
pub(crate) mod site;
pub(crate) mod suspicious;
pub(crate) mod trap;
pub(crate) mod user_agent;
