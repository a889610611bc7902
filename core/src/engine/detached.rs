//! The inspection of a long body on another thread.
//!
//! The inspection of a body takes up to the steps of its [budget](crate::budget), without awaiting anything. An executor
//! thread that runs it serves no other request meanwhile. [`NeedBody::detach`] moves all that the inspection depends on into
//! a [`DetachedInspection`], which runs anywhere; its report resumes the request.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;

use super::Engine;
use super::step::{BodyOutcome, NeedBody};
use crate::body::coding::Codings;
use crate::body::media::Media;
use crate::check::body_inspection::{BodyInspection, BodyReport};
use crate::check::inspector::Origin;
use crate::check::{content, suspicious};
use crate::config::policy::PolicyHandle;
use crate::detect::ClassSet;
use crate::request::context::RequestContext;
use crate::request::scratch::Scratch;

/// The inspection of a body, detached from its request.
#[must_use]
pub struct DetachedInspection {
    is_nested: bool,
    policy: Option<PolicyHandle>,
    classes: Option<ClassSet>,
    content_type: Vec<u8>,
    codings: Codings,
    body: Bytes,
    is_truncated: bool,
    path: String,
    cross_site: bool,
    reports_shadow: bool,
}

impl DetachedInspection {
    /// Inspect the body. `engine` is the one of the request.
    pub fn run(self, engine: &Engine, scratch: &mut Scratch) -> InspectionReport {
        let inspection = BodyInspection {
            rules: engine.rules.within(self.is_nested),
            policy: self.policy.and_then(|handle| engine.policy(handle)),
            classes: self.classes,
            media: Media::of(&self.content_type),
            codings: &self.codings,
            body: &self.body,
            is_truncated: self.is_truncated,
            path: &self.path,
            origin: Origin::Known { cross_site: self.cross_site },
            reports_shadow: self.reports_shadow,
        };
        let report = inspection.run(&mut scratch.scanner, &mut scratch.buffers);
        scratch.trim();
        InspectionReport(report)
    }
}

impl fmt::Debug for DetachedInspection {
    /// Without the request.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DetachedInspection").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// The result of a [`DetachedInspection`].
#[must_use]
#[derive(Debug)]
pub struct InspectionReport(BodyReport);

/// The request of a detached inspection awaits its report.
#[must_use]
pub struct NeedInspection<'s, 'r> {
    ctx: &'s mut RequestContext<'r>,
    replay: Bytes,
}

impl<'s, 'r> NeedInspection<'s, 'r> {
    /// Continue with the report.
    pub fn resume(self, report: InspectionReport) -> BodyOutcome<'s, 'r> {
        let flow = content::apply_report(self.ctx, report.0);
        BodyOutcome::new(self.ctx, flow, self.replay)
    }
}

impl<'s, 'r> NeedBody<'s, 'r> {
    /// The body has ended: detach its inspection if more than `bytes` are inspected, else [finish](Self::finish).
    ///
    /// The head is copied as far as the inspection depends on it.
    pub fn detach(self, bytes: usize) -> Detach<'s, 'r> {
        if self.inspected_bytes() <= bytes {
            return Detach::Finished(self.finish());
        }
        let (ctx, replay) = self.into_parts();
        let replay = replay.freeze();
        let Some(read) = content::conclude_reading(ctx, replay.len()) else {
            return Detach::Finished(BodyOutcome::new(ctx, Ok(crate::request::flow::Flow::Continue), replay));
        };
        let body = replay.slice(..read.inspected);
        let inspection = suspicious::prepare_body(ctx, &read.declared, &body, read.is_truncated);
        let detached = DetachedInspection {
            is_nested: ctx.head.outer.is_some(),
            policy: ctx.head.policy,
            classes: inspection.classes,
            content_type: ctx.known.content_type.first.unwrap_or_default().to_vec(),
            codings: inspection.codings.clone(),
            is_truncated: inspection.is_truncated,
            path: inspection.path.into(),
            cross_site: inspection.origin.is_cross_site(),
            reports_shadow: inspection.reports_shadow,
            body,
        };
        Detach::Detached(detached, NeedInspection { ctx, replay })
    }
}

/// The result of [`NeedBody::detach`].
#[must_use]
pub enum Detach<'s, 'r> {
    /// The body is short, or not inspected.
    Finished(BodyOutcome<'s, 'r>),
    /// Run the inspection, and resume with its report.
    Detached(DetachedInspection, NeedInspection<'s, 'r>),
}
