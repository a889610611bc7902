//! The event about routes that bypass all checks.

use alloc::string::String;

use crate::event::EventKind;
use crate::request::context::RequestContext;

/// Report that a route bypasses all checks. The event is informational and sampled.
pub(crate) fn report(ctx: &mut RequestContext<'_>) {
    if ctx.head.sample_info_events {
        let reason = String::from("Route configured to bypass all security checks");
        let metadata =
            [("bypassed_checks", alloc::vec![String::from("all")].into()), ("endpoint", ctx.path().into())];
        ctx.event(EventKind::SecurityBypass, "all_checks_bypassed", "middleware", reason, metadata);
    }
}
