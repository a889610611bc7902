//! Loops and conditions of the Windows command interpreter: `for /f %a in (list) do command`, `if exist file command`.
//!
//! No other language has this form and prose does not have it by accident, so the form alone is enough evidence. The command
//! in it need not be a known program.

use super::identifier::is_name;
use super::rules;
use crate::detect::evidence::Rule;
use crate::detect::lang::dictionary;

use super::program;

/// How far the parts of a loop or condition may be from each other.
const REACH: usize = 128;

/// Whether there is a loop.
pub(super) fn loops(text: &[u8]) -> bool {
    // The first of several is the one that counts.
    let first = |at: usize| at == 0 || text[at - 1] != b'%';
    memchr::memchr_iter(b'%', text).any(|at| first(at) && loop_from(text, at))
}

/// Whether there is a condition.
pub(super) fn branches(text: &[u8]) -> bool {
    starts(text).any(|start| keyword(&text[start..text.len().min(start + REACH)], b"if").is_some_and(branch))
}

/// Whether `text` begins with the word that conditions do.
pub(super) fn begins(text: &[u8]) -> bool {
    matches!(text, [b'i' | b'I', b'f' | b'F', b' ' | b'/', ..])
}

/// The rule about the loop or condition that `text` holds.
pub(super) fn find(text: &[u8]) -> Option<&'static Rule> {
    if loops(text) {
        return Some(&rules::BATCH_LOOP);
    }
    branches(text).then_some(&rules::BATCH_CONDITION)
}

/// Where a command may start.
fn starts(text: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let blanks = |at: usize| at + text[at..].iter().take(8).take_while(|byte| **byte == b' ').count();
    memchr::memchr3_iter(b'&', b'|', b'(', text).map(|at| at + 1).chain([0]).map(blanks)
}

/// What follows the keyword that `text` starts with, and the blanks behind it.
fn keyword<'t>(text: &'t [u8], keyword: &[u8]) -> Option<&'t [u8]> {
    let rest = text.get(keyword.len()..)?;
    let ends = rest.first().is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    (ends && text[..keyword.len()].eq_ignore_ascii_case(keyword)).then(|| rest.trim_ascii_start())
}

/// Whether the `%` at `at` names the variable of a loop: `for /l %%i in (1,1,5) do echo %%i`.
fn loop_from(text: &[u8], at: usize) -> bool {
    let rest = &text[at..text.len().min(at + 2 * REACH)];
    let name = &rest[rest.iter().take_while(|byte| **byte == b'%').count()..];
    let name = &name[name.len().min(1)..];
    let name = &name[name.iter().take_while(|byte| is_name(**byte)).count()..];
    let Some(list) = keyword(name.trim_ascii_start(), b"in") else { return false };
    let Some(list) = list.strip_prefix(b"(") else { return false };
    let Some(end) = memchr::memrchr(b')', list) else { return false };
    let before = &text[at.saturating_sub(REACH)..at];
    let starts = (0..before.len().saturating_sub(3)).rev().any(|start| {
        keyword(&before[start..], b"for").is_some()
            && before[..start].last().is_none_or(|byte| !byte.is_ascii_alphanumeric())
    });
    starts
        && (0..=end).rev().any(|close| {
            list[close] == b')' && keyword(list[close + 1..].trim_ascii_start(), b"do").is_some()
        })
}

/// Whether a condition and a command follow `if`.
fn branch(mut rest: &[u8]) -> bool {
    // Only this language has options of a condition, and quotes around what is no text to it.
    let mut certain = false;
    while let Some(option) = keyword(rest, b"/i").or_else(|| keyword(rest, b"not")) {
        certain |= rest.starts_with(b"/");
        rest = option;
    }
    if [&b"exist"[..], b"defined", b"errorlevel", b"cmdextversion"]
        .iter()
        .any(|word| keyword(rest, word).is_some())
    {
        let operand = &rest[rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len())..];
        return after_operand(operand.trim_ascii_start()).is_some_and(runs);
    }
    let Some(operator) = after_operand(rest.strip_prefix(b"(").unwrap_or(rest)) else { return false };
    let glued = rest.starts_with(b"\"") && rest[..rest.len() - operator.len()].ends_with(b"\"");
    let quoted = rest.starts_with(b"\"") && operator.starts_with(b"== \"");
    let right = match operator {
        [b'=', b'=', right @ ..] => right,
        _ => {
            let operators = [&b"equ"[..], b"neq", b"lss", b"leq", b"gtr", b"geq"];
            let Some(right) = operators.iter().find_map(|word| keyword(operator, word)) else { return false };
            return after_operand(right).is_some();
        }
    };
    // Languages with a comparison like this have blanks around it, or a colon behind it.
    let right = right.strip_prefix(b"=").unwrap_or(right);
    let blank = right.starts_with(b" ");
    after_operand(right.trim_ascii_start()).is_some_and(|command| {
        let word = command.first().is_some_and(u8::is_ascii_alphabetic);
        runs(command) && (!blank || quoted) || (certain || glued) && !blank && word
    })
}

/// What follows the operand that `text` starts with: a quoted string, or everything up to a blank or comparison.
fn after_operand(text: &[u8]) -> Option<&[u8]> {
    let len = match text {
        [b'"', rest @ ..] => memchr::memchr(b'"', rest)? + 2,
        _ => text.iter().position(|byte| matches!(byte, b' ' | b'='))?,
    };
    let operand = &text[..len];
    (len > 0 && !operand.ends_with(b":")).then(|| text[len..].trim_ascii_start())
}

/// Whether `text` starts with a command or a block of them.
fn runs(text: &[u8]) -> bool {
    let name = text.strip_prefix(b"@").unwrap_or(text);
    let name = &name[..name.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count()];
    text.starts_with(b"(") || program::named(dictionary::hash(name)).is_some()
}
