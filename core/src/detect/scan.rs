//! One value from surface to finding: gate, views, recognisers, threshold.

use alloc::vec::Vec;
use core::fmt;

use super::custom::Custom;
use super::evidence::{Evidence, Off};
use super::gate::{Shape, byte, is_plain};
use super::memo::Memo;
use super::rule::THRESHOLD;
use super::{Class, ClassSet, Finding, Steps, Surface, View, decode, shell, sqli, traversal, xss};

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
        let mut view =
            View { bytes: surface.value, shape, origin: surface.origin, steps: Steps::RAW, depth: 0 };
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

/// What configuration says about one surface, beyond its classes.
pub(crate) struct Tuning<'t> {
    /// The score of an attack, in hundredths.
    pub(crate) threshold: u16,
    /// Rules and patterns that do not count here.
    pub(crate) off: Off<'t>,
    /// Whether the value must not appear in an excerpt; asked only when there is a finding.
    pub(crate) sensitive: Option<&'t dyn Fn() -> bool>,
    /// The operator's patterns, where there are any for such a value.
    pub(crate) custom: Option<&'t Custom>,
}

impl Default for Tuning<'_> {
    fn default() -> Self {
        Self { threshold: THRESHOLD, off: None, sensitive: None, custom: None }
    }
}

impl Tuning<'_> {
    /// Whether the value must not appear in an excerpt.
    pub(super) fn masks(&self) -> bool {
        self.sensitive.is_some_and(|sensitive| sensitive())
    }
}

fn next<'v>(from: View<'_>, undone: decode::Undone, bytes: &'v [u8]) -> View<'v> {
    View {
        bytes,
        shape: Shape::of(bytes),
        origin: from.origin,
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
    let open = opened(classes, view);
    if open.is_empty() {
        return None;
    }
    open.iter().find_map(|class| confirm(class, view, surface, tuning))
}

/// Let the recogniser of an open class decide. Kept apart, so that the code every value runs through stays small.
#[inline(never)]
fn confirm(class: Class, view: &View<'_>, surface: &Surface<'_>, tuning: &Tuning<'_>) -> Option<Finding> {
    let mut evidence = Evidence::new(tuning.threshold, tuning.off);
    match class {
        Class::Sqli => sqli::recognise(view, &mut evidence),
        Class::Xss => xss::recognise(view, &mut evidence),
        Class::Traversal => traversal::recognise(view, &mut evidence),
        Class::Shell => shell::recognise(view, &mut evidence),
        // Has no gate to open: patterns are searched for once nothing else was found.
        Class::Custom => {}
    }
    let attack = evidence.is_enough();
    attack.then(|| Finding::new(class, surface, view, &evidence, tuning.masks())).flatten()
}

/// The classes of which an attack can be in the view.
fn opened(classes: ClassSet, view: &View<'_>) -> ClassSet {
    let (shape, bytes) = (view.shape, view.bytes);
    let mut open = ClassSet::NONE;
    if classes.has(Class::Sqli) && sqli::opens(shape, bytes) {
        open = open.with(Class::Sqli);
    }
    if classes.has(Class::Xss) && xss::opens(shape, bytes) {
        open = open.with(Class::Xss);
    }
    if classes.has(Class::Traversal) && traversal::opens(shape, bytes) {
        open = open.with(Class::Traversal);
    }
    if classes.has(Class::Shell) && shell::opens(shape, bytes) {
        open = open.with(Class::Shell);
    }
    open
}
