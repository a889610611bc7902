//! The checks, one file each: the condition, the rejection, and its event.
//!
//! A check takes the [`RequestContext`](crate::request::context::RequestContext) and either returns or rejects. In
//! report-only mode, `RequestContext::reject` records the rejection and the next check runs, so checks do not handle modes.

pub(crate) mod access;
pub(crate) mod auth;
pub(crate) mod ban;
pub(crate) mod body_inspection;
pub(crate) mod bypass;
pub(crate) mod content;
pub(crate) mod cors;
pub(crate) mod custom;
pub(crate) mod emergency;
pub(crate) mod excluded;
pub(crate) mod headers;
pub(crate) mod hours;
pub(crate) mod identity;
pub(crate) mod inspector;
pub(crate) mod network;
pub(crate) mod rate;
pub(crate) mod referrer;
pub(crate) mod site;
pub(crate) mod suspicious;
pub(crate) mod trap;
pub(crate) mod user_agent;
