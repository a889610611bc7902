//! From `[trap]` to [`Traps`].

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::limits::{MAX_BAN, span};
use crate::config::{ConfigErrors, Trap};
use crate::request::canonical_path::configured_path;
use crate::rules::trap::{TrapPath, Traps};

impl Traps {
    pub(crate) fn compile(trap: &Trap, errors: &mut ConfigErrors) -> Self {
        let mut paths = Vec::new();
        for (index, path) in trap.paths.iter().enumerate() {
            match trap_path(path) {
                Ok(path) => paths.push(path),
                Err(problem) => errors.push(format!("trap.paths[{index}]"), problem),
            }
        }
        span(errors, "trap.ban_for", trap.ban_for, Duration::from_secs(1), MAX_BAN);
        Self { paths, term: trap.ban_for.0 }
    }
}

fn trap_path(source: &str) -> Result<TrapPath, String> {
    let (path, kind): (&str, fn(String) -> TrapPath) = match source.strip_prefix('*') {
        Some(path) => (path, TrapPath::AnyDirectory),
        None => (source, TrapPath::Exact),
    };
    if !path.starts_with('/') {
        return Err("must start with `/`, or with `*/` for any directory".into());
    }
    if path.contains('*') {
        return Err("`*` stands for any directory, and only at the start, as in `*/wp-login.php`; \
                    write `%2A` for the character"
            .into());
    }
    match configured_path(path)? {
        path if path == "/" => Err("must be longer than `/`, which every client requests".into()),
        path => Ok(kind(path)),
    }
}
