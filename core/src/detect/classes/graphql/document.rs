//! Counts fields, aliases, directives and depth in one pass over a document.

use super::fragments::Fragments;
use super::rules;
use crate::detect::decode::work::work;
use crate::detect::evidence::Evidence;
use crate::detect::lang::dictionary::hash;
use crate::detect::lang::graphql::{Token, tokens};

/// Selections inside of selections. Tools that query the whole schema reach about fifteen.
pub(super) const DEPTH: u32 = 24;
/// Aliases in one document.
pub(super) const ALIASES: u32 = 100;
/// Times that one field is requested under other names.
pub(super) const SAME_FIELD: u16 = 30;
/// The same for mutations, with which passwords are guessed in one request.
pub(super) const SAME_MUTATION: u16 = 10;
/// Times that one field is requested in a row.
pub(super) const REPEATED: u32 = 50;
/// Directives of one field.
pub(super) const DIRECTIVES: u32 = 8;
/// Fields are counted in so many classes by their names.
const CLASSES: usize = 64;

struct Counts {
    depth: u32,
    aliases: u32,
    /// Aliases by the class of the field's name.
    fields: [u16; CLASSES],
    repeated: u32,
    directives: u32,
    mutation: bool,
}

/// Add the evidence in `document`.
pub(super) fn read(document: &[u8], evidence: &mut Evidence<'_>) {
    let mut counts =
        Counts { depth: 0, aliases: 0, fields: [0; CLASSES], repeated: 0, directives: 0, mutation: false };
    let mut fragments = Fragments::default();
    // Within parentheses names are those of arguments and variables.
    let mut arguments = 0_u32;
    let mut before = Token { text: b"", start: 0 };
    for token in tokens(document).filter(|token| !token.is_comment()) {
        work(token.text.len());
        let span = token.start..token.start + token.text.len();
        match token.text {
            b"(" => arguments += 1,
            b")" => arguments = arguments.saturating_sub(1),
            _ if arguments > 0 => {}
            b"{" => {
                counts.depth += 1;
                counts.directives = 0;
                if counts.depth > DEPTH {
                    evidence.add(&rules::DEPTH, span.clone());
                }
            }
            b"}" => {
                counts.depth = counts.depth.saturating_sub(1);
                if counts.depth == 0 {
                    fragments.end();
                    counts.mutation = false;
                }
            }
            b"@" => {
                counts.directives += 1;
                if counts.directives > DIRECTIVES {
                    evidence.add(&rules::DIRECTIVES, span.clone());
                }
            }
            name if token.is_name() && before.text != b"@" => {
                counts.directives = 0;
                match before.text {
                    b"fragment" if counts.depth == 0 => fragments.define(name),
                    b"..." if name != b"on" => fragments.spread(name),
                    _ if counts.depth == 0 => counts.mutation |= name == b"mutation",
                    _ => counts.field(name, before, span.clone(), evidence),
                }
            }
            _ => {}
        }
        if evidence.is_enough() {
            return;
        }
        before = token;
    }
    if fragments.is_cyclic() {
        evidence.add(&rules::CYCLE, 0..document.len());
    }
}

impl Counts {
    /// A name in a selection: a field, or its alias if a colon follows.
    fn field(
        &mut self,
        name: &[u8],
        before: Token<'_>,
        span: core::ops::Range<usize>,
        evidence: &mut Evidence<'_>,
    ) {
        if matches!(name, b"__schema" | b"__type") {
            evidence.add(&rules::INTROSPECTION, span.clone());
        }
        self.repeated = if before.text == name { self.repeated + 1 } else { 0 };
        if self.repeated >= REPEATED {
            evidence.add(&rules::REPETITION, span.clone());
        }
        if before.text != b":" {
            return;
        }
        self.aliases += 1;
        let class = &mut self.fields[hash(name) as usize % CLASSES];
        *class = class.saturating_add(1);
        let most = if self.mutation && self.depth == 1 { SAME_MUTATION } else { SAME_FIELD };
        if *class > most || self.aliases > ALIASES {
            evidence.add(&rules::ALIASES, span);
        }
    }
}
