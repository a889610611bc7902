//! SQL injection: does a value leave the place a query keeps for it, and say SQL there?
//!
//! The value is read as SQL tokens up to three times: as it stands, and as if it began inside of a string in single or
//! in double quotes. Each reading collects its own evidence, and the best one counts; readings are not added up, since
//! only one of them can be how the database sees the value. This must never become a search for words: SQL in prose
//! leaves nothing and passes.

mod cast;
mod gate;
mod keyword;
mod reader;
mod rules;
mod token;

#[cfg(test)]
mod tests;

use super::Class;
use super::Location;
use super::evidence::Evidence;
use super::gate::{byte, word};
use super::recogniser::{Locations, Needs, Recogniser};
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
    (
        word::SQL_CATALOGUE,
        &[
            "ctxsys",
            "dbms",
            "information",
            "ordsys",
            "sp",
            "msdb",
            "mysql",
            "sqlite",
            "sys",
            "syscat",
            "sysibm",
            "utl",
            "xp",
        ],
    ),
    (
        word::SQL_OBJECT,
        &["from", "table", "into", "values", "database", "set", "view", "user", "function", "then"],
    ),
    (word::SQL_VERB, &["outfile", "dumpfile"]),
];

pub(super) const RECOGNISER: Recogniser = Recogniser {
    class: Class::Sqli,
    places: Locations::ALL,
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
    may_hold: gate::may_hold,
    recognise,
};

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
        reader::read(view.bytes, view.origin == Location::Path, inside, &mut reading);
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
