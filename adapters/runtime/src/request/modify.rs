//! A function of the application's that has the last word on responses: the guard's refusals, and those of the application
//! after the guard has set its headers. Answers to preflights are not shown to it, and neither is what passive mode would
//! have refused.
//!
//! It runs on the request path, so it must not block. When it panics, the response stays as it was.

use std::panic::{AssertUnwindSafe, catch_unwind};

use http::{HeaderMap, StatusCode};
use portcullis_core::{Check, Denial};

/// A response that may be changed.
#[derive(Debug)]
#[non_exhaustive]
pub struct MutableResponse<'r> {
    /// The status.
    pub status: &'r mut StatusCode,
    /// The headers.
    pub headers: &'r mut HeaderMap,
    /// What only a refusal of the guard has.
    pub refusal: Option<Refusal<'r>>,
}

/// The part of a refusal that a response of the application does not have.
#[derive(Debug)]
#[non_exhaustive]
pub struct Refusal<'r> {
    /// The check that refused.
    pub check: Check,
    /// The body.
    pub body: &'r mut String,
}

/// Changes responses. Any `Fn(&mut MutableResponse<'_>)` is one.
pub trait Modifier: Send + Sync {
    /// Change `response`, or leave it.
    fn modify(&self, response: &mut MutableResponse<'_>);
}

impl<F: Fn(&mut MutableResponse<'_>) + Send + Sync> Modifier for F {
    fn modify(&self, response: &mut MutableResponse<'_>) {
        self(response);
    }
}

/// Let `modifier` change a response of the application.
pub(crate) fn response(modifier: &dyn Modifier, status: &mut StatusCode, headers: &mut HeaderMap) {
    // The originals stay out of its reach until it has come to its end.
    let (mut new_status, mut new_headers) = (*status, headers.clone());
    let mut modified = MutableResponse { status: &mut new_status, headers: &mut new_headers, refusal: None };
    if catch_unwind(AssertUnwindSafe(|| modifier.modify(&mut modified))).is_ok() {
        (*status, *headers) = (new_status, new_headers);
    }
}

/// Let `modifier` change a refusal.
pub(crate) fn denial(modifier: &dyn Modifier, denial: &mut Denial) {
    let Ok(mut status) = StatusCode::from_u16(denial.status) else { return };
    let mut body = denial.body.clone();
    let mut headers = HeaderMap::with_capacity(denial.headers.len());
    for (name, value) in &denial.headers {
        headers.append(name.clone(), value.clone());
    }
    let refusal = Some(Refusal { check: denial.check, body: &mut body });
    let mut modified = MutableResponse { status: &mut status, headers: &mut headers, refusal };
    if catch_unwind(AssertUnwindSafe(|| modifier.modify(&mut modified))).is_err() {
        return;
    }
    (denial.status, denial.body) = (status.as_u16(), body);
    denial.headers.clear();
    let mut last = None;
    for (name, value) in headers {
        // A header map names a header once, before the first of its values.
        last = name.or(last);
        denial.headers.extend(last.clone().map(|name| (name, value)));
    }
}
