//! Reads tokens and collects evidence: an automaton for conditions, and patterns over the latest tokens.
//!
//! All look-behind is within a ring of eight tokens, so noise in front of an attack hides nothing and every token costs
//! the same.

use super::kind::Kind;
use super::token::{Lexer, Token};
mod ends;
mod idle;
mod patterns;

use super::rules;
use crate::detect::evidence::Evidence;

/// Tokens that patterns may look back to.
const RING: usize = 8;

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
pub(super) struct Reader<'e, 't> {
    evidence: &'e mut Evidence<'t>,
    text: &'e [u8],
    /// Whether the value is a path, in which every segment is a start.
    path: bool,
    ring: [Token; RING],
    /// The kinds of the same tokens, the last one first: nearly all that patterns need.
    kinds: [Kind; RING],
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
    /// Whether a string was converted to the type of a document.
    converted: bool,
    /// Whether a condition was called like a function.
    chosen: bool,
    /// Whether the value begins with a statement that changes data.
    changes: bool,
}

/// Collect the evidence in `text`, taken to begin inside of a string that `inside` ends, or outside of any.
pub(super) fn read(text: &[u8], path: bool, inside: Option<u8>, evidence: &mut Evidence<'_>) {
    let mut reader = Reader {
        evidence,
        text,
        path,
        ring: [Token::START; RING],
        kinds: [Kind::Start; RING],
        count: 0,
        depth: 0,
        clause: Clause::Outside,
        left: false,
        called: false,
        inside: inside.is_some(),
        converted: false,
        chosen: false,
        changes: false,
    };
    for token in Lexer::new(text, inside) {
        reader.push(token);
        if reader.evidence.is_enough() {
            return;
        }
    }
    reader.finish();
}

impl Reader<'_, '_> {
    /// The token `back` places before the one that is being pushed.
    fn back(&self, back: usize) -> Token {
        self.ring[(self.count + RING - back) % RING]
    }

    fn kind(&self, back: usize) -> Kind {
        self.kinds[back - 1]
    }

    fn push(&mut self, mut token: Token) {
        match token.kind {
            Kind::Open => self.depth = self.depth.saturating_add(1),
            Kind::Close if self.depth > 0 => self.depth -= 1,
            // The end of a string and the parentheses right behind it are one way out.
            Kind::Close if matches!(self.kind(1), Kind::Break | Kind::Unbalanced) => return,
            Kind::Close => token.kind = Kind::Unbalanced,
            Kind::OpenText if self.is_prose(token) => {
                // Then the operator was a word as well.
                self.ring[(self.count + RING - 1) % RING].kind = Kind::Word;
                self.kinds[0] = Kind::Word;
                return;
            }
            Kind::Other if self.kind(1) == Kind::Text && self.text[token.start] == b'?' => {
                token.kind = Kind::Compare;
            }
            Kind::Cast => return self.cast(token),
            _ => {}
        }
        if !self.is_idle(token) {
            self.weigh(token);
        } else {
            #[cfg(test)]
            self.assert_idle(token);
        }
        self.ring[self.count % RING] = token;
        self.kinds.copy_within(..RING - 1, 1);
        self.kinds[0] = token.kind;
        self.count += 1;
    }

    fn weigh(&mut self, token: Token) {
        self.leave(token);
        self.condition(token);
        self.query(token);
        self.stack(token);
        self.call(token);
        self.clause_words(token);
        self.hide(token);
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
            Kind::Danger | Kind::Sleep => matches!(before, Kind::Start | Kind::Break) || leading,
            Kind::Package => leading,
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
        self.append(token);
    }

    /// Whether a string behind `is` or `like` that never ends is a sentence, so that the quotes of `the 'is' operator and
    /// what it expects` enclose a word.
    fn is_prose(&self, token: Token) -> bool {
        let before = self.back(1);
        let body = self.text.get(token.start..token.end).unwrap_or_default();
        let words =
            || body.split(|byte| *byte == b' ').filter(|word| word.iter().all(u8::is_ascii_alphabetic));
        before.kind == Kind::Compare
            && before.hash != 0
            && words().filter(|word| word.len() > 1).nth(2).is_some()
    }

    /// The value goes on behind a string with an operator and an expression.
    fn append(&mut self, token: Token) {
        let (before, second) = (self.kind(1), self.kind(2));
        // `'||package.function('x')`
        let member = [self.kind(4), self.kind(3), second, before];
        if token.kind == Kind::Word
            && token.call
            && member == [Kind::Break, Kind::Pipes, Kind::Word, Kind::Dot]
        {
            self.left = true;
            self.evidence.add(&rules::QUOTE_CONCAT, self.back(4).start..token.end);
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
                | Kind::Truth
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
        if let Clause::Proved(start) | Clause::Doubted(start) = self.clause
            && matches!(token.kind, Kind::Logic | Kind::Pipes | Kind::Condition | Kind::Open)
        {
            self.confirm_comparison(start, token);
        }
        self.chosen |= token.kind == Kind::Condition && token.call;
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
            Clause::Left(join) => self.left_side(join, token),
            Clause::Compared(join, side) => self.operator(join, side, token),
            Clause::Operand(Join::Logic, Side::Constant | Side::Computed)
                if token.kind == Kind::OpenText && self.left && self.inside =>
            {
                self.evidence.add(&rules::CONSTANT_TRUTH, self.back(2).start..token.end);
                Clause::Outside
            }
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
                self.confirm_comparison(start, token);
                Clause::Outside
            }
            Clause::Right(join, side) => self.right_side(join, side, token),
            Clause::Equal if token.kind == Kind::Close => Clause::EqualClosed,
            Clause::EqualClosed if token.kind == Kind::Arithmetic => {
                self.evidence.add(&rules::GROUPED_COMPARISON, self.back(4).start..token.end);
                Clause::Outside
            }
            Clause::Outside | Clause::Equal | Clause::EqualClosed => Clause::Outside,
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
                // `'and' so on`: a word in quotes, and what follows it.
                let word = self.back(1);
                let quoted = word.end == token.start
                    && self.text.get(token.start + 1).is_none_or(|byte| *byte <= b' ');
                if join == Join::Logic && self.left && self.inside && !quoted && token.end - token.start > 1 {
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
        // Whatever function is called, a condition ends with it and the rest of the query is cut off.
        if side == Side::Call && token.kind == Kind::Tail && self.inside && self.left && join == Join::Logic {
            self.evidence.add(&rules::CONDITION, self.back(4).start..token.end);
        }
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
    fn confirm_comparison(&mut self, start: usize, token: Token) {
        if !matches!(token.kind, Kind::Word | Kind::Other | Kind::Quantifier) || self.inside && self.left {
            self.evidence.add(&rules::TAUTOLOGY, start..token.start);
        }
    }
}
