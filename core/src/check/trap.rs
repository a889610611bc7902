//! Trap paths: whoever asks for one is refused, and banned.
//!
//! Clients on the allow list are left alone, and so are excluded paths. The ban follows the verdict, so it costs the
//! request nothing; the machine itself and the proxies are never banned. A page elsewhere can make its visitor's browser ask
//! for a trap, so a path that an application links to is none.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use crate::case::{Case, EVENT_TEXT, Objection, Refused};
use crate::config::{ConfigErrors, Span, Trap};
use crate::detect::printable;
use crate::event::EventKind;
use crate::state::Op;
use crate::verdict::Check;

const MIN_BAN: Duration = Duration::from_secs(1);
const MAX_BAN: Duration = Duration::from_secs(366 * 86_400);

/// Traps, compiled.
#[derive(Debug, Default)]
pub(crate) struct Traps {
    paths: Vec<String>,
    term: Duration,
}

impl Traps {
    pub(crate) fn compile(trap: &Trap, errors: &mut ConfigErrors) -> Self {
        for (index, path) in trap.paths.iter().enumerate() {
            if !path.starts_with('/') || path == "/" {
                errors.push(format!("trap.paths[{index}]"), "must start with `/` and be longer than that");
            }
        }
        if !(MIN_BAN..=MAX_BAN).contains(&trap.ban_for.0) {
            let problem =
                format!("`{}` is out of range; write {} to {}", trap.ban_for, Span(MIN_BAN), Span(MAX_BAN));
            errors.push("trap.ban_for", problem);
        }
        Self { paths: trap.paths.clone(), term: trap.ban_for.0 }
    }
}

pub(crate) fn check(case: &mut Case<'_>) -> Result<(), Refused> {
    let traps = &case.engine.rules.traps;
    if case.listed || !traps.paths.iter().any(|path| path.eq_ignore_ascii_case(case.head.path)) {
        return Ok(());
    }
    let path = printable(case.head.path.as_bytes(), EVENT_TEXT);
    let action = case.action(Check::Trap);
    let metadata = [("ip_address", case.client_name().into()), ("filter_type", "trap".into())];
    case.event(EventKind::IpBlocked, action, "middleware", format!("Trap path requested: {path}"), metadata);
    if !case.spares(Check::Trap) {
        ban(case, traps.term);
    }
    case.object(Objection::new(Check::Trap, 403, "Forbidden"))
}

fn ban(case: &mut Case<'_>, term: Duration) {
    let rules = &case.engine.rules.ban;
    // A browser sends preflights on behalf of whatever page it shows.
    let target = case.network().filter(|target| rules.enabled && rules.may_ban(*target));
    let Some(target) = target.filter(|_| !case.known.preflight) else { return };
    case.defer(Op::Ban { target, term });
    let metadata = [("duration", term.as_secs().into())];
    case.event(EventKind::IpBanned, "banned", "ip_ban", "trap".into(), metadata);
}
