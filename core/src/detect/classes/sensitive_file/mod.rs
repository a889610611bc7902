//! Forced browsing to sensitive files (CWE-552): repositories, credentials, copies of programs, system files.
//!
//! Only the path of the request is inspected, by whole segments, and only for names that are never served on purpose.
//! Names that some applications serve belong to the classes `cms_probing` and `recon`, which are off by default.

mod names;
mod rules;
pub(in crate::detect) mod words;

use crate::detect::decode::View;
use crate::detect::evidence::{Evidence, Rule};
use crate::detect::lang::path;
use crate::detect::lang::path::{Segment, without_end};

#[cfg(test)]
mod tests;

pub(in crate::detect) const RULES: &[&Rule] = rules::ALL;

/// Whether an attack of this class can be in the view.
pub(in crate::detect) fn may_hold(view: &View<'_>) -> bool {
    path::segments(view).any(|segment| rule_of(&segment).is_some())
}

/// Add the evidence for this class in `view`.
pub(in crate::detect) fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    // Where source is hosted, the names of its files are below one of these.
    let mut hosted = false;
    for (at, segment) in path::segments(view).enumerate() {
        if let Some(rule) = rule_of(&segment)
            && !hosted
        {
            evidence.add(rule, segment.span());
        }
        hosted |= at >= 2 && segment.is_any(&["blob", "blame", "tree", "raw", "edit", "commits"]);
    }
}

/// The rule for a segment, if it is sensitive.
fn rule_of(segment: &Segment<'_>) -> Option<&'static Rule> {
    if segment.is_any(names::REPOSITORIES) {
        Some(&rules::REPOSITORY)
    } else if is_credentials(segment) {
        Some(&rules::CREDENTIALS)
    } else if segment.is_last() && (is_copy(segment.name) || is_dump(segment.name)) {
        Some(&rules::COPY)
    } else if names::SYSTEM.iter().any(|(dir, file)| segment.is(dir) && leads_to(segment, file)) {
        Some(&rules::SYSTEM)
    } else if is_setting(segment) {
        Some(&rules::TOOL_SETTINGS)
    } else if names::HOLES.iter().any(|(name, next)| segment.is(name) && leads_to(segment, next)) {
        Some(&rules::KNOWN_HOLE)
    } else {
        None
    }
}

/// Whether the next segment is `next`, which may be any when it is empty.
fn leads_to(segment: &Segment<'_>, next: &str) -> bool {
    next.is_empty() || segment.next().is_some_and(|segment| segment.is(next))
}

fn is_credentials(segment: &Segment<'_>) -> bool {
    let below = || names::SECRET_PLACES.iter().any(|(dir, file)| segment.is(dir) && leads_to(segment, file));
    segment.is_last() && (segment.is_any(names::SECRETS) || is_environment(segment.name)) || below()
}

/// Whether a file is `.env` or a variant of it, except templates without secrets such as `.env.example`.
fn is_environment(name: &[u8]) -> bool {
    let Some(start) = name.get(..4).filter(|start| start.eq_ignore_ascii_case(b".env")) else {
        return false;
    };
    let shown = ["example", "sample", "template", "dist"].iter().any(|end| without_end(name, end).is_some());
    matches!(name[start.len()..].first(), None | Some(b'.' | b'-' | b'_' | b'~')) && !shown
}

/// Whether a file is the copy of a program or its settings, as editors and administrators leave it: it is served as text.
fn is_copy(name: &[u8]) -> bool {
    let stem = names::COPIES.iter().find_map(|suffix| without_end(name, suffix));
    let Some(stem) = stem.filter(|stem| !stem.is_empty()) else { return false };
    let program = names::PROGRAMS.iter().any(|suffix| without_end(stem, suffix).is_some());
    program || names::SETTINGS.iter().any(|settings| stem.eq_ignore_ascii_case(settings.as_bytes()))
}

/// Whether a file is the dump of a database.
fn is_dump(name: &[u8]) -> bool {
    let packed = [".gz", ".zip", ".bz2"].iter().find_map(|suffix| without_end(name, suffix)).unwrap_or(name);
    without_end(packed, ".sql")
        .is_some_and(|stem| names::DUMPS.iter().any(|dump| stem.eq_ignore_ascii_case(dump.as_bytes())))
}

/// Whether a file belongs to a tool of developers that keeps its settings in the directory of the project.
fn is_setting(segment: &Segment<'_>) -> bool {
    segment.is_any(names::TOOL_DIRECTORIES) && !segment.is_last()
        || segment.is_any(names::TOOL_FILES) && segment.is_last()
}
