//! SQL injection: does a value leave the place a query keeps for it, and say SQL there?
//!
//! The value is read as SQL tokens up to three times: as it stands, and as if it began inside of a string in single or
//! in double quotes. Each reading collects its own evidence, and the best one counts; readings are not added up, since
//! only one of them can be how the database sees the value. This must never become a search for words: SQL in prose
//! leaves nothing and passes.

mod cast;
mod keyword;
mod reader;
mod rules;
mod token;

#[cfg(test)]
mod tests;

use memchr::memmem;

use super::Class;
use super::Origin;
use super::evidence::Evidence;
use super::gate::{Shape, byte, word};
use super::recogniser::{Needs, Recogniser};
use super::rule::Rule;
use super::view::View;
use super::words::Words;

pub(super) static RULES: &[&Rule] = rules::ALL;

/// Words of the gate. What only matters behind a quote is no operator here: `like` stands in every browser's name.
pub(super) const WORDS: &[Words] = &[
    (
        word::SQL_OPERATOR,
        &[
            "and", "or", "xor", "having", "where", "rlike", "regexp", "glob", "between", "order", "group",
            "limit", "div",
        ],
    ),
    (word::SQL_UNION, &["union", "intersect", "except", "minus"]),
    (
        word::SQL_VERB,
        &[
            "select",
            "insert",
            "update",
            "delete",
            "drop",
            "create",
            "alter",
            "truncate",
            "merge",
            "exec",
            "execute",
            "declare",
            "call",
            "begin",
            "shutdown",
            "waitfor",
            "procedure",
        ],
    ),
    (
        word::SQL_FUNCTION,
        &[
            "benchmark",
            "case",
            "crypt",
            "database",
            "dblink",
            "edit",
            "elt",
            "exp",
            "extractvalue",
            "generate",
            "httpuritype",
            "if",
            "iif",
            "isnull",
            "load",
            "make",
            "name",
            "opendatasource",
            "openquery",
            "openrowset",
            "query",
            "randomblob",
            "readfile",
            "regexp",
            "row",
            "sleep",
            "updatexml",
            "user",
            "writefile",
            "xmltype",
        ],
    ),
    (word::SQL_FUNCTION, &["fn", "gtid", "lo", "ora", "pg", "st"]),
    (word::SQL_CATALOGUE, &["ctxsys", "dbms", "information", "ordsys", "sp", "sqlite", "sys", "utl", "xp"]),
    (
        word::SQL_OBJECT,
        &["from", "table", "into", "values", "database", "set", "view", "user", "function", "then"],
    ),
    (word::SQL_VERB, &["outfile", "dumpfile"]),
];

pub(super) const RECOGNISER: Recogniser = Recogniser {
    class: Class::Sqli,
    needs: Needs {
        bytes: byte::QUOTE | byte::EQUAL | byte::STAR,
        doubled: byte::AT | byte::AMPERSAND | byte::PIPE | byte::COLON,
        words: word::SQL_VERB
            | word::SQL_FUNCTION
            | word::SQL_CATALOGUE
            | word::SQL_OPERATOR
            | word::SQL_UNION,
        ..Needs::NONE
    },
    may_hold,
    recognise,
};

/// Whether an attack of this class can be in the view.
fn may_hold(view: &View<'_>) -> bool {
    let (shape, value) = (view.shape, view.bytes);
    use byte::*;
    // Words of a statement cannot stand together without one of these between them.
    let apart = shape.any(BLANK | CONTROL | QUOTE | OPEN | STAR | BACKTICK | HIGH | PLUS);
    let marked = shape.free_quote || shape.any(OPEN | HASH | STAR | EQUAL) || shape.doubled(DASH);
    if apart && shape.word(word::SQL_VERB) {
        let about = shape.word(word::SQL_OBJECT | word::SQL_CATALOGUE) && shape.any(DIGIT | OTHER | QUOTE);
        if marked || about || shape.any(SEMICOLON | BACKTICK) || shape.word(word::SQL_UNION) {
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
        if quoted || shape.any(OPEN) && called || numeric || shape.any(LESS | GREATER | AT | BANG) {
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
        || shape.all(OPEN | CLOSE | EQUAL | DIGIT)
        || shape.all(SLASH | STAR) && has_comment(value)
        || shape.doubled(COLON) && cast::occurs(value)
}

/// Whether there is a closed comment, or one that MySQL runs.
fn has_comment(value: &[u8]) -> bool {
    memmem::find(value, b"/*").is_some_and(|start| {
        let body = &value[start + 2..];
        body.first() == Some(&b'!') || memmem::find(body, b"*/").is_some()
    })
}

/// Whether a quote is followed by something that continues a query without any word that the gate knows.
fn quote_goes_on(shape: Shape, value: &[u8]) -> bool {
    if !shape.any(
        byte::EQUAL
            | byte::HASH
            | byte::DASH
            | byte::STAR
            | byte::PIPE
            | byte::PLUS
            | byte::LESS
            | byte::GREATER
            | byte::OTHER
            | byte::ALPHA,
    ) {
        return false;
    }
    // A single operator behind a quote takes a comment to hide what follows.
    let hides = shape.doubled(byte::DASH) || shape.any(byte::HASH);
    memchr::memchr2_iter(b'\'', b'"', value).any(|quote| {
        let rest = &value[quote + 1..];
        let blanks = rest.iter().take(8).take_while(|byte| **byte <= b' ').count();
        match &rest[blanks..] {
            [b'=' | b'<' | b'>' | b'!' | b'#' | b'|' | b'+' | b'*' | b')', ..]
            | [b'-', b'-', ..]
            | [b'/', b'*', ..]
            | [b'n' | b'N', b'o' | b'O', b't' | b'T', 0..=b' ', ..] => true,
            [b'%' | b'&' | b'-' | b'^', ..] => hides,
            [b'c' | b'C', b'o' | b'O', b'l' | b'L', b'l' | b'L', ..] => hides,
            [first, second, ..] => {
                matches!(
                    (first | 0x20, second | 0x20),
                    (b'i', b's' | b'n' | b'l') | (b's', b'o' | b'i') | (b'l', b'i') | (b'a', b's')
                )
            }
            _ => false,
        }
    })
}

/// Add the evidence for this class in `view`.
fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    let contexts = [
        (None, true),
        (Some(b'\''), view.shape.any(byte::SINGLE_QUOTE)),
        (Some(b'"'), view.shape.any(byte::DOUBLE_QUOTE)),
    ];
    for (inside, occurs) in contexts {
        if !occurs {
            continue;
        }
        let mut reading = evidence.afresh();
        reader::read(view.bytes, view.origin == Origin::Path, inside, &mut reading);
        if view.depth >= 2 && reading.full_score() > 0 {
            reading.add(&rules::OBFUSCATED, 0..view.bytes.len());
        }
        if reading.outweighs(evidence) {
            *evidence = reading;
        }
        if evidence.is_enough() {
            return;
        }
    }
}
