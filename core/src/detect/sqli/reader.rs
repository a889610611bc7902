//! Reads tokens and collects evidence: a small automaton for conditions, and patterns over the last few tokens.
//!
//! All look-behind is within a ring of eight tokens, so noise in front of an attack hides nothing and every token costs
//! the same.

use super::token::{Kind, Lexer, Token};
use super::{keyword, rules};
use crate::detect::dictionary;
use crate::detect::evidence::Evidence;

/// Tokens that patterns may look back to.
const RING: usize = 8;

/// The evidence from which on a comment behind it hides something.
const WORTH_HIDING: u16 = 60;

/// Where in a condition the reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clause {
    /// Not in one.
    Outside,
    /// A condition starts: its left side comes next.
    Left(Join),
    /// Behind a left side.
    Compared(Join, Side),
    /// Behind an arithmetic operator on the left side, which is this so far.
    Operand(Join, Side),
    /// Behind a comparison operator: the right side comes next.
    Right(Join, Side),
    /// Behind a comparison of two constants, which counts unless prose follows.
    Proved(usize),
    /// The same, and then a word such as `is`, with which either SQL or prose goes on.
    Doubted(usize),
    /// Behind a comparison of two constants that nothing introduced, within a parenthesis.
    Equal,
    /// Behind the parenthesis that closes it.
    EqualClosed,
}

/// What introduced a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Join {
    Logic,
    Clause,
    /// An open parenthesis at the very start.
    Group,
}

/// One side of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Constant,
    /// Constants and operators.
    Computed,
    Name(u64),
    Call,
}

/// Reads one value in one context.
#[derive(Debug)]
pub(super) struct Reader<'e> {
    evidence: &'e mut Evidence,
    text: &'e [u8],
    /// Whether the value is a path, in which every segment is a start.
    path: bool,
    ring: [Token; RING],
    count: usize,
    /// Parentheses that are open.
    depth: u32,
    clause: Clause,
    /// Whether SQL was seen to go on behind the end of what the value began in.
    left: bool,
    /// Whether a condition called a function.
    called: bool,
    /// Whether the value began inside of a string.
    inside: bool,
}

/// Collect the evidence in `text`, taken to begin inside of a string that `inside` ends, or outside of any.
pub(super) fn read<'e>(text: &'e [u8], path: bool, inside: Option<u8>, evidence: &'e mut Evidence) {
    let mut reader = Reader {
        evidence,
        text,
        path,
        ring: [Token::START; RING],
        count: 0,
        depth: 0,
        clause: Clause::Outside,
        left: false,
        called: false,
        inside: inside.is_some(),
    };
    for token in Lexer::new(text, inside) {
        reader.push(token);
        if reader.evidence.is_enough() {
            return;
        }
    }
    reader.finish();
}

impl Reader<'_> {
    /// The token `back` places before the one that is being pushed.
    fn back(&self, back: usize) -> Token {
        self.ring[(self.count + RING - back) % RING]
    }

    fn kind(&self, back: usize) -> Kind {
        self.back(back).kind
    }

    fn push(&mut self, mut token: Token) {
        match token.kind {
            Kind::Open => self.depth = self.depth.saturating_add(1),
            Kind::Close if self.depth > 0 => self.depth -= 1,
            // The end of a string and the parentheses right behind it are one way out.
            Kind::Close if matches!(self.kind(1), Kind::Break | Kind::Unbalanced) => return,
            Kind::Close => token.kind = Kind::Unbalanced,
            _ => {}
        }
        self.leave(token);
        self.condition(token);
        self.query(token);
        self.stack(token);
        self.call(token);
        self.clause_words(token);
        self.hide(token);
        self.ring[self.count % RING] = token;
        self.count += 1;
    }

    /// The value goes on as SQL behind the end of a string, a parenthesis or a number.
    fn leave(&mut self, token: Token) {
        let before = self.back(1);
        let separator =
            self.path && self.text.get(before.start) == Some(&b'/') && before.kind == Kind::Arithmetic;
        let leading = matches!(before.kind, Kind::Arithmetic | Kind::Pipes) && self.kind(2) == Kind::Start;
        let before = if separator { Kind::Start } else { before.kind };
        let goes_on = match token.kind {
            Kind::Logic | Kind::Union | Kind::Order | Kind::Limit | Kind::Waitfor | Kind::Procedure => true,
            Kind::Condition | Kind::Into | Kind::As | Kind::Not | Kind::Versioned => {
                matches!(before, Kind::Break | Kind::Unbalanced)
            }
            Kind::Compare => matches!(before, Kind::Break | Kind::Unbalanced) && token.hash != 0,
            Kind::Run => before == Kind::Break,
            Kind::Danger | Kind::Sleep => before == Kind::Start || leading,
            _ => false,
        };
        let second = self.kind(2);
        if goes_on {
            let rule = match before {
                Kind::Break => &rules::QUOTE_BREAKOUT,
                Kind::Unbalanced => &rules::PAREN_BREAKOUT,
                Kind::Number if matches!(second, Kind::Start | Kind::Arithmetic) => &rules::NUMBER_BREAKOUT,
                Kind::Start => &rules::BARE_CLAUSE,
                _ if leading => &rules::BARE_CLAUSE,
                _ => return,
            };
            self.left = true;
            self.evidence.add(rule, token.start..token.end);
        }
        let value = matches!(
            token.kind,
            Kind::Text
                | Kind::OpenText
                | Kind::Number
                | Kind::Open
                | Kind::Function
                | Kind::Danger
                | Kind::Sleep
                | Kind::System
                | Kind::Null
                | Kind::Package
                | Kind::Case
        ) || token.kind == Kind::Condition && token.call;
        if second != Kind::Break || !value {
            return;
        }
        match before {
            Kind::Pipes | Kind::Arithmetic | Kind::Comma => {
                let text = matches!(token.kind, Kind::Text | Kind::OpenText);
                let number = token.kind == Kind::Number && before != Kind::Pipes;
                let operator = self.text.get(self.back(1).start);
                let joins = before == Kind::Pipes || operator == Some(&b'+');
                if !number && operator != Some(&b'%') && (joins || !text) {
                    self.left = true;
                    self.evidence.add(&rules::QUOTE_CONCAT, self.back(2).start..token.end);
                }
            }
            Kind::Compare
                if !matches!(self.text.get(self.back(1).start), Some(b'<' | b'>' | b'-' | b'@')) =>
            {
                self.left = true;
                self.evidence.add(&rules::QUOTE_COMPARISON, self.back(2).start..token.end);
            }
            _ => {}
        }
    }

    fn condition(&mut self, token: Token) {
        let clause = self.clause;
        if self.called && token.kind == Kind::Compare && self.kind(1) == Kind::Close {
            self.clause = Clause::Right(Join::Logic, Side::Call);
            return;
        }
        let starts = match token.kind {
            Kind::Logic | Kind::Pipes => Some(Join::Logic),
            Kind::Condition => Some(Join::Clause),
            Kind::Function | Kind::Danger if token.call => None,
            Kind::Compare if self.left && matches!(self.kind(1), Kind::Break | Kind::Unbalanced) => {
                self.clause = Clause::Right(Join::Logic, Side::Name(0));
                return;
            }
            Kind::Open if self.kind(1) == Kind::Start => Some(Join::Group),
            Kind::Open if matches!(self.kind(1), Kind::Function | Kind::Danger) => Some(Join::Clause),
            _ => None,
        };
        if let Some(join) = starts {
            self.clause = Clause::Left(join);
            return;
        }
        self.clause = match clause {
            Clause::Outside => Clause::Outside,
            Clause::Left(join) => self.left_side(join, token),
            Clause::Compared(join, side) => self.operator(join, side, token),
            Clause::Operand(join, side) => match self.left_side(join, token) {
                Clause::Compared(join, Side::Constant) if matches!(side, Side::Constant | Side::Computed) => {
                    Clause::Compared(join, Side::Computed)
                }
                Clause::Compared(join, _) => Clause::Compared(join, Side::Name(0)),
                Clause::Left(join) => Clause::Operand(join, side),
                other => other,
            },
            Clause::Proved(start) if token.kind == Kind::Compare && token.hash != 0 => Clause::Doubted(start),
            Clause::Proved(start) | Clause::Doubted(start) => {
                self.prove(start, token);
                Clause::Outside
            }
            Clause::Right(join, side) => self.right_side(join, side, token),
            Clause::Equal if token.kind == Kind::Close => Clause::EqualClosed,
            Clause::EqualClosed if token.kind == Kind::Arithmetic => {
                self.evidence.add(&rules::GROUPED_COMPARISON, self.back(4).start..token.end);
                Clause::Outside
            }
            Clause::Equal | Clause::EqualClosed => Clause::Outside,
        };
    }

    fn left_side(&mut self, join: Join, token: Token) -> Clause {
        let span = self.back(1).start..token.end;
        match token.kind {
            Kind::Open
            | Kind::Arithmetic
            | Kind::Not
            | Kind::Quantifier
            | Kind::Select
            | Kind::Case
            | Kind::Versioned
            | Kind::Hollow => Clause::Left(join),
            Kind::Number | Kind::Text | Kind::Null | Kind::Truth => Clause::Compared(join, Side::Constant),
            Kind::OpenText => {
                if join == Join::Logic && self.left && self.inside {
                    self.evidence.add(&rules::CONSTANT_TRUTH, span);
                }
                Clause::Outside
            }
            Kind::Function | Kind::Sleep | Kind::Danger | Kind::Package | Kind::Compare
                if token.call || token.kind == Kind::Package =>
            {
                if join == Join::Logic && self.left {
                    self.called = true;
                    self.evidence.add(&rules::CALL_CONDITION, span);
                }
                Clause::Compared(join, Side::Call)
            }
            Kind::System => Clause::Compared(join, Side::Call),
            Kind::Word | Kind::Variable | Kind::Object => {
                Clause::Compared(join, if token.call { Side::Call } else { Side::Name(token.hash) })
            }
            _ => Clause::Outside,
        }
    }

    fn operator(&mut self, join: Join, side: Side, token: Token) -> Clause {
        match token.kind {
            Kind::Compare => Clause::Right(join, side),
            Kind::Not | Kind::Dot | Kind::Hollow => Clause::Compared(join, side),
            Kind::Arithmetic => Clause::Operand(join, side),
            Kind::Close | Kind::Unbalanced => {
                self.truth(join, side, token);
                Clause::Compared(join, side)
            }
            Kind::Tail | Kind::Semicolon => {
                self.truth(join, side, token);
                Clause::Outside
            }
            Kind::Word if matches!(side, Side::Name(_)) && self.kind(1) == Kind::Dot => {
                Clause::Compared(join, side)
            }
            // The arguments of a call are read like the condition that they may hold.
            Kind::Open if side == Side::Call => Clause::Compared(join, side),
            Kind::Number | Kind::Text | Kind::Comma | Kind::Word if side == Side::Call && self.depth > 0 => {
                Clause::Compared(join, side)
            }
            _ => Clause::Outside,
        }
    }

    /// A condition that is one constant and ends with `token`.
    fn truth(&mut self, join: Join, side: Side, token: Token) {
        let literal = self.kind(1);
        let certain = match literal {
            Kind::Number => self.inside || token.kind == Kind::Tail,
            Kind::Text => self.inside,
            Kind::Truth | Kind::Null => true,
            _ => false,
        };
        if certain && join == Join::Logic && side == Side::Constant && self.left {
            self.evidence.add(&rules::CONSTANT_TRUTH, self.back(2).start..token.end);
        }
    }

    fn right_side(&mut self, join: Join, side: Side, token: Token) -> Clause {
        let span = self.back(3).start..token.end;
        match token.kind {
            Kind::Open
            | Kind::Arithmetic
            | Kind::Not
            | Kind::Quantifier
            | Kind::Versioned
            | Kind::Compare
            | Kind::Hollow => Clause::Right(join, side),
            Kind::Number | Kind::Text | Kind::OpenText | Kind::Null | Kind::Truth => {
                match side {
                    Side::Constant if join == Join::Group => return Clause::Equal,
                    Side::Constant => return Clause::Proved(span.start),
                    Side::Computed if self.left => return Clause::Proved(span.start),
                    Side::Name(_) | Side::Call if join == Join::Logic && self.left => {
                        self.evidence.add(&rules::CONDITION, span);
                    }
                    _ => {}
                }
                Clause::Outside
            }
            Kind::Select => {
                self.evidence.add(&rules::COMPARED_SUBQUERY, span);
                Clause::Outside
            }
            Kind::Function | Kind::Danger | Kind::Sleep | Kind::System | Kind::Package | Kind::Case => {
                if join == Join::Logic && self.left {
                    let constant = side == Side::Constant;
                    self.evidence
                        .add(if constant { &rules::COMPARED_CALL } else { &rules::CALL_CONDITION }, span);
                }
                Clause::Outside
            }
            Kind::Word | Kind::Variable | Kind::Tail => {
                if join == Join::Logic && self.left {
                    if side == Side::Name(token.hash) {
                        self.evidence.add(&rules::SAME_OPERANDS, span.clone());
                    }
                    self.evidence.add(&rules::CONDITION, span);
                }
                Clause::Outside
            }
            _ => Clause::Outside,
        }
    }

    /// A comparison of constants that began at `start` is followed by `token`; no expression is followed by a bare
    /// word, prose is.
    fn prove(&mut self, start: usize, token: Token) {
        if !matches!(token.kind, Kind::Word | Kind::Other | Kind::Quantifier) || self.inside && self.left {
            self.evidence.add(&rules::TAUTOLOGY, start..token.start);
        }
    }

    /// Selects: united, nested, and what they select.
    fn query(&mut self, token: Token) {
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
        let selected = match before {
            Kind::Select => 1,
            Kind::Quantifier | Kind::Open | Kind::Arithmetic if self.kind(2) == Kind::Select => 2,
            Kind::Word if self.kind(2) == Kind::Select => 2,
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
        ) || token.kind == Kind::Open && before == Kind::Select
            || matches!(token.kind, Kind::Word | Kind::Condition | Kind::Compare) && token.call;
        let column = before == Kind::Word && matches!(token.kind, Kind::Comma | Kind::From | Kind::Dot);
        if !(star || column || constant && before != Kind::Word) {
            return;
        }
        self.evidence.add(&rules::PROJECTION, span.clone());
        let called = token.call || matches!(token.kind, Kind::System | Kind::Variable);
        if self.kind(selected + 1) == Kind::Start && called {
            self.evidence.add(&rules::WHOLE_QUERY, span.clone());
        }
        let outer = self.kind(selected + 1);
        if outer == Kind::Open && !column {
            self.evidence.add(&rules::SUBQUERY, span);
        } else if outer == Kind::Semicolon && !column {
            self.evidence.add(&rules::STACKED_QUERY, span);
        }
    }

    /// Statements behind a semicolon.
    fn stack(&mut self, token: Token) {
        if token.kind == Kind::Semicolon {
            let before = self.kind(1);
            if matches!(before, Kind::Break | Kind::Unbalanced)
                || before == Kind::Number && self.kind(2) == Kind::Start
            {
                self.left = true;
            }
            return;
        }
        let span = self.back(2).start..token.end;
        let object = match self.kind(1) {
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
        };
        // `;if(1=1)`: a condition in the manner of SQL, not of a script.
        let constant =
            matches!(token.kind, Kind::Number | Kind::Text | Kind::Select | Kind::System | Kind::Danger);
        if constant
            && self.kind(1) == Kind::Open
            && self.kind(2) == Kind::Condition
            && self.kind(3) == Kind::Semicolon
        {
            self.evidence.add(&rules::STACKED_CHANGE, self.back(3).start..token.end);
        }
        if object && self.kind(2) == Kind::Semicolon {
            self.evidence.add(&rules::STACKED_CHANGE, span.clone());
            if matches!(self.kind(3), Kind::Start | Kind::Break | Kind::Unbalanced | Kind::Number) {
                self.evidence.add(&rules::BROKEN_STATEMENT, span);
            }
        } else if object && self.kind(2) == Kind::Break {
            self.evidence.add(&rules::STACKED_CHANGE, span);
        } else if token.kind == Kind::Word
            && self.kind(1) == Kind::Change
            && self.kind(2) == Kind::Semicolon
            && self.left
        {
            self.evidence.add(&rules::STACKED_CHANGE, span);
        }
    }

    /// Functions, procedures, catalogues and variables.
    fn call(&mut self, token: Token) {
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
                self.evidence.add(&rules::PROCEDURE_ANALYSE, span)
            }
            (Kind::Run | Kind::Dot, Kind::Extended) | (Kind::Declare, Kind::Variable) => {
                self.evidence.add(&rules::RUN_PROCEDURE, span)
            }
            (Kind::Into, Kind::File | Kind::Variable) | (Kind::File, Kind::Text | Kind::OpenText) => {
                let file = before.kind == Kind::File && self.kind(2) == Kind::Into;
                if file || token.kind == Kind::Variable && self.left {
                    self.evidence.add(&rules::INTO_FILE, span);
                }
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
        match callee.kind {
            // A name says nothing where nothing leads up to the call: `benchmark(cpu)`.
            Kind::Danger if token.kind == Kind::Word && matches!(self.kind(3), Kind::Start | Kind::Word) => {}
            Kind::Danger if self.kind(3) != Kind::Dot => self.evidence.add(&rules::DANGEROUS_CALL, span),
            Kind::Sleep if constant && self.kind(3) != Kind::Dot => self.evidence.add(&rules::SLEEP, span),
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
    fn clause_words(&mut self, token: Token) {
        if self.kind(1) != Kind::By || self.kind(2) != Kind::Order {
            return;
        }
        let span = self.back(2).start..token.end;
        match token.kind {
            Kind::Number => self.evidence.add(&rules::ORDER_BY, span),
            Kind::Function | Kind::Sleep | Kind::Danger | Kind::Case => {
                self.evidence.add(&rules::HAVING, span)
            }
            Kind::Word if self.left => self.evidence.add(&rules::ORDER_BY, span),
            Kind::Open => self.evidence.add(&rules::HAVING, span),
            _ => {}
        }
    }

    /// Comments that hide something.
    fn hide(&mut self, token: Token) {
        let before = self.back(1);
        let span = before.start..token.end;
        if token.kind == Kind::Tail {
            match before.kind {
                Kind::Break if token.call => {
                    self.evidence.add(&rules::QUOTE_COMMENT, span.clone());
                    self.evidence.add(&rules::COMMENT_TAIL, span.clone());
                }
                _ if self.left || self.evidence.score() >= WORTH_HIDING => {
                    self.evidence.add(&rules::COMMENT_TAIL, span.clone());
                }
                _ => {}
            }
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
        if token.spliced && is_keyword(before.kind) | is_keyword(token.kind) && before.kind != Kind::Start {
            self.evidence.add(&rules::SPLICED, span);
        }
    }

    /// The value ends.
    fn finish(&mut self) {
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
