//! The end of a value: a call that waits, or an expression that the rest of the query completes.

use super::Reader;
use crate::detect::classes::sqli::kind::Kind;
use crate::detect::classes::sqli::rules;

impl Reader<'_, '_> {
    /// The value, or the last segment of a path, is nothing but `sleep(5)`.
    pub(super) fn lone_sleep(&mut self) {
        let kinds = [4, 3, 2, 1].map(|back| self.kind(back));
        let before = self.back(5);
        let separator = self.path && self.text.get(before.start) == Some(&b'/');
        if kinds == [Kind::Sleep, Kind::Open, Kind::Number, Kind::Close]
            && (before.kind == Kind::Start || separator)
        {
            self.evidence.add(&rules::LONE_SLEEP, self.back(4).start..self.back(1).end);
        }
        self.operand_sleep();
    }

    /// The value is one operand, an operator and `sleep(5)`, in parentheses or not.
    fn operand_sleep(&mut self) {
        let grouped = self.kind(2) == Kind::Close;
        let end = if grouped { 2 } else { 1 };
        let call = [3, 2, 1, 0].map(|back| self.kind(end + back));
        let operator = self.back(end + 4 + usize::from(grouped));
        let operand = end + 5 + usize::from(grouped);
        // A script assigns, and compares with signs.
        let joins = match operator.kind {
            Kind::Arithmetic | Kind::Pipes | Kind::Comma | Kind::Logic => true,
            Kind::Compare => operator.hash != 0,
            _ => false,
        };
        if call == [Kind::Sleep, Kind::Open, Kind::Number, Kind::Close]
            && joins
            && (!grouped || self.kind(end + 4) == Kind::Open)
            && matches!(self.kind(operand), Kind::Number | Kind::Word)
            && self.count == operand
        {
            self.evidence.add(&rules::OPERAND_SLEEP, operator.start..self.text.len());
        }
    }

    /// What the value leaves for the rest of the query to complete.
    pub(super) fn cut_off(&mut self) {
        let last = self.back(1);
        let span = self.back(2).start..last.end;
        let kinds = [4, 3, 2, 1].map(|back| self.kind(back));
        match kinds {
            // `'x'!='y`
            [Kind::Start, Kind::Text, Kind::Compare, Kind::OpenText] => {
                self.left = true;
                self.evidence.add(&rules::QUOTE_COMPARISON, span);
            }
            // `';select name`
            [Kind::Break | Kind::Unbalanced, Kind::Semicolon, Kind::Select, Kind::Word] => {
                self.evidence.add(&rules::STACKED_QUERY, span);
            }
            // `1 union select name`
            [before, Kind::Union | Kind::Quantifier, Kind::Select, Kind::Word]
                if self.left && before != Kind::Start =>
            {
                self.evidence.add(&rules::PROJECTION, span);
            }
            // `'-'`: the string that is left and the one that follows become numbers, which are equal to all other texts.
            [Kind::Start, Kind::Break, operator @ (Kind::Arithmetic | Kind::Compare), Kind::OpenText]
                if self.inside && self.is_glued(operator) =>
            {
                self.evidence.add(&rules::GLUED_OPERATOR, span);
            }
            // `x' or '`
            [Kind::Start, Kind::Break, Kind::Logic, Kind::OpenText]
                if last.end == last.start + 1 && self.back(3).end > 1 =>
            {
                self.evidence.add(&rules::CONSTANT_TRUTH, span);
            }
            _ => {}
        }
    }

    /// Whether the last three tokens are a quote, an operator and the start of a short string, without a blank between.
    fn is_glued(&self, kind: Kind) -> bool {
        let [left, operator, right] = [3, 2, 1].map(|back| self.back(back));
        let sign = &self.text[operator.start..operator.end];
        let operand = self.text.get(right.start + 1..right.end).unwrap_or_default();
        let takes = match kind {
            Kind::Arithmetic => !matches!(sign, b"/" | b"+" | b"%"),
            _ => matches!(sign, b"<" | b">" | b"<>") && !operand.is_empty() && left.end > 1,
        };
        takes
            && left.end == operator.start
            && operator.end == right.start
            && operand.len() <= SHORT
            && operand.iter().all(u8::is_ascii_alphanumeric)
            && self.text[..left.end - 1].iter().all(u8::is_ascii_alphanumeric)
    }
}

/// The longest operand of an operator that is glued to both of its strings.
const SHORT: usize = 8;
