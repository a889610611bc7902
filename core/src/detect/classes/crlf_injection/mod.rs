//! CRLF injection (CWE-93): line breaks that end the line a value is put into, so that the rest is read as a header (HTTP
//! response splitting, CWE-113), a request, or a command of a mail server.
//!
//! A line break in a text is no evidence: people write several lines and paste logs and mails. Evidence is a break after
//! one value with a next line that takes effect. Locations of a single line are weighed more strictly than fields for
//! texts.

mod line;
mod rules;

use crate::detect::decode::View;
use crate::detect::decode::work::work;
use crate::detect::evidence::{Evidence, Location, Rule};

use line::Line;

#[cfg(test)]
mod tests;

pub(in crate::detect) const RULES: &[&Rule] = rules::ALL;

/// The longest value before the first break of a text, which then is a value and not a line of the text.
const VALUE: usize = 96;

/// Whether an attack of this class can be in the view.
pub(in crate::detect) fn may_hold(view: &View<'_>) -> bool {
    layout(view).is_some()
        && breaks(view.bytes).any(|(_, after)| {
            let rest = &view.bytes[after..];
            line::of(rest).is_some()
                || view.location == Location::Header && line::is_field(rest)
                || is_single(view.location) && line::is_custom(rest)
        })
        || view.location == Location::Path
            && breaks(view.bytes).any(|(at, _)| line::sets_php(&view.bytes[..at]))
}

/// Add the evidence for this class in `view`.
pub(in crate::detect) fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    let text = view.bytes;
    let layout = layout(view);
    if layout.is_some() && is_lone_command(text) {
        evidence.add(&rules::LONE_COMMAND, 0..text.len());
    }
    // How many lines that mean something follow each other: commands of a mail server come in rows.
    let mut row = 0;
    for (at, after) in breaks(text) {
        if layout == Some(Layout::Text) && row == 0 && !is_value(&text[..at.min(VALUE + 1)]) {
            break;
        }
        if view.location == Location::Path && line::sets_php(&text[..at]) {
            evidence.add(&rules::PHP_SETTING, at.saturating_sub(16)..at);
        }
        let span = at..text.len().min(after + 32);
        match line::of(&text[after..]) {
            None if is_blank_line(&text[after..]) => continue,
            None if view.location == Location::Header && !is_link(text) && line::is_field(&text[after..]) => {
                evidence.add(&rules::HEADER, span);
            }
            None if is_single(view.location) && line::is_custom(&text[after..]) => {
                evidence.add(&rules::HEADER, span);
            }
            // Of a text only the first line that is not empty counts: its start decides.
            None if layout == Some(Layout::Text) => return,
            None => row = 0,
            Some(Line::Header) => evidence.add(&rules::HEADER, span),
            Some(Line::Request) => evidence.add(&rules::REQUEST, span),
            Some(Line::Mail) => evidence.add(&rules::MAIL_HEADER, span),
            Some(Line::Smtp) => evidence.add(&rules::SMTP, span),
            Some(Line::Command) => {
                row += 1;
                let rule = if row > 1 { &rules::COMMANDS } else { &rules::COMMAND };
                evidence.add(rule, span);
            }
        }
        if evidence.is_enough() {
            return;
        }
    }
}

/// Whether there is only one command of a mail server between two line breaks.
fn is_lone_command(text: &[u8]) -> bool {
    let line = text.strip_prefix(b"\r\n").and_then(|rest| rest.strip_suffix(b"\r\n")).unwrap_or_default();
    line::of(line) == Some(Line::Command)
}

/// Whether the target of a value is one line or a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// It is one line.
    Line,
    /// It may be many.
    Text,
}

/// The layout; `None` where line breaks are legitimate.
fn layout(view: &View<'_>) -> Option<Layout> {
    match view.location {
        Location::Path
        | Location::Segment
        | Location::QueryName
        | Location::Query
        | Location::Header
        | Location::Cookie
        | Location::FileName => Some(Layout::Line),
        Location::FieldName | Location::LinkedName | Location::JsonKey => Some(Layout::Line),
        Location::Field
        | Location::Json
        | Location::Part
        | Location::Xml
        | Location::Graphql
        | Location::Text => Some(Layout::Text),
        Location::PartHeader | Location::Message => None,
    }
}

/// Whether values of this location end up in one line of a response, if anywhere: links and cookies.
const fn is_single(location: Location) -> bool {
    matches!(location, Location::Path | Location::QueryName | Location::Query | Location::Cookie)
}

/// Whether the text up to a break is one value, or nothing: short, without blanks, no line of a log or a mail, and no line
/// that separates the parts of one.
fn is_value(start: &[u8]) -> bool {
    start.len() <= VALUE
        && !start.starts_with(b"--")
        && !start.iter().any(|byte| matches!(byte, b' ' | b'\t'))
}

/// Whether a value is a link, in which texts are encoded that may be many lines.
fn is_link(text: &[u8]) -> bool {
    memchr::memmem::find(&text[..text.len().min(16)], b"://").is_some()
}

fn is_blank_line(rest: &[u8]) -> bool {
    rest.is_empty() || break_at(rest).is_some()
}

/// Where lines end, and where the next starts. The two characters whose low bytes are CR and LF count, which servers that
/// cut characters to bytes make of them.
fn breaks(text: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    memchr::memchr3_iter(b'\r', b'\n', 0xe5, text).filter_map(|at| {
        work(1);
        Some((at, at + break_at(&text[at..])?))
    })
}

/// The length of the break that `text` starts with.
fn break_at(text: &[u8]) -> Option<usize> {
    match text {
        [b'\r' | b'\n', ..] => Some(1),
        [0xe5, 0x98, 0x8a | 0x8d, ..] => Some(3),
        _ => None,
    }
}
