//! Text that ends a value and continues the enclosing query or script.

use super::operator::{self, Operator};
use super::rules;
use super::token::{Kind, Token, tokens};
use crate::detect::decode::View;
use crate::detect::evidence::{Evidence, Location};

/// Tokens that are remembered.
const PAST: usize = 7;

/// Methods of a collection that change it or run a script over it.
const METHODS: [&[u8]; 13] = [
    b"bulkWrite",
    b"deleteMany",
    b"deleteOne",
    b"drop",
    b"insert",
    b"insertMany",
    b"insertOne",
    b"mapReduce",
    b"remove",
    b"save",
    b"update",
    b"updateMany",
    b"updateOne",
];

/// Read `view` as it is, or as if it began `inside` of a string.
pub(super) fn read(view: &View<'_>, inside: Option<u8>, evidence: &mut Evidence<'_>) {
    let mut reader = Reader {
        name: view.name,
        text: view.bytes,
        past: [Token::START; PAST],
        seen: 0,
        left: false,
        clock: false,
        loops: false,
        returns: false,
        depth: 0,
        call: None,
        evidence,
    };
    let end = Token { kind: Kind::End, text: b"", start: view.bytes.len() };
    for token in tokens(view.bytes, inside).chain([end]) {
        if reader.evidence.is_enough() {
            return;
        }
        if view.location == Location::Path && token.is_mark(b'/') {
            // Each segment is a value of its own.
            (reader.past, reader.seen) = ([Token::START; PAST], 0);
        } else {
            reader.take(token);
        }
    }
}

struct Reader<'r, 't, 'e> {
    /// The field that the text belongs to.
    name: &'t [u8],
    text: &'t [u8],
    /// The last tokens, the newest first.
    past: [Token<'t>; PAST],
    /// How many tokens there were.
    seen: usize,
    /// Whether the value has left the place that was kept for it: it closed the string, or goes on behind a literal.
    left: bool,
    /// Whether the script reads the time.
    clock: bool,
    loops: bool,
    /// Whether a statement ends the script that the value was put into.
    returns: bool,
    /// Open parentheses.
    depth: usize,
    /// Where a call of the database starts, and how deep its arguments are.
    call: Option<(usize, usize)>,
    evidence: &'r mut Evidence<'e>,
}

impl<'t> Reader<'_, 't, '_> {
    fn take(&mut self, token: Token<'t>) {
        self.past.copy_within(..PAST - 1, 1);
        self.past[0] = token;
        self.seen += 1;
        self.end_value();
        self.property();
        self.condition();
        self.statement();
        self.database();
    }

    /// The newest `N` tokens, the oldest of them first.
    fn last<const N: usize>(&self) -> [Token<'t>; N] {
        core::array::from_fn(|at| self.past[N - 1 - at])
    }

    /// Whether the value goes on where a value would be over.
    fn end_value(&mut self) {
        let [before, token] = self.last();
        let goes_on =
            token.kind == Kind::Logic || matches!(token.kind, Kind::Mark(b';' | b',' | b'}' | b')'));
        let first = before.kind == Kind::Start || self.seen == 2 && before.is_literal();
        self.left |= goes_on && (before.kind == Kind::Break || first);
    }

    /// `$operator: value`.
    fn property(&mut self) {
        let [lead, name, colon, value] = self.last();
        let placed = lead.kind == Kind::Start || matches!(lead.kind, Kind::Mark(b'{' | b',' | b'['));
        if !colon.is_mark(b':') || !placed {
            return;
        }
        let Some(operator) = name.content().strip_prefix(b"$").and_then(Operator::named) else { return };
        let span = name.start..value.end();
        let runs = value.kind == Kind::Text || value.is(b"function") || value.is_mark(b'(');
        if operator == Operator::Code && runs {
            self.evidence.add(&rules::CODE, span);
        } else if self.left {
            self.evidence.add(&rules::BREAK_OUT, span);
        } else if lead.is_mark(b'{') && self.seen == 4 {
            // The value is nothing but an operator: there is no query whose field it could name.
            let held = &self.text[value.start..];
            let empty = held.starts_with(b"\"\"") || held.starts_with(b"''");
            let everybody = empty && operator == Operator::Most;
            let rule = if everybody {
                Some(&rules::EVERYBODY)
            } else {
                operator::rule_for(operator, self.name, held)
            };
            self.evidence.add(&rules::OPERATOR, span.clone());
            rule.into_iter().for_each(|rule| self.evidence.add(rule, span.clone()));
        }
    }

    /// Conditions about nothing, or about the document that is looked at.
    fn condition(&mut self) {
        let [logic, left, equality, right] = self.last();
        let same = left.kind == right.kind && left.is_literal();
        if self.left && logic.kind == Kind::Logic && equality.kind == Kind::Equality && same {
            self.evidence.add(&rules::TAUTOLOGY, logic.start..right.end());
        }
        let [this, dot, field, then] = self.last();
        let named =
            dot.is_mark(b'.') && field.kind == Kind::Word || dot.is_mark(b'[') && field.kind == Kind::Text;
        let used =
            then.kind == Kind::Equality || matches!(then.kind, Kind::Mark(b'.' | b'[' | b']' | b'<' | b'>'));
        if self.left && this.is(b"this") && named && used {
            self.evidence.add(&rules::DOCUMENT, this.start..then.end());
        }
    }

    /// Statements that wait, or that end the script with an answer of their own.
    fn statement(&mut self) {
        let [end, verb, open, number] = self.last();
        let begins = end.is_mark(b';') || end.is_mark(b'}');
        if self.left && begins && verb.is(b"sleep") && open.is_mark(b'(') && number.kind == Kind::Number {
            self.evidence.add(&rules::DELAY, verb.start..number.end());
        }
        let [before, token] = self.last();
        self.clock |= token.is(b"Date") && before.is(b"new") || token.is(b"now") && before.is_mark(b'.');
        self.loops |= before.is(b"while") && token.is_mark(b'(');
        if self.left && self.clock && self.loops {
            self.evidence.add(&rules::DELAY, 0..token.end());
        }
        let [end, verb, value] = self.last();
        let answers =
            value.is_literal() || value.is(b"this") || matches!(value.kind, Kind::Mark(b'(' | b'!'));
        self.returns |= self.left && end.is_mark(b';') && verb.is(b"return") && answers;
        let over = matches!(token.kind, Kind::Comment | Kind::Mark(b';' | b'}'));
        if self.returns && over {
            self.evidence.add(&rules::RETURN, 0..token.end());
        }
    }

    /// `db.collection.method(...)` that is the whole value, or the statement that follows it.
    fn database(&mut self) {
        let [lead, db, dot, _, other, method, open] = self.last();
        let starts = lead.kind == Kind::Start && self.seen == 6 || lead.is_mark(b';') && self.left;
        let called = db.is(b"db") && dot.is_mark(b'.') && other.is_mark(b'.') && open.is_mark(b'(');
        let token = self.past[0];
        match token.kind {
            Kind::Mark(b'(') => {
                if starts && called && METHODS.contains(&method.text) {
                    self.call = Some((db.start, self.depth));
                }
                self.depth += 1;
            }
            Kind::Mark(b')') => self.depth = self.depth.saturating_sub(1),
            Kind::Mark(b';') | Kind::End => {
                let closed = self.past[1].is_mark(b')');
                if let Some((start, _)) = self.call.take_if(|(_, depth)| *depth == self.depth && closed) {
                    self.evidence.add(&rules::DATABASE, start..token.start);
                }
            }
            _ => {}
        }
    }
}
