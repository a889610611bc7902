//! Tokens without effect: most of those in texts that are not SQL.

use super::{Clause, Reader};
use crate::detect::classes::sqli::kind::Kind;
use crate::detect::classes::sqli::token::Token;

/// A set of kinds.
struct Kinds(u64);

impl Kinds {
    const fn of(kinds: &[Kind]) -> Self {
        let (mut set, mut at) = (0, 0);
        while at < kinds.len() {
            set |= 1 << kinds[at] as u64;
            at += 1;
        }
        Self(set)
    }

    const fn has(&self, kind: Kind) -> bool {
        self.0 >> kind as u64 & 1 != 0
    }
}

/// Tokens that occur in texts of any language.
const ANYWHERE: Kinds = Kinds::of(&[Kind::Word, Kind::Other, Kind::Compare]);
/// What lends no meaning to one of those behind it.
const BEFORE: Kinds = Kinds::of(&[
    Kind::Start,
    Kind::Number,
    Kind::Text,
    Kind::OpenText,
    Kind::Word,
    Kind::Comma,
    Kind::Compare,
    Kind::Other,
]);

impl Reader<'_, '_> {
    /// Whether nothing would come of weighing the token: no pattern ends in it, and it is in no condition.
    pub(super) fn is_idle(&self, token: Token) -> bool {
        ANYWHERE.has(token.kind)
            && BEFORE.has(self.kind(1))
            && matches!(self.clause, Clause::Outside)
            && !token.spliced
            // The type of a column: `(id int`.
            && self.kind(2) != Kind::Open
    }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    use super::*;
    use crate::detect::classes::sqli::reader;
    use crate::detect::evidence::Evidence;
    use crate::detect::{Class, Rule, THRESHOLD};

    impl Reader<'_, '_> {
        /// Weigh a token that is idle all the same: nothing may change. Whatever tests read goes through here.
        pub(in crate::detect::classes::sqli::reader) fn assert_idle(&mut self, token: Token) {
            let state = |reader: &Self| {
                let Self { evidence, depth, clause, left, called, converted, chosen, changes, .. } = reader;
                format!("{evidence:?} {depth} {clause:?} {left} {called} {converted} {chosen} {changes}")
            };
            let before = state(self);
            self.weigh(token);
            assert_eq!(state(self), before, "{token:?} in {:?}", String::from_utf8_lossy(self.text));
        }
    }

    /// Halves of attacks and look-alikes, put together anew.
    #[test]
    fn nothing_comes_of_idle_tokens_whatever_stands_before_them() {
        const BETWEEN: [&str; 8] = ["", " ", " x", "=", " = y ", " ? ", "/**/x", " int "];
        let rules = Rule::all().filter(|rule| rule.class == Class::Sqli);
        let texts: Vec<&str> =
            rules.flat_map(|rule| rule.attacks.iter().chain(rule.benign).copied()).collect();
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        let mut below = |bound: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random % bound as u64) as usize
        };
        for _ in 0..20_000 {
            let (first, second) = (texts[below(texts.len())], texts[below(texts.len())]);
            let (end, start) = (below(first.len() + 1), below(second.len() + 1));
            let halves =
                [&first.as_bytes()[..end], BETWEEN[below(8)].as_bytes(), &second.as_bytes()[start..]];
            for inside in [None, Some(b'\''), Some(b'"')] {
                // High enough that no reading ends early.
                let mut evidence = Evidence::new(THRESHOLD * 100, None, None);
                reader::read(&halves.concat(), below(2) == 0, inside, &mut evidence);
            }
        }
    }
}
