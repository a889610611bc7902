//! OS command injection (CWE-78): a value that ends the command it is put into and starts another.
//!
//! The value is read as shell words, for Unix and Windows, without everything that shells remove. For each simple command
//! the reader determines how the command begins, whether its first word is a program, and whether the rest looks like
//! arguments or like prose. The name of a program alone must never be an attack: such names are words.

mod argument;
mod batch;
mod command;
mod expansion;
mod glob;
mod identifier;
mod lexer;
mod names;
mod program;
mod rules;
mod variables;
pub(in crate::detect) mod words;

#[cfg(test)]
mod tests;

use identifier::is_name;
use memchr::memmem;

use crate::detect::decode::View;
use crate::detect::decode::work::work;
use crate::detect::evidence::{Evidence, Location, Rule};
use crate::detect::gate;
use crate::detect::gate::{byte, word, word_kind_at};

pub(in crate::detect) const RULES: &[&Rule] = rules::ALL;

/// Whether an attack of this class can be in the view.
pub(in crate::detect) fn may_hold(view: &View<'_>) -> bool {
    let (shape, value) = (view.shape, view.bytes);
    use byte::*;
    let separates = SEMICOLON | AMPERSAND | PIPE | BACKTICK | DOLLAR | CONTROL | OPEN | LESS | BRACE;
    if shape.word(word::COMMAND)
        && (shape.any(separates) && begins_command(value, separates)
            || shape.all(OPEN | CLOSE) && memmem::find(value, b"()").is_some()
            || starts_with_command(value)
            || view.location == Location::Path && shape.any(BLANK)
            || shape.any(BLANK) && starts_with_two_commands(value)
            || shape.any(SLASH | BACKSLASH) && names_directory(value))
    {
        return true;
    }
    shape.all(SLASH | OTHER) && memmem::find(value, b"??/").is_some_and(|at| value[..at].contains(&b'/'))
        || shape.all(SLASH | OTHER)
            && memchr::memchr(b'?', value).is_some_and(|at| value[at..].contains(&b'/'))
            && shape.any(separates | STAR)
        || shape.all(OPEN | CLOSE | BRACE) && memmem::find(value, b"()").is_some()
        || shape.all(BRACE | OTHER) && has_alternatives(value)
        || shape.all(PERCENT | OPEN | CLOSE) && batch::loops(value)
        || (shape.word(word::COMMAND) || batch::begins(value)) && batch::branches(value)
        || value.starts_with(b"-") && argument::runs_command(value)
        || value.starts_with(b"$") && expansion::is_computed(value)
        || shape.all(SLASH | BRACKET) && glob::names_by_class(value)
        || shape.all(BACKSLASH | ALPHA)
            && (memmem::find(value, b"\\n").is_some() || memmem::find(value, b"\\r").is_some())
        || (shape.any(BACKSLASH | CARET | DOLLAR | BACKTICK)
            || shape.quotes > 1 && one_word_has_two_quotes(value))
            && is_spliced(value)
}

/// Whether a known command, or something that may be one in disguise, follows a separator. Blanks between the two are
/// passed once, however many separators there are among them: a line break is both.
fn begins_command(value: &[u8], separates: u32) -> bool {
    let mut behind = false;
    value.iter().enumerate().any(|(at, byte)| {
        work(1);
        let begins = behind && !byte.is_ascii_whitespace() && begins_word(&value[at..]);
        behind = gate::kind_of(*byte) & separates != 0 || behind && byte.is_ascii_whitespace();
        begins
    })
}

/// Whether `rest` starts with a known command, or with something that may be one in disguise.
fn begins_word(rest: &[u8]) -> bool {
    match rest.first() {
        Some(first) if first.is_ascii_alphabetic() => word_kind_at(rest) & word::COMMAND != 0,
        Some(first) => !first.is_ascii_digit() && !matches!(first, b')' | b'=' | b'.'),
        None => false,
    }
}

/// Whether the first word is a command, and anything that follows may be an argument of one.
fn starts_with_command(value: &[u8]) -> bool {
    let start = value.iter().take(64).position(u8::is_ascii_alphabetic);
    let Some(start) = start else { return false };
    value[..start]
        .iter()
        .all(|byte| matches!(byte, 0..=b' ' | b'\'' | b'"' | b'@' | b'+' | b'(' | b'\\' | b'.' | b'$' | b'{'))
        && word_kind_at(&value[start..]) & word::COMMAND != 0
        && has_arguments(&value[start..])
}

/// Whether an option, a path, an address or a number occurs in `command`. Sentences have dots and hyphens, too, but not
/// at the start of a word.
fn has_arguments(command: &[u8]) -> bool {
    command.iter().enumerate().any(|(at, byte)| match byte {
        b'/' | b'\\' | b'<' | b'>' | b'*' | b'%' | b'$' | b'=' | b'|' | b';' | b'&' => true,
        b'-' | b'.' | b'0'..=b'9' | b'~' | b'@' | b'\'' | b'"' => at > 0 && command[at - 1] <= b' ',
        b':' => command.get(at + 1).is_some_and(|next| *next > b' '),
        _ => false,
    })
}

/// Whether the value is a command that runs another one: `sudo whoami`.
fn starts_with_two_commands(value: &[u8]) -> bool {
    let is_command = |text: &[u8]| {
        text.first().is_some_and(u8::is_ascii_alphabetic) && word_kind_at(text) & word::COMMAND != 0
    };
    is_command(value)
        && memchr::memchr(b' ', &value[..value.len().min(16)])
            .is_some_and(|blank| is_command(value[blank..].trim_ascii_start()))
}

/// Whether a directory of programs is named.
fn names_directory(value: &[u8]) -> bool {
    memmem::find(value, b"bin/").is_some() || memmem::find(value, b"32\\").is_some()
}

/// Whether there is no blank between two quotes. People write `don't`, even twice in a sentence.
fn one_word_has_two_quotes(value: &[u8]) -> bool {
    let mut before = None;
    memchr::memchr2_iter(b'\'', b'"', value).any(|at| {
        let between = before.replace(at).map(|before| &value[before + 1..at]);
        between.is_some_and(|between| between.iter().all(|byte| *byte > b' '))
    })
}

/// Whether a word contains something that shells remove. A lone apostrophe does not: shells would wait for its
/// partner, and people write `don't`.
fn is_spliced(value: &[u8]) -> bool {
    // Quotes of the word so far, and one inside of it that waits for its partner.
    let (mut quotes, mut waits) = (0, None);
    let mut before = b' ';
    value.iter().enumerate().any(|(at, byte)| {
        work(1);
        let inside = before.is_ascii_alphabetic();
        before = *byte;
        let quote = matches!(byte, b'\'' | b'"');
        if *byte <= b' ' {
            (quotes, waits) = (0, None);
        } else if quote {
            quotes += 1;
        }
        let goes_on = || value.get(at + 1).is_some_and(|next| continues_splice(*next));
        if !inside || !matches!(byte, b'\\' | b'^' | b'\'' | b'"' | b'`' | b'$') || !goes_on() {
            return waits == Some(*byte);
        }
        if quote && quotes == 1 {
            waits = Some(*byte);
            return false;
        }
        true
    })
}

/// Whether a word continues with `byte` after the removed part.
const fn continues_splice(byte: u8) -> bool {
    byte.is_ascii_alphabetic()
        || matches!(
            byte,
            b'\\' | b'^' | b'\'' | b'"' | b'`' | b'$' | b'@' | b'{' | b'(' | b'1'..=b'9' | b'*' | b'!'
        )
}

/// Whether letters follow the brace that closes a list, which shells join with each member of it: `{l,-a}s`.
fn has_alternatives(value: &[u8]) -> bool {
    memchr::memchr_iter(b'}', value).any(|at| {
        let list = value[at.saturating_sub(lexer::EXPANSION)..at].iter().rev();
        let mut list = list.take_while(|byte| **byte > b' ' && !matches!(byte, b'{' | b'"' | b'}'));
        value.get(at + 1).is_some_and(u8::is_ascii_alphabetic) && list.any(|byte| *byte == b',')
    })
}

/// Whether PHP would call a function while it fills in a string: `{${sleep(5)}}`, `${@print(1)}`.
fn interpolates(text: &[u8]) -> bool {
    [&b"{${"[..], b"${@"].iter().any(|opening| {
        memmem::find(text, opening).is_some_and(|at| {
            let name = &text[at + opening.len()..];
            let len = name.iter().take_while(|byte| is_name(**byte)).count();
            len > 0 && name.get(len) == Some(&b'(')
        })
    })
}

/// Whether a function is defined that does nothing but start itself twice: `f(){ f|f& };f`.
fn is_bomb(text: &[u8]) -> bool {
    memmem::find_iter(text, b"()").take(8).any(|at| {
        let name = &text[..at];
        let len = name.iter().rev().take_while(|byte| is_name(**byte) || **byte == b':').count();
        let name = &name[at - len..];
        let Some(body) = text[at + 2..].trim_ascii_start().strip_prefix(b"{") else { return false };
        let Some(rest) = body.trim_ascii_start().strip_prefix(name) else { return false };
        let rest = rest.strip_prefix(b"()").unwrap_or(rest).trim_ascii_start();
        len > 0 && matches!(rest, [b'|' | b'&', next, ..] if !matches!(next, b'|' | b'&'))
    })
}

/// Add the evidence for this class in `view`.
pub(in crate::detect) fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    let text = view.bytes;
    if view.shape.all(byte::OPEN | byte::CLOSE | byte::BRACE) && is_bomb(text) {
        evidence.add(&rules::FORK_BOMB, 0..text.len());
        return;
    }
    if text.starts_with(b"() {") {
        evidence.add(&rules::SHELLSHOCK, 0..text.len());
        return;
    }
    if let Some(at) = memmem::find(text, b"() {").or_else(|| memmem::find(text, b"(){")) {
        let body = &text[at..];
        let ended = body.iter().take(32).position(|byte| *byte == b'}');
        if ended.is_some_and(|end| matches!(body.get(end + 1..), Some([b';', ..] | [b' ', b';', ..])))
            && body.iter().take(8).any(|byte| *byte == b':')
        {
            evidence.add(&rules::SHELLSHOCK, at..text.len());
            return;
        }
    }
    if argument::runs_command(text) {
        evidence.add(&rules::RUN_OPTION, 0..text.len());
        return;
    }
    if expansion::is_computed(text) {
        evidence.add(&rules::EXPANSION, 0..text.len());
        return;
    }
    if let Some(rule) = batch::find(text) {
        evidence.add(rule, 0..text.len());
    }
    if view.shape.all(byte::DOLLAR | byte::BRACE | byte::OPEN) && interpolates(text) {
        evidence.add(&rules::INTERPOLATION, 0..text.len());
        return;
    }
    // A path always looks like one, and some headers name programs.
    let path = view.location == Location::Path;
    let whole = view.location != Location::Header && (!path || view.shape.any(byte::BLANK));
    command::read(text, whole, path, evidence);
}
