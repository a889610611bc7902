//! The delimiters of template expressions: how each kind begins and ends.

use super::names;
use crate::detect::decode::work::work;
use crate::detect::lang::code::Name;

/// A delimiter that opens an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Opening {
    pub(super) at: usize,
    pub(super) len: usize,
    pub(super) end: End,
    /// Whether a formula of LaTeX would look the same: `x^{{2+3}}`.
    pub(super) raised: bool,
}

/// What ends an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// A closing brace.
    Brace,
    /// `%` and a brace.
    PercentBrace,
    /// `%` and an angle.
    PercentAngle,
    /// A closing angle.
    Angle,
    /// A closing bracket.
    Bracket,
    /// A closing parenthesis.
    Parenthesis,
    /// The end of the value: what a directive sets is used behind it.
    Value,
}

/// The first delimiter in `text` that starts at `from` or behind.
pub(super) fn next(text: &[u8], from: usize) -> Option<Opening> {
    let mut at = from;
    loop {
        let found = text[at..].iter().position(|byte| matches!(byte, b'{' | b'<' | b'[' | b'#' | b'@'));
        work(found.unwrap_or(text.len() - at));
        at += found?;
        let rest = &text[at..];
        let before = &text[from..at];
        if let Some((len, end)) = opens(rest, before) {
            let raised = is_formula(before);
            return Some(Opening { at, len, end, raised });
        }
        at += 1;
    }
}

/// Whether a brace behind `before` would be that of a formula: an exponent, an index, the argument of a command.
fn is_formula(before: &[u8]) -> bool {
    let letters = before.iter().rev().take(MAX_NAME).take_while(|byte| byte.is_ascii_alphabetic()).count();
    work(letters);
    matches!(before[..before.len() - letters].last(), Some(b'\\'))
        || letters == 0 && matches!(before.last(), Some(b'^' | b'_'))
}

/// The length of the delimiter that `rest` starts with, and how what it opens ends.
fn opens(rest: &[u8], before: &[u8]) -> Option<(usize, End)> {
    match rest {
        [b'{', b'{', ..] => Some((2, End::Brace)),
        [b'{', ..] if matches!(before.last(), Some(b'$' | b'#' | b'*' | b'~' | b'%' | b'!' | b'@')) => {
            Some((1, End::Brace))
        }
        [b'{', b'%', ..] => Some((2, End::PercentBrace)),
        // `{system('id')}` of Smarty; the block of a function in a script follows a parenthesis.
        [b'{', inner @ ..] if !matches!(before.last(), Some(b')' | b' ')) && is_smarty(inner) => {
            Some((1, End::Brace))
        }
        [b'<', b'%', ..] => Some((2, End::PercentAngle)),
        [b'<', b'#', next, ..] if next.is_ascii_lowercase() => Some((2, End::Angle)),
        [b'[', b'#', next, ..] if next.is_ascii_lowercase() => Some((2, End::Bracket)),
        [b'[', b'=', ..] => Some((2, End::Bracket)),
        [b'@', b'(', ..] => Some((2, End::Parenthesis)),
        [b'#', inner @ ..] => is_directive(inner).then_some((1, End::Value)),
        _ => None,
    }
}

/// Whether a function that acts, or something else that only Smarty has, follows a brace.
fn is_smarty(inner: &[u8]) -> bool {
    let inner = inner.strip_prefix(b"if ").unwrap_or(inner);
    let len =
        inner.iter().take(MAX_NAME).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    work(len);
    let (name, rest) = inner.split_at(len);
    if name.eq_ignore_ascii_case(b"php") {
        return rest.starts_with(b"}");
    }
    let is_static = rest.starts_with(b"::") && (name == b"self" || name.starts_with(b"Smarty"));
    is_static || inner.starts_with(b"$smarty") || rest.starts_with(b"(") && names::is_command(&Name::of(name))
}

/// Names are no longer than this.
const MAX_NAME: usize = 40;

/// Whether a Velocity directive follows a hash: `set($x = ..)`, `foreach($i in ..)`, `evaluate(..)`.
fn is_directive(inner: &[u8]) -> bool {
    [&b"set"[..], b"if", b"foreach", b"evaluate", b"include", b"parse"].iter().any(|name| {
        inner.strip_prefix(*name).is_some_and(|rest| {
            let arguments = rest.strip_prefix(b"(").or_else(|| rest.strip_prefix(b" ("));
            arguments.is_some_and(|rest| matches!(rest.first(), Some(b'$' | b' ' | b'"')))
        })
    })
}
