//! Recognisers of the application, registered by name.
//!
//! A recogniser that panics has not inspected its value completely: the verdict contains a gap, a body is rejected unless
//! `detect.on_incomplete` allows it, and the panic is logged. Other recognisers and classes are not affected.

use std::panic::{AssertUnwindSafe, catch_unwind};

use portcullis_core::detect::{CustomEvidence, CustomRecogniser, Input, Location, Rule};

/// Catches the panics of a recogniser.
pub(crate) struct CatchPanic<R>(pub(crate) R);

impl<R: CustomRecogniser> CustomRecogniser for CatchPanic<R> {
    fn rules(&self) -> &'static [Rule] {
        self.0.rules()
    }

    fn reads(&self, location: Location) -> bool {
        self.0.reads(location)
    }

    fn recognise(&self, input: &Input<'_>, evidence: &mut CustomEvidence) {
        // Evidence is a list without invariants, so a panic leaves nothing inconsistent in it.
        if catch_unwind(AssertUnwindSafe(|| self.0.recognise(input, evidence))).is_err() {
            let rule = self.0.rules().first().map_or("", |rule| rule.id);
            tracing::error!(target: "portcullis", rule, location = %input.location, "a recogniser panicked; its value counts as not inspected");
            evidence.set_incomplete();
        }
    }
}
