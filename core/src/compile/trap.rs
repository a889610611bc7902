//! From `[trap]` to [`Traps`].

use alloc::format;
use core::time::Duration;

use super::limits::{MAX_BAN, span};
use crate::config::{ConfigErrors, Trap};
use crate::rules::trap::Traps;

impl Traps {
    pub(crate) fn compile(trap: &Trap, errors: &mut ConfigErrors) -> Self {
        for (index, path) in trap.paths.iter().enumerate() {
            if !path.starts_with('/') || path == "/" {
                errors.push(format!("trap.paths[{index}]"), "must start with `/` and be longer than that");
            }
        }
        span(errors, "trap.ban_for", trap.ban_for, Duration::from_secs(1), MAX_BAN);
        Self { paths: trap.paths.clone(), term: trap.ban_for.0 }
    }
}
