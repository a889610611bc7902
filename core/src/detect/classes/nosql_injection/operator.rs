//! Query operators, and their meaning for the field that they compare.

use super::rules;
use crate::detect::decode::View;
use crate::detect::evidence::{Location, Rule};
use crate::detect::lang::sensitive_name::is_sensitive;

/// What an operator does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    /// Runs JavaScript.
    Code,
    /// Is met by all values but a few.
    Most,
    /// Matches a pattern.
    Pattern,
    /// Joins conditions, of which it takes a list.
    Junction,
    /// Has a condition of its own for members of a list.
    Member,
    /// Anything else.
    Plain,
}

impl Operator {
    /// The operator called `$name`.
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"where" | b"function" | b"accumulator" => Self::Code,
            b"ne" | b"nin" | b"not" | b"gt" | b"gte" | b"lt" | b"lte" | b"exists" => Self::Most,
            b"regex" => Self::Pattern,
            b"or" | b"and" | b"nor" => Self::Junction,
            b"elemMatch" => Self::Member,
            b"eq" | b"in" | b"expr" | b"all" | b"size" | b"type" | b"mod" => Self::Plain,
            _ => return None,
        })
    }
}

/// The letters that `text` starts with.
pub(super) fn word(text: &[u8]) -> &[u8] {
    let end = text.iter().take(16).position(|byte| !byte.is_ascii_alphabetic());
    &text[..end.unwrap_or(text.len().min(16))]
}

/// An operator in a name.
#[derive(Debug)]
pub(super) struct OperatorName<'v> {
    pub(super) operator: Operator,
    /// What it compares; empty when that is not known.
    pub(super) field: &'v [u8],
}

/// The operator that a JSON key is, or that a parameter's name holds in brackets. A parameter that is called `$where` as
/// a whole is that of a query language for the web.
pub(super) fn in_name<'v>(view: &View<'v>) -> Option<OperatorName<'v>> {
    let name = view.bytes;
    if view.location == Location::JsonKey {
        let operator = Operator::named(name.strip_prefix(b"$")?)?;
        return Some(OperatorName { operator, field: view.name });
    }
    memchr::memchr_iter(b'$', name).find_map(|at| {
        let before = name[..at].strip_suffix(b"[")?;
        let inside = word(&name[at + 1..]);
        let closed = name.get(at + 1 + inside.len()) == Some(&b']');
        let operator = Operator::named(inside).filter(|_| closed)?;
        let before = before.strip_suffix(b"]").unwrap_or(before);
        let start = memchr::memrchr(b'[', before).map_or(0, |open| open + 1);
        Some(OperatorName { operator, field: &before[start..] })
    })
}

/// The rule for a comparison of `field` by `operator` with `content`: a JSON document behind a colon, or a plain value.
/// `None` when that is an ordinary question.
pub(super) fn rule_for(operator: Operator, field: &[u8], content: &[u8]) -> Option<&'static Rule> {
    let content = content.trim_ascii_start();
    let content = content.strip_prefix(b":").unwrap_or(content).trim_ascii_start();
    if operator == Operator::Code {
        Some(&rules::CODE)
    } else if is_sensitive(field, &[]) {
        Some(&rules::SECRET)
    } else if is_identity(field)
        && match operator {
            Operator::Most => is_trivial(content),
            Operator::Pattern => is_wide(content),
            _ => false,
        }
    {
        Some(&rules::EVERYBODY)
    } else if is_invalid_operand(operator, content) {
        Some(&rules::MISFIT)
    } else {
        None
    }
}

/// Whether a document gives an operator one value where it takes conditions, as probes do.
fn is_invalid_operand(operator: Operator, content: &[u8]) -> bool {
    let takes = match operator {
        Operator::Junction => b'[',
        Operator::Member => b'{',
        _ => return false,
    };
    content.first().is_some_and(|first| *first != takes && !matches!(first, b'[' | b'{'))
}

/// Whether a field identifies a user.
fn is_identity(field: &[u8]) -> bool {
    const PARTS: [&[u8]; 5] = [b"user", b"login", b"mail", b"account", b"admin"];
    let field = &field[..field.len().min(64)];
    PARTS.into_iter().any(|part| field.windows(part.len()).any(|at| at.eq_ignore_ascii_case(part)))
        || [&b"uid"[..], b"u_id", b"name", b"nick"].into_iter().any(|name| field.eq_ignore_ascii_case(name))
}

/// Whether hardly any value is equal to this: null, a truth value, something empty, one character.
pub(super) fn is_trivial(content: &[u8]) -> bool {
    let end = content.iter().take(16).position(|byte| matches!(byte, b',' | b'}' | b']' | b'&'));
    let value = content[..end.unwrap_or(content.len())].trim_ascii();
    let text = unquoted(value);
    match value {
        [] | [b'[' | b'{'] | b"null" | b"true" | b"false" | b"undefined" | b"-1" => true,
        _ => text.len() <= 1,
    }
}

/// Whether a pattern is met by nearly everything, or spells a value out letter by letter.
fn is_wide(content: &[u8]) -> bool {
    let end = content.iter().take(32).position(|byte| matches!(byte, b',' | b'}'));
    let text = unquoted(content[..end.unwrap_or(content.len())].trim_ascii());
    text.len() <= 2 || text.ends_with(b".*") || text.ends_with(b".+") || text.starts_with(b"^.")
}

fn unquoted(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inside @ .., b'"'] | [b'\'', inside @ .., b'\''] => inside,
        _ => value,
    }
}
