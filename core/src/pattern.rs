//! Patterns of the operator: regular expressions that are compiled together and searched for in one pass.
//!
//! The engine is a lazy automaton, so no pattern backtracks: work grows with the text, never with what the text makes a
//! pattern try. What cannot run that way, look-around and back-references, does not compile. A set is refused when its
//! automaton would be larger than [`MAX_MEMORY`]; what is cached while searching is bounded too. A text that drives the
//! automaton out of its cache costs more a byte, at most as many steps as the automaton has states.
//!
//! Patterns read bytes: `.` is any byte but a line feed, `\w`, `\d`, `\s`, `\b` and the folding of case know ASCII only,
//! and a letter beyond it in a pattern stands for its bytes in UTF-8. Within `(?u:...)`, `.` and `[...]` stand for whole
//! characters. A pattern matches anywhere in the text unless it is anchored; `^` and `$` are its ends.
//!
//! Searching allocates nothing once as many searches have run side by side as ever will.

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

/// Bytes that the automaton of one set may take.
const MAX_MEMORY: usize = 1 << 20;
/// Bytes of cached states, for each direction and each search that runs at the same time.
const MAX_CACHE: usize = 2 << 20;
/// Matches that are looked through to say where a certain pattern matches.
const MAX_LOCATED: usize = 16;

type NewSet = Box<dyn Fn() -> PatternSet + Send + Sync + UnwindSafe + RefUnwindSafe>;

/// An ordered set of patterns.
pub(crate) struct Patterns {
    /// Whether and where anything matches; skips ahead to what may.
    any: Regex,
    /// Which ones match. A match does not end the search for the others, so it is asked only when there is one.
    all: Regex,
    /// Where a search notes which patterns match.
    matched: Pool<PatternSet, NewSet>,
}

impl Patterns {
    /// Compile `patterns` together.
    ///
    /// # Errors
    /// The first pattern that is not a regular expression or does not fit, by its index, and what is wrong with it.
    pub(crate) fn compile(patterns: &[impl AsRef<str>], ignore_case: bool) -> Result<Self, (usize, String)> {
        for (index, pattern) in patterns.iter().enumerate() {
            syntax::parse_with(pattern.as_ref(), &reading(ignore_case)).map_err(|error| {
                // The engine draws the pattern and points at the fault; the last line says what it is.
                let text = error.to_string();
                let problem = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
                (index, format!("`{}` is no pattern: {problem}", pattern.as_ref()))
            })?;
        }
        let build =
            |kind| build(patterns, ignore_case, kind).map_err(|error| problem(patterns, ignore_case, &error));
        let (any, all) = (build(MatchKind::LeftmostFirst)?, build(MatchKind::All)?);
        let len = patterns.len();
        Ok(Self { any, all, matched: Pool::new(Box::new(move || PatternSet::new(len))) })
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.any.pattern_len()
    }

    /// The first pattern, in their order, that matches `haystack`.
    pub(crate) fn find(&self, haystack: &[u8]) -> Option<usize> {
        self.find_where(haystack, &mut |_| true)
    }

    /// The first pattern, in their order, that matches `haystack` and counts.
    pub(crate) fn find_where(&self, haystack: &[u8], counts: &mut dyn FnMut(usize) -> bool) -> Option<usize> {
        // Most texts match nothing, which this finds out without looking at every byte.
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

    /// Where the pattern `index` matches `haystack`; the whole of it when too many other matches stand before that.
    pub(crate) fn locate(&self, index: usize, haystack: &[u8]) -> (usize, usize) {
        let mut matches = self.any.find_iter(haystack).take(MAX_LOCATED);
        let own = matches.find(|found| found.pattern().as_usize() == index);
        own.map_or((0, haystack.len()), |found| (found.start(), found.end()))
    }
}

impl fmt::Debug for Patterns {
    /// Without the automata, which would fill pages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patterns").field("len", &self.len()).finish_non_exhaustive()
    }
}

fn reading(ignore_case: bool) -> syntax::Config {
    syntax::Config::new().unicode(false).utf8(false).case_insensitive(ignore_case)
}

fn build(patterns: &[impl AsRef<str>], ignore_case: bool, kind: MatchKind) -> Result<Regex, Box<BuildError>> {
    let config = Regex::config()
        .match_kind(kind)
        .utf8_empty(false)
        .which_captures(WhichCaptures::Implicit)
        .nfa_size_limit(Some(MAX_MEMORY))
        .hybrid_cache_capacity(MAX_CACHE);
    Regex::builder().configure(config).syntax(reading(ignore_case)).build_many(patterns).map_err(Box::new)
}

/// Which pattern is why the set could not be built, and how.
fn problem(patterns: &[impl AsRef<str>], ignore_case: bool, error: &BuildError) -> (usize, String) {
    let index = first_that_does_not_fit(patterns, ignore_case);
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

/// The index of the pattern with which the set stops fitting.
fn first_that_does_not_fit(patterns: &[impl AsRef<str>], ignore_case: bool) -> usize {
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
