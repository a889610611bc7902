//! A function of the application that modifies responses: the guard's rejections, and the application's responses after the
//! guard has set its headers. It is not called for preflight responses and for rejections that passive mode only reports.
//!
//! It runs on the request path, so it must not block. When it panics, the response stays unchanged.

use std::panic::{AssertUnwindSafe, catch_unwind};

use http::{HeaderMap, StatusCode};
use portcullis_core::{Check, Denial};

/// A response that the modifier may change.
#[derive(Debug)]
#[non_exhaustive]
pub struct MutableResponse<'r> {
    /// The status.
    pub status: &'r mut StatusCode,
    /// The headers.
    pub headers: &'r mut HeaderMap,
    /// The fields that only a rejection of the guard has.
    pub rejection: Option<RejectionParts<'r>>,
}

/// The fields of a rejection that a response of the application does not have.
#[derive(Debug)]
#[non_exhaustive]
pub struct RejectionParts<'r> {
    /// The check that rejected.
    pub check: Check,
    /// The body.
    pub body: &'r mut String,
}

/// Modifies responses. Every `Fn(&mut MutableResponse<'_>)` implements it.
pub trait Modifier: Send + Sync {
    /// Change `response`, or leave it unchanged.
    fn modify(&self, response: &mut MutableResponse<'_>);
}

impl<F: Fn(&mut MutableResponse<'_>) + Send + Sync> Modifier for F {
    fn modify(&self, response: &mut MutableResponse<'_>) {
        self(response);
    }
}

/// Run `modifier` on a response of the application.
pub(crate) fn modify_response(modifier: &dyn Modifier, status: &mut StatusCode, headers: &mut HeaderMap) {
    // The modifier works on copies, so that a panic leaves the originals unchanged.
    let (mut new_status, mut new_headers) = (*status, headers.clone());
    let mut response =
        MutableResponse { status: &mut new_status, headers: &mut new_headers, rejection: None };
    if catch_unwind(AssertUnwindSafe(|| modifier.modify(&mut response))).is_ok() {
        (*status, *headers) = (new_status, new_headers);
    }
}

/// Run `modifier` on a rejection.
pub(crate) fn modify_denial(modifier: &dyn Modifier, denial: &mut Denial) {
    let Ok(mut status) = StatusCode::from_u16(denial.status) else { return };
    let mut body = denial.body.clone();
    let mut headers = HeaderMap::with_capacity(denial.headers.len());
    for (name, value) in &denial.headers {
        headers.append(name.clone(), value.clone());
    }
    let rejection = Some(RejectionParts { check: denial.check, body: &mut body });
    let mut response = MutableResponse { status: &mut status, headers: &mut headers, rejection };
    if catch_unwind(AssertUnwindSafe(|| modifier.modify(&mut response))).is_err() {
        return;
    }
    (denial.status, denial.body) = (status.as_u16(), body);
    denial.headers.clear();
    let mut last = None;
    for (name, value) in headers {
        // `HeaderMap` yields the name only with the first of its values.
        last = name.or(last);
        denial.headers.extend(last.clone().map(|name| (name, value)));
    }
}
