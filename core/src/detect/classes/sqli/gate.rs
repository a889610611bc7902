//! The gate: whether a value may contain SQL that leaves its operand.
//!
//! SQL keywords are English words too. A keyword alone opens nothing: it has to be next to a quote, a number, a
//! parenthesis or a comment, which is rare in prose.

use memchr::memmem;

use super::cast;
use crate::detect::decode::View;
use crate::detect::decode::work::work;
use crate::detect::gate::{Shape, byte, word, word_at, word_kind_at};

/// Whether an attack of this class can be in the view.
pub(in crate::detect) fn may_hold(view: &View<'_>) -> bool {
    let (shape, value) = (view.shape, view.bytes);
    use byte::*;
    // Words of a statement need one of these between them.
    let apart = shape.any(BLANK | CONTROL | QUOTE | OPEN | STAR | BACKTICK | HIGH | PLUS);
    let marked = shape.free_quote || shape.any(OPEN | HASH | STAR | EQUAL) || shape.doubled(DASH);
    if apart && shape.word(word::SQL_VERB) {
        // Names of catalogues and of variables are no words of English.
        let named = shape.any(AT | BACKTICK) || shape.any(OTHER) && memchr::memchr(b'_', value).is_some();
        let declares =
            shape.any(AT) && value.get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"declare @"));
        let about = declares || shape.word(word::SQL_CATALOGUE) || shape.word(word::SQL_OBJECT) && named;
        if marked || about || shape.word(word::SQL_UNION) || shape.any(SEMICOLON) && starts_statement(value) {
            return true;
        }
    }
    let called = shape.word(word::SQL_FUNCTION) && shape.any(OPEN)
        || shape.word(word::SQL_CATALOGUE) && shape.any(OPEN | DOT);
    if called && shape.any(CLOSE | QUOTE | DIGIT) {
        return true;
    }
    if apart && shape.word(word::SQL_OPERATOR | word::SQL_UNION) {
        let numeric = shape.any(DIGIT) && value.first().is_some_and(|first| !first.is_ascii_alphabetic());
        // A parenthesis alone is how people add a remark.
        let called =
            shape.any(DIGIT) || shape.word(word::SQL_VERB | word::SQL_FUNCTION | word::SQL_CATALOGUE);
        let quoted = shape.free_quote || shape.any(HASH | STAR | EQUAL) || shape.doubled(DASH);
        let said = quoted || shape.any(OPEN) && called || numeric || shape.any(LESS | GREATER | AT);
        if said && joins(value) {
            return true;
        }
    }
    let continued = shape.free_quote || shape.doubled(DASH) || shape.any(EQUAL | HASH);
    if shape.any(QUOTE) && continued && quote_goes_on(shape, value) {
        return true;
    }
    shape.doubled(AT)
        || shape.doubled(AMPERSAND) && shape.any(DIGIT) && shape.any(EQUAL | OPEN | LESS | GREATER)
        || shape.doubled(PIPE) && shape.any(QUOTE | OPEN | EQUAL)
        || shape.all(OPEN | CLOSE | EQUAL | DIGIT) && compares(value)
        || shape.all(SLASH | STAR) && has_comment(value)
        || shape.doubled(COLON) && cast::occurs(value)
        || shape.word(word::SQL_OBJECT) && shape.all(SEMICOLON | AT | EQUAL)
}

/// Whether there is a closed comment, or one that MySQL runs.
fn has_comment(value: &[u8]) -> bool {
    memmem::find(value, b"/*").is_some_and(|start| {
        let body = &value[start + 2..];
        body.first() == Some(&b'!') || memmem::find(body, b"*/").is_some()
    })
}

/// Whether a word that joins or starts a clause is next to an operand of a condition.
fn joins(value: &[u8]) -> bool {
    words_of(value).any(|(start, end, kinds)| {
        if kinds & word::SQL_UNION != 0 {
            return true;
        }
        if kinds & word::SQL_OPERATOR == 0 {
            return false;
        }
        let before = value[..start].iter().rfind(|byte| **byte > b' ').copied();
        let after = trim_start(&value[end..]);
        if matches!(value[start] | 0x20, b'o' | b'g') && end - start == 5 {
            // `order` and `group` need their `by`, or a comment in front of it.
            return matches!(
                after,
                [b'b' | b'B', b'y' | b'Y', ..] | [b'/' | b'%' | b'*' | b'-' | b'#' | 0x80.., ..]
            );
        }
        let left = !matches!(before, Some(b'a'..=b'z' | b'A'..=b'Z' | b',' | b'.' | b'?' | b'(' | b':'));
        let right = !matches!(after, [b'a'..=b'z' | b'A'..=b'Z' | b',' | b'.' | b'?' | b')' | b':', ..] | []);
        left || right || starts_operand(after)
    })
}

/// `text` without the blanks before it, to which databases count the vertical tab.
fn trim_start(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| **byte <= b' ').count();
    &text[blanks..]
}

/// Whether `text` starts with a word that only a condition has on its left side.
fn starts_operand(text: &[u8]) -> bool {
    let len = text.iter().take(16).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let word = &text[..len];
    let called = matches!(text.get(len), Some(b'(' | b'.' | b'/' | b'_' | b'=' | b'<' | b'>'));
    let known: [&[u8]; 8] = [b"not", b"null", b"true", b"false", b"case", b"exists", b"select", b"if"];
    called || known.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Whether two constants are compared: `(8266=8266)*9900`.
fn compares(value: &[u8]) -> bool {
    memchr::memchr_iter(b'=', value).any(|at| {
        let before = value[..at].iter().rfind(|byte| **byte > b' ');
        let after = value[at + 1..].iter().find(|byte| **byte > b' ');
        matches!(before, Some(b'0'..=b'9' | b')' | b'\'' | b'"'))
            && matches!(after, Some(b'0'..=b'9' | b'(' | b'\'' | b'"' | b'='))
    })
}

/// Whether a semicolon precedes a word that starts a statement.
fn starts_statement(value: &[u8]) -> bool {
    memchr::memchr_iter(b';', value).any(|at| {
        let rest = &value[at + 1..];
        let start = rest.iter().take(16).position(u8::is_ascii_alphabetic);
        start.is_some_and(|start| word_kind_at(&rest[start..]) & (word::SQL_VERB | word::SQL_FUNCTION) != 0)
    })
}

/// Whether a quote is followed by something that continues a query without any word in the gate's table.
fn quote_goes_on(shape: Shape, value: &[u8]) -> bool {
    // A single operator behind a quote takes a comment to hide what follows.
    let hides = shape.doubled(byte::DASH) || shape.any(byte::HASH);
    memchr::memchr2_iter(b'\'', b'"', value).any(|quote| {
        let rest = &value[quote + 1..];
        let blanks = rest.iter().take(8).take_while(|byte| **byte <= b' ').count();
        match &rest[blanks..] {
            [b'=' | b'<' | b'>' | b'!' | b'#' | b'|' | b'+' | b'*' | b')', ..]
            | [b'-', b'-', ..]
            | [b'/', b'*', ..]
            | [b'&', b'&', ..] => true,
            [b'%' | b'&' | b'-' | b'^', next, ..] => hides || *next == value[quote],
            rest => (blanks > 0 || !opens_text(value, quote)) && continues(rest, hides),
        }
    })
}

/// Whether the quote at `at` is where text opens one: after a blank or a parenthesis.
fn opens_text(value: &[u8], at: usize) -> bool {
    at > 0 && matches!(value[at - 1], b' ' | b'(' | b'\n')
}

/// Whether `text` starts with a word that goes on behind a string.
fn continues(text: &[u8], hides: bool) -> bool {
    const WORDS: [&[u8]; 12] = [
        b"not", b"is", b"in", b"into", b"ilike", b"isnull", b"like", b"as", b"sounds", b"similar", b"match",
        b"escape",
    ];
    let len = text.iter().take(8).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let word = &text[..len];
    WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
        || hides && word.eq_ignore_ascii_case(b"collate")
        || matches!(text.get(len), Some(b'\'' | b'"'))
            && (word.eq_ignore_ascii_case(b"div") || word.eq_ignore_ascii_case(b"mod"))
}

/// Every word of `value` with its start, its end and its kinds in the gate's table.
fn words_of(value: &[u8]) -> impl Iterator<Item = (usize, usize, u32)> + '_ {
    let mut at = 0;
    core::iter::from_fn(move || {
        let start = at + value[at..].iter().position(u8::is_ascii_alphabetic)?;
        let (kinds, len) = word_at(&value[start..]);
        work(start + len - at);
        at = start + len;
        Some((start, at, kinds))
    })
}
