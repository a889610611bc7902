//! Patterns over the last few tokens: queries, statements, calls, clauses and comments.

use super::{Clause, Join, Reader, Side};
use crate::detect::classes::sqli::kind::Kind;
use crate::detect::classes::sqli::token::Token;
use crate::detect::classes::sqli::{cast, keyword, rules};
use crate::detect::lang::dictionary;

/// The evidence from which on a comment behind it hides something.
const WORTH_HIDING: u16 = 60;

/// The length of `/*!` with a version after it that is longer than a number of a file.
const VERSION: usize = 6;

impl Reader<'_, '_> {
    /// Selects: united, nested, and what they select.
    pub(super) fn query(&mut self, token: Token) {
        let before = self.kind(1);
        let span = self.back(1).start..token.end;
        self.introduce(token);
        let selected = match before {
            Kind::Select => 1,
            Kind::Quantifier | Kind::Open | Kind::Arithmetic | Kind::Word | Kind::Object
                if self.kind(2) == Kind::Select =>
            {
                2
            }
            _ => return,
        };
        let star = token.kind == Kind::Arithmetic && before == Kind::Select;
        let constant = matches!(
            token.kind,
            Kind::Number
                | Kind::Text
                | Kind::OpenText
                | Kind::Null
                | Kind::System
                | Kind::Variable
                | Kind::Function
                | Kind::Danger
                | Kind::Sleep
                | Kind::Package
                | Kind::Case
                | Kind::Hollow
        ) || keyword::is_niladic(token.hash)
            || token.kind == Kind::Open && before == Kind::Select
            || matches!(token.kind, Kind::Word | Kind::Condition | Kind::Compare) && token.call;
        let column = matches!(before, Kind::Word | Kind::Object)
            && matches!(token.kind, Kind::Comma | Kind::From | Kind::Dot);
        if !(star || column || constant && before != Kind::Word) {
            return;
        }
        self.evidence.add(&rules::PROJECTION, span.clone());
        let called = token.call
            || matches!(token.kind, Kind::System | Kind::Variable)
            || keyword::is_niladic(token.hash);
        let spliced = token.spliced || self.back(1).spliced;
        if self.kind(selected + 1) == Kind::Start && (called || spliced) {
            self.evidence.add(&rules::WHOLE_QUERY, span.clone());
        }
        let outer = self.kind(selected + 1);
        if outer == Kind::Open && !column {
            self.evidence.add(&rules::SUBQUERY, span);
        } else if outer == Kind::Semicolon && !column {
            self.evidence.add(&rules::STACKED_QUERY, span);
        }
    }

    /// What a query or a list of values is introduced by.
    fn introduce(&mut self, token: Token) {
        let before = self.kind(1);
        let span = self.back(1).start..token.end;
        if token.kind == Kind::Select {
            let introducer = (1..5)
                .map(|back| self.kind(back))
                .find(|kind| !matches!(kind, Kind::Open | Kind::Quantifier | Kind::Versioned | Kind::Other));
            if introducer == Some(Kind::Union) {
                self.evidence.add(&rules::UNION_SELECT, span.clone());
            } else if before == Kind::Semicolon && self.inside {
                self.evidence.add(&rules::BROKEN_STATEMENT, span.clone());
            }
        }
        let united = |back: usize| {
            self.kind(back) == Kind::Union || {
                self.kind(back) == Kind::Quantifier && self.kind(back + 1) == Kind::Union
            }
        };
        let rows = token.kind == Kind::Values && token.call && united(1)
            || token.call && before == Kind::Values && united(2) && self.names(token, b"row");
        let table = token.kind == Kind::Word
            && before == Kind::Object
            && self.names(self.back(1), b"table")
            && united(2)
            && matches!(self.kind(3), Kind::Break | Kind::Unbalanced);
        if rows || table {
            self.evidence.add(&rules::UNION_SELECT, span.clone());
            self.evidence.add(&rules::PROJECTION, span);
        }
    }

    fn names(&self, token: Token, word: &[u8]) -> bool {
        self.text[token.start..token.end].eq_ignore_ascii_case(word)
    }

    /// Statements behind a semicolon.
    pub(super) fn stack(&mut self, token: Token) {
        if token.kind == Kind::Semicolon {
            let before = self.kind(1);
            self.changes |=
                before == Kind::Word && self.kind(2) == Kind::Change && self.kind(3) == Kind::Start;
            if matches!(before, Kind::Break | Kind::Unbalanced)
                || before == Kind::Number && self.kind(2) == Kind::Start
            {
                self.left = true;
            }
            return;
        }
        let span = self.back(2).start..token.end;
        let reject = self.is_object(token);
        self.changes |= reject && self.kind(1) == Kind::Change && self.kind(2) == Kind::Start;
        self.assign(token);
        if reject && self.kind(2) == Kind::Semicolon {
            self.evidence.add(&rules::STACKED_CHANGE, span.clone());
            if matches!(self.kind(3), Kind::Start | Kind::Break | Kind::Unbalanced | Kind::Number) {
                self.evidence.add(&rules::BROKEN_STATEMENT, span);
            }
            return;
        }
        let assigns = token.kind == Kind::Run && self.kind(1) == Kind::Word && self.kind(2) == Kind::Change;
        if assigns && self.kind(3) == Kind::Semicolon && self.left {
            self.evidence.add(&rules::STACKED_CHANGE, span.clone());
            self.evidence.add(&rules::BROKEN_STATEMENT, span.clone());
        }
        let named =
            token.kind == Kind::Word && self.kind(1) == Kind::Change && self.kind(2) == Kind::Semicolon;
        if reject && self.kind(2) == Kind::Break || named && self.left {
            self.left = true;
            self.evidence.add(&rules::STACKED_CHANGE, span);
        }
        self.define(token);
    }

    /// What follows the name of the object that a statement changes: the type of a column, a name in backticks, a password,
    /// the values of a row.
    fn define(&mut self, token: Token) {
        let kinds = [5, 4, 3, 2, 1].map(|back| self.kind(back));
        let introduced = |back: usize| matches!(self.kind(back), Kind::Start | Kind::Break | Kind::Semicolon);
        let column = [Kind::Change, Kind::Object, Kind::Word, Kind::Open, Kind::Word];
        let typed = kinds == column && cast::is_type(token.hash) && introduced(6);
        let named = kinds[3..] == [Kind::Change, Kind::Object]
            && self.text.get(token.start) == Some(&b'`')
            && token.kind == Kind::Word
            && introduced(3);
        let account = [Kind::Change, Kind::Object, Kind::Word, Kind::Word];
        let identified = match token.kind {
            Kind::By => kinds[1..] == account && self.kind(5) == Kind::Break,
            Kind::Text | Kind::OpenText => kinds[..4] == account && kinds[4] == Kind::By && introduced(6),
            _ => false,
        };
        let filled = self.changes
            && kinds[3..] == [Kind::Values, Kind::Open]
            && matches!(token.kind, Kind::Text | Kind::OpenText | Kind::Number | Kind::Function);
        if typed || named || identified || filled {
            self.evidence.add(&rules::DEFINITION, self.back(3).start..token.end);
        }
    }

    /// Whether `token` is what the word before it, which starts a statement, is about.
    fn is_object(&self, token: Token) -> bool {
        match self.kind(1) {
            Kind::Change => matches!(
                token.kind,
                Kind::Object | Kind::Into | Kind::From | Kind::Procedure | Kind::Limit | Kind::Logic
            ),
            Kind::Run => match token.kind {
                Kind::Word | Kind::Open => token.call || self.left || self.back(1).call,
                Kind::Variable
                | Kind::Function
                | Kind::Danger
                | Kind::Schema
                | Kind::Package
                | Kind::Object
                | Kind::Tail => true,
                _ => false,
            },
            Kind::Condition => token.kind == Kind::Not && token.hash != 0,
            _ => false,
        }
    }

    /// Variables and conditions behind a semicolon.
    fn assign(&mut self, token: Token) {
        let before = [self.kind(1), self.kind(2), self.kind(3)];
        let start = self.back(3).start;
        let constant =
            matches!(token.kind, Kind::Number | Kind::Text | Kind::OpenText | Kind::Open | Kind::Select);
        if constant && before == [Kind::Compare, Kind::Variable, Kind::Run] && self.kind(4) == Kind::Semicolon
        {
            self.evidence.add(&rules::SET_VARIABLE, start..token.end);
        }
        // `;if(1=1)`: a condition in the manner of SQL, not of a script.
        let constant =
            matches!(token.kind, Kind::Number | Kind::Text | Kind::Select | Kind::System | Kind::Danger);
        if constant && before == [Kind::Open, Kind::Condition, Kind::Semicolon] {
            self.evidence.add(&rules::STACKED_CHANGE, start..token.end);
        }
    }

    /// Functions, procedures, catalogues and variables.
    pub(super) fn call(&mut self, token: Token) {
        let before = self.back(1);
        let span = before.start..token.end;
        match (before.kind, token.kind) {
            (Kind::Waitfor, Kind::Delay) if token.hash != 0 => {}
            (Kind::Delay, Kind::Text | Kind::OpenText | Kind::Variable) if self.kind(2) == Kind::Waitfor => {
                self.evidence.add(&rules::WAITFOR, span);
            }
            (Kind::Package, Kind::Dot) => self.evidence.add(&rules::DANGEROUS_CALL, span),
            (Kind::Schema, Kind::Dot) if self.names_relation(2) => self.evidence.add(&rules::CATALOGUE, span),
            (Kind::From | Kind::Comma, Kind::Catalogue) => self.evidence.add(&rules::CATALOGUE, span),
            (Kind::Procedure, Kind::Analyse) if token.call => {
                self.evidence.add(&rules::PROCEDURE_ANALYSE, span);
            }
            (Kind::Run | Kind::Dot, Kind::Extended) | (Kind::Declare, Kind::Variable) => {
                self.evidence.add(&rules::RUN_PROCEDURE, span);
            }
            (Kind::Into, Kind::File | Kind::Variable) | (Kind::File, Kind::Text | Kind::OpenText) => {
                let file = before.kind == Kind::File && self.kind(2) == Kind::Into;
                if file || token.kind == Kind::Variable && self.left {
                    self.evidence.add(&rules::INTO_FILE, span);
                }
            }
            (Kind::Object, Kind::Text | Kind::OpenText | Kind::Variable)
                if self.kind(2) == Kind::Run
                    && self.text[before.start..before.end].eq_ignore_ascii_case(b"immediate") =>
            {
                self.evidence.add(&rules::RUN_PROCEDURE, span);
            }
            (Kind::Open, Kind::Variable) if self.kind(2) == Kind::Run => {
                self.evidence.add(&rules::RUN_PROCEDURE, span);
            }
            (Kind::Open, kind) if kind != Kind::Close => self.argument(token),
            (_, Kind::System) => self.evidence.add(&rules::SYSTEM_VARIABLE, span),
            (Kind::Hollow, kind) if kind != Kind::Dot => self.evidence.add(&rules::HOLLOW_NUMBER, span),
            _ => {}
        }
    }

    fn names_relation(&self, back: usize) -> bool {
        matches!(self.kind(back), Kind::From | Kind::Comma | Kind::Into | Kind::Run | Kind::Quantifier)
    }

    /// The first argument of a call.
    fn argument(&mut self, token: Token) {
        let callee = self.back(2);
        let span = callee.start..token.end;
        let constant =
            matches!(token.kind, Kind::Number | Kind::Text | Kind::Open | Kind::Function | Kind::Null);
        // `sleep(10.to_i)`: a number in a language that the string was not meant to be in.
        let broken = self.kind(3) == Kind::Break && self.text[token.start].is_ascii_digit();
        match callee.kind {
            // A name is no evidence where nothing precedes the call: `benchmark(cpu)`.
            Kind::Danger if token.kind == Kind::Word && matches!(self.kind(3), Kind::Start | Kind::Word) => {}
            Kind::Danger if self.kind(3) != Kind::Dot => self.evidence.add(&rules::DANGEROUS_CALL, span),
            Kind::Sleep if (constant || token.kind == Kind::Other && broken) && self.kind(3) != Kind::Dot => {
                self.evidence.add(&rules::SLEEP, span.clone());
                if self.chosen && self.kind(3) == Kind::Comma {
                    self.evidence.add(&rules::CALL_CONDITION, span);
                }
            }
            Kind::Function if token.kind == Kind::Number => {
                let joined =
                    matches!(self.kind(3), Kind::Pipes | Kind::Arithmetic) && self.kind(4) == Kind::Close;
                if joined {
                    self.evidence.add(&rules::HEX_CONCAT, span);
                }
            }
            _ => {}
        }
    }

    /// Clauses of a query that a value has no business with.
    pub(super) fn clause_words(&mut self, token: Token) {
        if self.kind(1) != Kind::By || self.kind(2) != Kind::Order {
            return;
        }
        let span = self.back(2).start..token.end;
        match token.kind {
            Kind::Number => self.evidence.add(&rules::ORDER_BY, span),
            Kind::Function | Kind::Sleep | Kind::Danger | Kind::Case => {
                self.evidence.add(&rules::HAVING, span);
            }
            Kind::Word if self.left => self.evidence.add(&rules::ORDER_BY, span),
            Kind::Open => self.evidence.add(&rules::HAVING, span),
            _ => {}
        }
    }

    /// A value of any kind is converted to a type.
    pub(super) fn cast(&mut self, token: Token) {
        let span = self.back(1).start..token.end;
        match self.kind(1) {
            Kind::Close | Kind::Unbalanced if token.call => self.evidence.add(&rules::CAST_CALL, span),
            Kind::Close | Kind::Unbalanced | Kind::Text | Kind::OpenText => {
                self.converted = true;
                self.evidence.add(&rules::CAST, span);
            }
            Kind::Word if token.call && self.kind(2) == Kind::Start && cast::is_column(self.text) => {
                self.evidence.add(&rules::NAME_CAST, span);
            }
            _ => {}
        }
    }

    /// Whether `Break operator operand` is all there is between the end of a string and a comment.
    fn is_single_operand(&self) -> bool {
        let (operator, negated) = (self.back(2), self.kind(3) == Kind::Not);
        let left = self.back(3 + usize::from(negated));
        let word = self.text.get(operator.start).is_some_and(u8::is_ascii_alphabetic);
        left.kind == Kind::Break
            && matches!(operator.kind, Kind::Compare | Kind::Arithmetic | Kind::Pipes | Kind::Not)
            && (word || operator.start == left.end || operator.spliced)
            && matches!(self.kind(1), Kind::Word | Kind::Number | Kind::Text | Kind::Other | Kind::Object)
    }

    /// Comments that hide something.
    pub(super) fn hide(&mut self, token: Token) {
        let before = self.back(1);
        let span = before.start..token.end;
        if self.converted
            && matches!(token.kind, Kind::Text | Kind::Number)
            && matches!(before.kind, Kind::Compare | Kind::Pipes | Kind::Arithmetic | Kind::Variable)
        {
            self.evidence.add(&rules::CONVERTED_OPERAND, span.clone());
        }
        if token.kind == Kind::Tail && token.call && self.is_single_operand() {
            self.left = true;
            self.evidence.add(&rules::QUOTE_OPERAND, self.back(3).start..token.end);
        }
        if token.kind == Kind::Tail {
            if self.changes && before.kind == Kind::Semicolon {
                self.evidence.add(&rules::WHOLE_CHANGE, span.clone());
            }
            match before.kind {
                Kind::Break if token.call => {
                    self.evidence.add(&rules::QUOTE_COMMENT, span.clone());
                    self.evidence.add(&rules::COMMENT_TAIL, span.clone());
                }
                _ if self.left || self.evidence.full_score() >= WORTH_HIDING => {
                    self.evidence.add(&rules::COMMENT_TAIL, span.clone());
                }
                _ => {}
            }
        }
        let glued = token.kind == Kind::Versioned && before.kind == Kind::Number && before.end == token.start;
        if glued && token.end - token.start > VERSION {
            self.evidence.add(&rules::SPLICED, span.clone());
        }
        if before.kind == Kind::Versioned && token.kind != Kind::Word && token.kind != Kind::Other {
            self.evidence.add(&rules::VERSIONED_COMMENT, span.clone());
        }
        if token.spliced && before.kind == Kind::Word && token.kind == Kind::Word {
            let word = self.text[token.start..token.end].iter();
            let whole = word.fold(before.hash, |hash, byte| dictionary::extend(hash, *byte));
            if keyword::kind_of(whole) != Kind::Word {
                self.evidence.add(&rules::SPLIT_WORD, span.clone());
            }
        }
        let function = matches!(before.kind, Kind::Function | Kind::Danger | Kind::Sleep);
        if token.spliced && function && token.kind == Kind::Open {
            self.evidence.add(&rules::SPLIT_CALL, span.clone());
        }
        if token.spliced && is_keyword(before.kind) | is_keyword(token.kind) && before.kind != Kind::Start {
            self.evidence.add(&rules::SPLICED, span);
        }
    }

    /// The value ends.
    pub(super) fn finish(&mut self) {
        if let Clause::Proved(start) | Clause::Doubted(start) = self.clause {
            self.evidence.add(&rules::TAUTOLOGY, start..self.back(1).end);
        }
        if let Clause::Compared(join, Side::Constant) = self.clause {
            let end = self.back(1).end;
            let text = self.kind(1) == Kind::Truth || self.kind(1) == Kind::Text;
            if join == Join::Logic && self.left && text {
                self.evidence.add(&rules::CONSTANT_TRUTH, self.back(2).start..end);
            }
        }
        if self.inside && self.left && matches!(self.clause, Clause::Right(Join::Logic, Side::Constant)) {
            self.evidence.add(&rules::OPEN_COMPARISON, self.back(2).start..self.back(1).end);
        }
        if self.kind(1) == Kind::Semicolon && self.left && self.evidence.full_score() >= WORTH_HIDING {
            self.evidence.add(&rules::STATEMENT_END, self.back(1).start..self.back(1).end);
        }
        self.lone_sleep();
        self.cut_off();
        let last = self.back(1);
        let joined = matches!(
            self.kind(2),
            Kind::Compare
                | Kind::Logic
                | Kind::Pipes
                | Kind::Arithmetic
                | Kind::Open
                | Kind::Comma
                | Kind::Condition
        );
        if self.left && last.kind == Kind::OpenText && joined {
            self.evidence.add(&rules::REJOINED, last.start..last.end);
        }
    }
}

const fn is_keyword(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Logic
            | Kind::Union
            | Kind::Select
            | Kind::From
            | Kind::Condition
            | Kind::Order
            | Kind::By
            | Kind::Change
            | Kind::Sleep
            | Kind::Danger
            | Kind::Function
            | Kind::Into
    )
}
