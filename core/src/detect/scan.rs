//! One value from surface to finding: gate, views, recognisers, threshold.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;

use super::custom::Custom;
use super::evidence::{Evidence, Off};
use super::gate::{Shape, byte, is_plain};
use super::memo::Memo;
use super::recogniser::{self, Recogniser};
use super::rule::THRESHOLD;
use super::{Class, ClassSet, Finding, Steps, Surface, View, decode};

/// Decodes and recognises values; owns the space that decoding needs, so that a warm scanner allocates nothing.
pub struct Scanner {
    percent: Vec<u8>,
    escapes: Vec<u8>,
    fold: Vec<u8>,
    /// Header values that were clean a moment ago.
    pub(crate) memo: Memo,
}

impl Default for Scanner {
    fn default() -> Self {
        Self::new()
    }
}

impl Scanner {
    /// A scanner without buffers; they grow to the largest value seen.
    #[must_use]
    pub const fn new() -> Self {
        Self { percent: Vec::new(), escapes: Vec::new(), fold: Vec::new(), memo: Memo::new() }
    }

    /// The first attack of `classes` in `surface`.
    ///
    /// ```
    /// use portcullis_core::detect::{ClassSet, Origin, Scanner, Surface};
    ///
    /// let value = b"1' union select password from users--";
    /// let surface = Surface { origin: Origin::Query, name: b"id", value };
    /// let finding = Scanner::new().scan(&surface, ClassSet::ALL).expect("an attack");
    /// assert_eq!(finding.class.name(), "sqli");
    /// ```
    pub fn scan(&mut self, surface: &Surface<'_>, classes: ClassSet) -> Option<Finding> {
        if is_plain(surface.value) { None } else { self.scan_with(surface, classes, &Tuning::default()) }
    }

    /// Give back buffer space beyond `keep` bytes each.
    pub(crate) fn trim(&mut self, keep: usize) {
        for buffer in [&mut self.percent, &mut self.escapes, &mut self.fold] {
            if buffer.capacity() > keep {
                buffer.clear();
                buffer.shrink_to(keep);
            }
        }
    }

    /// The first attack of `classes`, ignoring the rules that `tuning` switches off. Callers pass what [`is_plain`] by
    /// themselves: most values are.
    pub(crate) fn scan_with(
        &mut self,
        surface: &Surface<'_>,
        classes: ClassSet,
        tuning: &Tuning<'_>,
    ) -> Option<Finding> {
        let shape = Shape::of(surface.value);
        let plus = surface.origin.plus_is_blank();
        let encoded = byte::PERCENT | if plus { byte::PLUS } else { 0 };
        let mut view = View {
            bytes: surface.value,
            shape,
            origin: surface.origin,
            name: surface.name,
            held: tuning.held,
            steps: Steps::RAW,
            depth: 0,
        };
        if shape.any(encoded) {
            let undone = decode::percent(surface.value, plus, &mut self.percent);
            if undone.steps != Steps::RAW {
                view = next(view, undone, &self.percent);
            }
        }
        if let Some(finding) = recognise(&view, surface, classes, tuning) {
            return Some(finding);
        }
        if view.shape.any(byte::AMPERSAND | byte::BACKSLASH) {
            let undone = decode::escapes(view.bytes, &mut self.escapes);
            if undone.steps != Steps::RAW {
                view = next(view, undone, &self.escapes);
                if let Some(finding) = recognise(&view, surface, classes, tuning) {
                    return Some(finding);
                }
            }
        }
        if view.shape.any(byte::HIGH) {
            let undone = decode::fold(view.bytes, &mut self.fold);
            if undone.steps != Steps::RAW {
                view = next(view, undone, &self.fold);
                if let Some(finding) = recognise(&view, surface, classes, tuning) {
                    return Some(finding);
                }
            }
        }
        tuning.custom.and_then(|custom| custom.recognise(&view, surface, tuning))
    }
}

impl fmt::Debug for Scanner {
    /// Without the buffers: they hold the value that was scanned last, which may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scanner").finish_non_exhaustive()
    }
}

/// What is known about one surface besides its classes: from the configuration, and from the document around it.
pub(crate) struct Tuning<'t> {
    /// Of a name, what it holds.
    pub(crate) held: &'t [u8],
    /// The score of an attack, in hundredths.
    pub(crate) threshold: u16,
    /// Rules and patterns that do not count here.
    pub(crate) off: Off<'t>,
    /// Rules and patterns that are only tried.
    pub(crate) trial: Option<&'t Trial<'t>>,
    /// Whether the value must not appear in an excerpt; asked only when there is a finding.
    pub(crate) sensitive: Option<&'t dyn Fn() -> bool>,
    /// The operator's patterns, where there are any for such a value.
    pub(crate) custom: Option<&'t Custom>,
}

impl Default for Tuning<'_> {
    fn default() -> Self {
        Self { held: b"", threshold: THRESHOLD, off: None, trial: None, sensitive: None, custom: None }
    }
}

/// Rules in shadow, and the first attack that they would have made one.
pub(crate) struct Trial<'t> {
    /// The rules and patterns.
    pub(crate) covers: &'t dyn Fn(Class, &str) -> bool,
    /// Whether anybody wants to know.
    pub(crate) reports: bool,
    /// What they found.
    pub(crate) found: RefCell<Option<Box<Finding>>>,
}

impl Trial<'_> {
    /// Whether somebody wants to know, and nothing was found so far.
    pub(super) fn is_open(&self) -> bool {
        self.reports && self.found.borrow().is_none()
    }
}

impl Tuning<'_> {
    /// Whether the value must not appear in an excerpt.
    pub(super) fn masks(&self) -> bool {
        self.sensitive.is_some_and(|sensitive| sensitive())
    }
}

fn next<'v>(from: View<'v>, undone: decode::Undone, bytes: &'v [u8]) -> View<'v> {
    View {
        bytes,
        shape: Shape::of(bytes),
        origin: from.origin,
        name: from.name,
        held: from.held,
        steps: from.steps.and(undone.steps),
        depth: from.depth.max(undone.depth),
    }
}

fn recognise(
    view: &View<'_>,
    surface: &Surface<'_>,
    classes: ClassSet,
    tuning: &Tuning<'_>,
) -> Option<Finding> {
    recogniser::opened(view, classes).find_map(|recogniser| confirm(recogniser, view, surface, tuning))
}

/// Let the recogniser of an open class decide. Kept apart, so that the code every value runs through stays small.
#[inline(never)]
fn confirm(
    recogniser: &Recogniser,
    view: &View<'_>,
    surface: &Surface<'_>,
    tuning: &Tuning<'_>,
) -> Option<Finding> {
    let trial = tuning.trial.filter(|trial| trial.is_open());
    let mut evidence = Evidence::new(tuning.threshold, tuning.off, tuning.trial.map(|trial| trial.covers));
    (recogniser.recognise)(view, &mut evidence);
    let finding = |shadow| Finding::new(recogniser.class, surface, view, &evidence, (shadow, tuning.masks()));
    if let Some(trial) = trial.filter(|_| evidence.is_enough_in_shadow()) {
        *trial.found.borrow_mut() = finding(true).map(Box::new);
    }
    if evidence.is_enough() { finding(false) } else { None }
}
