//! LDAP search filters (RFC 4515): which parentheses the value closes without opening them, and what it opens after them.

use super::rules;
use crate::detect::decode::work::work;
use crate::detect::evidence::Evidence;

/// The longest name of an attribute that is looked at, with the matching rule behind it.
const MAX_NAME: usize = 64;

/// Attributes that hold secrets. A directory compares these when it is logged in to, never in a filter.
const SECRETS: [&[u8]; 5] =
    [b"userPassword", b"unicodePwd", b"sambaNTPassword", b"password", b"authPassword"];

/// Whether parentheses are placed as only in filters, code and formulas, or an assertion names its matching rule.
pub(super) fn may_hold(text: &[u8]) -> bool {
    memchr::memchr2_iter(b'(', b')', text).any(|at| match (text[at], text[at + 1..].trim_ascii_start()) {
        (b'(', [b'&' | b'|' | b'!', ..]) => true,
        (b')', [b'(' | b'&' | b'|' | b'!' | 0, ..]) => true,
        (b')', _) => at > 0 && text[at - 1] == b'*',
        _ => false,
    }) || memchr::memchr_iter(b':', text).any(|at| text.get(at + 1) == Some(&b'='))
}

/// What follows an opening parenthesis.
enum FilterComponent<'t> {
    /// `&`, `|` or `!`: a junction of filters.
    Junction,
    /// An attribute and a comparison.
    Condition(Condition<'t>),
    Other,
}

struct Condition<'t> {
    attribute: &'t [u8],
    /// Whether it names the rule to match by.
    extensible: bool,
}

/// Add the evidence in `text`.
pub(super) fn read(text: &[u8], evidence: &mut Evidence<'_>) {
    whole(text, evidence);
    let mut depth = 0_usize;
    // Behind the last parenthesis that closes what the value did not open, and behind what may join filters there.
    let mut left: Option<(usize, usize)> = None;
    for (at, byte) in text.iter().copied().enumerate() {
        work(1);
        match byte {
            b')' if depth > 0 => depth -= 1,
            b')' => {
                left = Some((at, at + 1));
                closed(text, at, evidence);
            }
            b'(' => {
                if let Some((start, end)) = left.take() {
                    reopened(text, start..at, end, evidence);
                } else if depth == 0 && at > 0 && text[at - 1] == b'*' && is_group(&text[at + 1..]) {
                    evidence.add(&rules::GLUED, at - 1..text.len());
                }
                item(text, at, evidence);
                depth += 1;
            }
            b'&' | b'|' | b'!' | b' ' => {
                left = left.filter(|(_, end)| *end == at).map(|(start, _)| (start, at + 1));
            }
            _ => left = None,
        }
        if evidence.is_enough() {
            return;
        }
    }
}

/// The value closes a parenthesis that it did not open.
fn closed(text: &[u8], at: usize, evidence: &mut Evidence<'_>) {
    if text.get(at + 1) == Some(&0) {
        evidence.add(&rules::TRUNCATED, at..at + 2);
    }
    if at > 0 && text[at - 1] == b'*' && matches!(text[at + 1..], [] | [b')' | b' ' | 0, ..]) {
        evidence.add(&rules::WILDCARD, at - 1..at + 1);
    }
}

/// Behind such a parenthesis, at `span.end`, the value opens one.
fn reopened(text: &[u8], span: core::ops::Range<usize>, end: usize, evidence: &mut Evidence<'_>) {
    let at = span.end;
    debug_assert!(end <= at);
    let between = &text[span.start + 1..at];
    let apart = between.contains(&b' ');
    let span = span.start..(at + 2).min(text.len());
    let doubled = text[at + 1..].iter().take(4).take_while(|byte| **byte == b'(').count();
    match inside(&text[at + 1 + doubled..]) {
        // An exclamation mark ends sentences too.
        FilterComponent::Junction
            if !apart || matches!(text[at + 1..].trim_ascii_start(), [b'&' | b'|', ..]) =>
        {
            evidence.add(&rules::JUNCTION, span);
        }
        FilterComponent::Condition(_) if apart => evidence.add(&rules::CONDITION_APART, span),
        FilterComponent::Condition(_) => evidence.add(&rules::CONDITION, span),
        _ => {}
    }
}

/// The evidence of one parenthesised item of a filter.
fn item(text: &[u8], at: usize, evidence: &mut Evidence<'_>) {
    let rest = &text[at + 1..];
    let constant = match rest {
        [b'&' | b'|', b')', ..] => true,
        [digit, ..] if digit.is_ascii_digit() => {
            let digits = rest.iter().take(MAX_NAME).take_while(|byte| byte.is_ascii_digit()).count();
            matches!(rest[digits..], [b'=', next, ..] if next.is_ascii_digit())
        }
        _ => false,
    };
    if constant && text[0] == b'(' {
        evidence.add(&rules::CONSTANT, at..at + 2);
    }
    if let FilterComponent::Condition(condition) = inside(rest) {
        secret(&condition, at + 1, evidence);
    }
}

fn secret(condition: &Condition<'_>, at: usize, evidence: &mut Evidence<'_>) {
    if SECRETS.into_iter().any(|name| name.eq_ignore_ascii_case(condition.attribute)) {
        evidence.add(&rules::SECRET, at..at + condition.attribute.len());
    }
}

/// The value is a filter, or an assertion by itself.
fn whole(text: &[u8], evidence: &mut Evidence<'_>) {
    let text = text.trim_ascii();
    if let Some(rest) = text.strip_prefix(b"(") {
        if text.ends_with(b")") && (is_group(rest) || matches!(inside(rest), FilterComponent::Condition(_))) {
            evidence.add(&rules::FILTER, 0..text.len());
        }
    } else if let FilterComponent::Condition(condition) = inside(text)
        && condition.extensible
    {
        evidence.add(&rules::EXTENSIBLE, 0..text.len());
        secret(&condition, 0, evidence);
    }
}

/// Whether `rest` is a junction and the filters that it joins.
fn is_group(rest: &[u8]) -> bool {
    let [b'&' | b'|' | b'!', filters @ ..] = rest.trim_ascii_start() else { return false };
    filters
        .trim_ascii_start()
        .strip_prefix(b"(")
        .is_some_and(|item| !matches!(inside(item), FilterComponent::Other))
}

fn inside(rest: &[u8]) -> FilterComponent<'_> {
    let blanks = rest.iter().take(MAX_NAME).take_while(|byte| **byte == b' ').count();
    let rest = &rest[blanks..];
    if let [b'&' | b'|' | b'!', ..] = rest {
        return FilterComponent::Junction;
    }
    condition(rest).map_or(FilterComponent::Other, FilterComponent::Condition)
}

/// The condition that `text` starts with: a name or the number of one, and a comparison that no programming language
/// spells like this.
fn condition(text: &[u8]) -> Option<Condition<'_>> {
    let near = &text[..text.len().min(MAX_NAME)];
    work(near.len());
    let end =
        near.iter().position(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'.' | b';'))?;
    let attribute = &near[..end];
    let named = attribute.first()?.is_ascii_alphabetic() || memchr::memchr(b'.', attribute).is_some();
    let rest = near[end..].trim_ascii_start();
    let extensible = match rest {
        [b'=', b'=' | b'>', ..] => return None,
        [b'=', ..] | [b'~' | b'<' | b'>', b'=', ..] => false,
        [b':', rule @ ..] => {
            let assigns = rule.iter().position(|byte| *byte == b'=')?;
            let rule = rule[..assigns].strip_suffix(b":").unwrap_or(&rule[..assigns]);
            let of_rule = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':' | b'-');
            if assigns == 0 || rule.is_empty() || !rule.iter().all(of_rule) {
                return None;
            }
            // `width:=3` assigns in many languages; a rule is a number.
            memchr::memchr(b'.', rule)?;
            true
        }
        _ => return None,
    };
    named.then_some(Condition { attribute, extensible })
}
