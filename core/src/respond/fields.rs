//! Headers that the guard sets on responses: those of the application, rejections, and replies to preflights.

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

/// How a header is set on a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderMode {
    /// Replace all lines of this name that the application set.
    Replace,
    /// Add a line to those that the application set.
    Append,
}

/// The headers that the response phase sets on a response of the application.
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

    /// The headers that are equal for many responses of one engine; they replace those of the application. Drivers that
    /// convert headers can cache the converted ones.
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
        for (name, value) in cors.access_headers(origin, false).chain(cors.preflight_headers(origin)) {
            put(HeaderMode::Replace, &name, value);
        }
        put(HeaderMode::Append, &VARY, HeaderValue::from_static("origin"));
    }

    /// Set the headers on a response of the `http` crate.
    pub fn onto(&self, headers: &mut HeaderMap) {
        self.apply(|mode, name, value| match mode {
            HeaderMode::Replace => drop(headers.insert(name, value)),
            HeaderMode::Append => drop(headers.append(name, value)),
        });
    }
}

/// The properties of a request that select the headers and the format of a rejection.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ResponseVariant {
    pub(crate) secure: bool,
    pub(crate) origin: Origin,
    pub(crate) format: BodyFormat,
}

impl Rules {
    /// The response for a rejection.
    pub(crate) fn denial(
        &self,
        draft: &RejectionDraft,
        variant: ResponseVariant,
        rate: Option<RateState>,
    ) -> Denial {
        if let Some(location) = &draft.location {
            // Browsers follow the redirect without showing a body.
            let header = self.errors.reference_header.clone();
            let mut redirect = Denial::new(draft.check, draft.status, String::new(), header);
            redirect.headers.push((LOCATION, location.clone()));
            return redirect;
        }
        let written = match draft.verbatim {
            true => self.errors.verbatim(draft.status, &draft.body),
            false => self.errors.write(draft.status, &draft.body, variant.format),
        };
        let reference_header = self.errors.reference_header.clone();
        let mut denial = Denial::new(draft.check, written.status, written.body, reference_header);
        denial.headers = written.headers;
        denial.headers.extend_from_slice(self.headers.of(variant.secure));
        if let Some(after) = draft.retry_after {
            denial.headers.push((RETRY_AFTER, HeaderValue::from(seconds(after).max(1))));
        }
        let fields = match self.limits.fields {
            RateFields::Always => true,
            RateFields::Denied => draft.check == Check::RateLimit,
            RateFields::Never => false,
        };
        denial.headers.extend(rate.filter(|_| fields).into_iter().flat_map(rate_fields));
        if let Some(cors) = &self.cors {
            denial
                .headers
                .extend(cors.access_headers(variant.origin, matches!(variant.format, BodyFormat::Grpc(_))));
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
