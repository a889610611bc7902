//! Custom patterns: regular expressions that are compiled together and searched in one pass.
//!
//! The engine is a lazy automaton without backtracking: work depends on the text, not on the pattern. Look-around and
//! back-references cannot run that way and do not compile. A set is rejected if its automaton exceeds [`MAX_MEMORY`];
//! the cache of a search is bounded too. A text that overflows the cache costs more per byte, at most as many steps as
//! the automaton has states.
//!
//! Patterns match bytes: `.` is any byte but a line feed, `\w`, `\d`, `\s`, `\b` and case folding are limited to ASCII,
//! and another letter in a pattern matches its bytes in UTF-8. Within `(?u:...)`, `.` and `[...]` match whole
//! characters. A pattern matches anywhere in the text unless it is anchored; `^` and `$` are the ends of the text.
//!
//! A search does not allocate once the pool has as many caches as searches run in parallel.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};

use regex_automata::meta::{BuildError, Regex};
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::util::pool::Pool;
use regex_automata::util::syntax;
use regex_automata::{Input, MatchKind, PatternSet};

/// Maximum size of the automaton of a set, in bytes.
const MAX_MEMORY: usize = 1 << 20;
/// Maximum size of cached states in bytes, per direction and parallel search.
const MAX_CACHE: usize = 2 << 20;
/// Maximum number of matches to inspect for the position of one pattern.
const MAX_LOCATED: usize = 16;

type NewSet = Box<dyn Fn() -> PatternSet + Send + Sync + UnwindSafe + RefUnwindSafe>;

/// An ordered set of patterns.
pub(crate) struct Patterns {
    /// Whether and where any pattern matches; uses prefilters.
    any: Regex,
    /// Which patterns match. It does not stop at the first match, so it only runs if there is one.
    all: Regex,
    /// Result sets for the matching patterns.
    matched: Pool<PatternSet, NewSet>,
}

impl Patterns {
    /// Compile `patterns` together.
    ///
    /// # Errors
    /// The index of the first pattern that is not a regular expression or exceeds the limit, and the error.
    pub(crate) fn compile(patterns: &[impl AsRef<str>], ignore_case: bool) -> Result<Self, (usize, String)> {
        for (index, pattern) in patterns.iter().enumerate() {
            syntax::parse_with(pattern.as_ref(), &syntax_config(ignore_case)).map_err(|error| {
                // The error contains a drawing of the pattern; its last line is the message.
                let text = error.to_string();
                let describe_error = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
                (index, format!("`{}` is no pattern: {describe_error}", pattern.as_ref()))
            })?;
        }
        let build = |kind| {
            build(patterns, ignore_case, kind).map_err(|error| describe_error(patterns, ignore_case, &error))
        };
        let (any, all) = (build(MatchKind::LeftmostFirst)?, build(MatchKind::All)?);
        let len = patterns.len();
        Ok(Self { any, all, matched: Pool::new(Box::new(move || PatternSet::new(len))) })
    }

    /// The number of patterns.
    pub(crate) fn len(&self) -> usize {
        self.any.pattern_len()
    }

    /// The first pattern, in their order, that matches `haystack`.
    pub(crate) fn find(&self, haystack: &[u8]) -> Option<usize> {
        self.find_where(haystack, &mut |_| true)
    }

    /// The first pattern, in their order, that matches `haystack` and is accepted by `counts`.
    pub(crate) fn find_where(&self, haystack: &[u8], counts: &mut dyn FnMut(usize) -> bool) -> Option<usize> {
        // Most texts match nothing, which the prefilters detect without reading every byte.
        if !self.any.is_match(haystack) {
            return None;
        }
        if self.len() == 1 {
            return counts(0).then_some(0);
        }
        let mut matched = self.matched.get();
        matched.clear();
        self.all.which_overlapping_matches(&Input::new(haystack), &mut matched);
        matched.iter().map(|pattern| pattern.as_usize()).find(|index| counts(*index))
    }

    /// The position of the match of pattern `index` in `haystack`; the whole of it if too many other matches precede
    /// it.
    pub(crate) fn locate(&self, index: usize, haystack: &[u8]) -> (usize, usize) {
        let mut matches = self.any.find_iter(haystack).take(MAX_LOCATED);
        let own = matches.find(|found| found.pattern().as_usize() == index);
        own.map_or((0, haystack.len()), |found| (found.start(), found.end()))
    }
}

impl fmt::Debug for Patterns {
    /// Omits the automata, which are large.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patterns").field("len", &self.len()).finish_non_exhaustive()
    }
}

fn syntax_config(ignore_case: bool) -> syntax::Config {
    syntax::Config::new().unicode(false).utf8(false).case_insensitive(ignore_case)
}

fn build(patterns: &[impl AsRef<str>], ignore_case: bool, kind: MatchKind) -> Result<Regex, Box<BuildError>> {
    let config = Regex::config()
        .match_kind(kind)
        .utf8_empty(false)
        .which_captures(WhichCaptures::Implicit)
        .nfa_size_limit(Some(MAX_MEMORY))
        .hybrid_cache_capacity(MAX_CACHE);
    Regex::builder()
        .configure(config)
        .syntax(syntax_config(ignore_case))
        .build_many(patterns)
        .map_err(Box::new)
}

/// The index of the pattern that caused the error, and the message.
fn describe_error(patterns: &[impl AsRef<str>], ignore_case: bool, error: &BuildError) -> (usize, String) {
    let index = first_failing(patterns, ignore_case);
    let text = match error.size_limit() {
        Some(limit) => format!(
            "is too large, by itself or with those before it: the automaton exceeds {} KiB; repeat less or write \
             fewer patterns",
            limit >> 10
        ),
        None => format!("cannot be compiled: {error}"),
    };
    (index, text)
}

/// The index of the first pattern with which the set exceeds the limit.
fn first_failing(patterns: &[impl AsRef<str>], ignore_case: bool) -> usize {
    let (mut fits, mut fails) = (0, patterns.len());
    while fits + 1 < fails {
        let middle = fits.midpoint(fails);
        let built = build(&patterns[..middle], ignore_case, MatchKind::All);
        if built.is_ok() {
            fits = middle;
        } else {
            fails = middle;
        }
    }
    fails.saturating_sub(1)
}

#[cfg(test)]
mod tests;
