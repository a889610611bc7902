//! What the guard puts onto responses: those of the application, its own refusals, and its answers to preflights.

use alloc::string::String;

use http::header::{LOCATION, RETRY_AFTER, VARY};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::BodyFormat;
use super::rate::rate_fields;
use crate::checks::Check;
use crate::config::RateFields;
use crate::respond::RejectionDraft;
use crate::rules::Rules;
use crate::rules::cors::{Cors, Origin};
use crate::time::seconds;
use crate::verdict::{Denial, RateState};

/// How a header is put onto a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderMode {
    /// In place of all that the application sent under its name.
    Replace,
    /// Beside what the application sent.
    Append,
}

/// What the response phase adds to a response of the application.
#[derive(Debug)]
pub struct ResponseHeaders<'e> {
    pub(crate) security: &'e [(HeaderName, HeaderValue)],
    pub(crate) rate: Option<RateState>,
    pub(crate) cors: Option<(&'e Cors, Origin)>,
}

impl<'e> ResponseHeaders<'e> {
    /// Call `put` with each header.
    pub fn apply(&self, mut put: impl FnMut(HeaderMode, &HeaderName, HeaderValue)) {
        for (name, value) in self.fixed() {
            put(HeaderMode::Replace, name, value.clone());
        }
        self.apply_changing(put);
    }

    /// Those that are the same for many responses of one engine, to be set in place of the application's: for drivers that
    /// convert headers, and remember what came of it.
    #[must_use]
    pub const fn fixed(&self) -> &'e [(HeaderName, HeaderValue)] {
        self.security
    }

    /// Call `put` with each header that is not [`fixed`](Self::fixed).
    pub fn apply_changing(&self, mut put: impl FnMut(HeaderMode, &HeaderName, HeaderValue)) {
        for (name, value) in self.rate.into_iter().flat_map(rate_fields) {
            put(HeaderMode::Replace, &name, value);
        }
        let Some((cors, origin)) = self.cors else { return };
        for (name, value) in cors.readable(origin, false).chain(cors.rules(origin)) {
            put(HeaderMode::Replace, &name, value);
        }
        put(HeaderMode::Append, &VARY, HeaderValue::from_static("origin"));
    }

    /// Put them onto a response of the `http` crate.
    pub fn onto(&self, headers: &mut HeaderMap) {
        self.apply(|put, name, value| match put {
            HeaderMode::Replace => drop(headers.insert(name, value)),
            HeaderMode::Append => drop(headers.append(name, value)),
        });
    }
}

/// Who reads a refusal.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Audience {
    pub(crate) secure: bool,
    pub(crate) origin: Origin,
    pub(crate) form: BodyFormat,
}

impl Rules {
    /// The response that refuses a request.
    pub(crate) fn refusal(
        &self,
        objection: &RejectionDraft,
        to: Audience,
        rate: Option<RateState>,
    ) -> Denial {
        if let Some(location) = &objection.location {
            // A redirect is for the browser, not for a reader.
            let header = self.errors.reference_header.clone();
            let mut redirect = Denial::new(objection.check, objection.status, String::new(), header);
            redirect.headers.push((LOCATION, location.clone()));
            return redirect;
        }
        let written = match objection.verbatim {
            true => self.errors.verbatim(objection.status, &objection.body),
            false => self.errors.write(objection.status, &objection.body, to.form),
        };
        let reference_header = self.errors.reference_header.clone();
        let mut denial = Denial::new(objection.check, written.status, written.body, reference_header);
        denial.headers = written.headers;
        denial.headers.extend_from_slice(self.headers.of(to.secure));
        if let Some(after) = objection.retry_after {
            denial.headers.push((RETRY_AFTER, HeaderValue::from(seconds(after).max(1))));
        }
        let fields = match self.limits.fields {
            RateFields::Always => true,
            RateFields::Denied => objection.check == Check::RateLimit,
            RateFields::Never => false,
        };
        denial.headers.extend(rate.filter(|_| fields).into_iter().flat_map(rate_fields));
        if let Some(cors) = &self.cors {
            denial.headers.extend(cors.readable(to.origin, matches!(to.form, BodyFormat::Grpc(_))));
        }
        let vary = match (self.cors.is_some(), written.negotiated) {
            (true, true) => "origin, accept",
            (true, false) => "origin",
            (false, true) => "accept",
            (false, false) => return denial,
        };
        denial.headers.push((VARY, HeaderValue::from_static(vary)));
        denial
    }
}
