//! The scan of one value: gate, views, recognisers, threshold.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::Cell;
use core::fmt;
use core::ops::{ControlFlow, Range};

use crate::detect::decode::{self, Decodings, Outer, Source, View};
use crate::detect::evidence::{Class, ClassSet, Evidence, Finding, Input, Location};
use crate::detect::gate::{Memo, Shape, byte};
use crate::detect::lang::json;
use crate::detect::registry;
use crate::detect::tuning::{ScanOptions, add_declared};

/// A value, what it holds in base64, and what that holds in base64. Deeper base64 is not decoded;
/// [`Scanner::is_incomplete`] reports it.
const LEVELS: usize = 3;

/// Decodes and recognises values; owns the space that decoding needs, so that a warm scanner allocates nothing.
pub struct Scanner {
    levels: [DecodeBuffers; LEVELS],
    /// Header values that were clean a moment ago.
    pub(crate) memo: Memo,
    /// Whether the last value was not inspected completely.
    incomplete: bool,
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
        Self { levels: [const { DecodeBuffers::new() }; LEVELS], memo: Memo::new(), incomplete: false }
    }

    /// The first attack of `classes` in `input`.
    ///
    /// ```
    /// use portcullis_core::detect::{ClassSet, Location, Scanner, Input};
    ///
    /// let value = b"1' union select password from users--";
    /// let input = Input { location: Location::Query, name: b"id", value };
    /// let finding = Scanner::new().scan(&input, ClassSet::ALL).expect("an attack");
    /// assert_eq!(finding.class.name(), "sqli");
    /// ```
    pub fn scan(&mut self, input: &Input<'_>, classes: ClassSet) -> Option<Finding> {
        let mut view = View::raw(input, b"");
        let clean = input.is_plain() || is_clean(&mut view, classes);
        if clean {
            return None;
        }
        self.scan_with(view, input, classes, &ScanOptions::default()).map(|finding| *finding)
    }

    /// Free buffers until all of them together hold at most `keep` bytes.
    pub(crate) fn trim(&mut self, keep: usize) {
        let mut left = keep;
        for buffer in self.levels.iter_mut().flat_map(DecodeBuffers::buffers) {
            match left.checked_sub(buffer.capacity()) {
                Some(rest) => left = rest,
                None => *buffer = Vec::new(),
            }
        }
    }

    /// The first attack of `classes` in an input of which `view` is the raw view, ignoring the rules that `options` switches
    /// off. Callers pass what [`Input::is_plain`] and what [`is_clean`] by themselves: most values are.
    pub(crate) fn scan_with(
        &mut self,
        view: View<'_>,
        input: &Input<'_>,
        classes: ClassSet,
        options: &ScanOptions<'_>,
    ) -> Option<Box<Finding>> {
        let incomplete = Cell::new(false);
        let pass = ScanPass { input, outer: None, classes, options, incomplete: &incomplete };
        let found = pass.run(view, input.location.plus_is_blank(), &mut self.levels);
        self.incomplete = incomplete.get();
        found
    }

    /// Whether the value that was scanned last contains deeper base64 than is decoded, or a recogniser of the application
    /// did not inspect it completely.
    pub(crate) const fn is_incomplete(&self) -> bool {
        self.incomplete
    }
}

/// Whether the raw view of a value is the only one, and no class opens on it: what a scan would find too, without the
/// preparations for one. What is found out is kept in the view.
#[inline]
pub(crate) fn is_clean(view: &mut View<'_>, classes: ClassSet) -> bool {
    let plus = if view.location.plus_is_blank() { byte::PLUS } else { 0 };
    if view.shape.any(ENCODED | plus) {
        return false;
    }
    let open = registry::open(view, classes);
    view.open = Some(open);
    let folds = || view.shape.any(byte::HIGH) && decode::folds(view.bytes);
    let holds_more = || view.shape.long_run && decode::has_base64_run(view.bytes);
    !(!open.is_empty() || folds() || holds_more())
}

/// Kinds of byte that mark an encoding.
const ENCODED: u32 = byte::PERCENT | byte::CONTROL | byte::AMPERSAND | byte::BACKSLASH;

/// Space to decode one value into, and what it holds in base64.
struct DecodeBuffers {
    percent: Vec<u8>,
    wide: Vec<u8>,
    escapes: Vec<u8>,
    fold: Vec<u8>,
    base64_run: Vec<u8>,
    string: Vec<u8>,
}

impl DecodeBuffers {
    const fn new() -> Self {
        Self {
            percent: Vec::new(),
            wide: Vec::new(),
            escapes: Vec::new(),
            fold: Vec::new(),
            base64_run: Vec::new(),
            string: Vec::new(),
        }
    }

    fn buffers(&mut self) -> [&mut Vec<u8>; 6] {
        let Self { percent, wide, escapes, fold, base64_run, string } = self;
        [percent, wide, escapes, fold, base64_run, string]
    }
}

/// What is looked for, and where the value came from.
#[derive(Clone, Copy)]
struct ScanPass<'l> {
    input: &'l Input<'l>,
    /// The view that holds the value in base64, if one does.
    outer: Option<&'l Outer<'l>>,
    classes: ClassSet,
    options: &'l ScanOptions<'l>,
    /// Set where something is not inspected.
    incomplete: &'l Cell<bool>,
}

impl ScanPass<'_> {
    /// The first attack in a value or in what it holds. Each level of base64 is read as a value is; what is left once
    /// there are no more `levels` is not read again.
    fn run<'v>(
        self,
        mut view: View<'v>,
        plus: bool,
        levels: &'v mut [DecodeBuffers],
    ) -> Option<Box<Finding>> {
        let (level, deeper) = levels.split_first_mut()?;
        let DecodeBuffers { percent, wide, escapes, fold, base64_run, string } = level;
        let decodes = |view: &View<'_>| self.options.debit_decoder(view.bytes.len()).is_ok();
        if view.shape.any(byte::PERCENT | if plus { byte::PLUS } else { 0 }) && decodes(&view) {
            let result = decode::percent(view.bytes, plus, percent);
            view = next_view(view, result, percent).unwrap_or(view);
        }
        // A reader that does not take the value for UTF-16 keeps the NULs, and the text beside them.
        let mut narrow = None;
        if view.shape.any(byte::CONTROL) && decode::is_wide(view.bytes) && decodes(&view) {
            narrow = Some(view);
            let result = decode::wide(view.bytes, wide);
            view = next_view(view, result, wide).unwrap_or(view);
        }
        let found = self.recognise(&view).or_else(|| narrow.and_then(|narrow| self.recognise(&narrow)));
        if found.is_some() {
            return found;
        }
        if view.shape.any(byte::AMPERSAND | byte::BACKSLASH) && decodes(&view) {
            let result = decode::escapes(view.bytes, escapes);
            if let Some(next) = next_view(view, result, escapes) {
                view = next;
                if let Some(finding) = self.recognise(&view) {
                    return Some(finding);
                }
            }
        }
        if view.shape.any(byte::HIGH) && decodes(&view) {
            let result = decode::fold(view.bytes, fold);
            if let Some(next) = next_view(view, result, fold) {
                view = next;
                if let Some(finding) = self.recognise(&view) {
                    return Some(finding);
                }
            }
        }
        if view.shape.long_run && decodes(&view) {
            if deeper.is_empty() {
                self.incomplete.set(self.incomplete.get() || decode::has_base64_run(view.bytes));
            } else if let Some(finding) = self.scan_base64(view, (base64_run, string), deeper) {
                return Some(finding);
            }
        }
        self.options.search_patterns(&self.source(&view))
    }

    /// The first attack in what the view holds in base64. Islands do not overlap and shrink when they are decoded, so
    /// that all of them together are shorter than the view.
    fn scan_base64(
        self,
        view: View<'_>,
        (base64_run, string): (&mut Vec<u8>, &mut Vec<u8>),
        deeper: &mut [DecodeBuffers],
    ) -> Option<Box<Finding>> {
        let (source, mut from) = (self.source(&view), 0);
        while let Some(Range { start, end }) = decode::base64_run(view.bytes, from, base64_run) {
            from = end;
            let decodings = view.decodings.and(Decodings::BASE64);
            let inner =
                View { bytes: base64_run, shape: Shape::of(base64_run), decodings, open: None, ..view };
            let outer = Outer { view: source, start, is_string: false };
            if let Some(finding) = (ScanPass { outer: Some(&outer), ..self }).run(inner, false, deeper) {
                return Some(finding);
            }
            if json::looks_like_json(base64_run) {
                let outer = Outer { is_string: true, ..outer };
                let found = ScanPass { outer: Some(&outer), ..self }.scan_json(inner, string, deeper);
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// The first attack in a key or string of a JSON document, such as the claims of a token. Where a value begins and ends
    /// is evidence that the text of the whole document does not contain.
    fn scan_json(
        self,
        document: View<'_>,
        text: &mut Vec<u8>,
        levels: &mut [DecodeBuffers],
    ) -> Option<Box<Finding>> {
        let visit = |leaf: json::Leaf<'_>| {
            let location = if leaf.is_key { Location::JsonKey } else { Location::Json };
            let (bytes, shape) = (leaf.value, Shape::of(leaf.value));
            let view = View { bytes, shape, location, name: leaf.name, content: leaf.after, ..document };
            self.run(view, false, levels).map_or(ControlFlow::Continue(()), ControlFlow::Break)
        };
        json::walk(document.bytes, text, Some(&mut 0), &mut { visit }).break_value()
    }

    fn recognise(self, view: &View<'_>) -> Option<Box<Finding>> {
        let confirm = |class: Class| {
            self.options.debit_recogniser(view.bytes.len()).ok()?;
            self.weigh(class, view, &mut |evidence| (registry::recogniser(class).recognise)(view, evidence))
        };
        let built_in = match view.open {
            Some(open) => open.iter().find_map(confirm),
            None => registry::candidates(view, self.classes)
                .iter()
                .filter(|class| registry::may_hold(*class, view))
                .find_map(confirm),
        };
        if built_in.is_some() || self.options.custom.is_none() {
            built_in
        } else {
            self.recognise_custom(view)
        }
    }

    /// The first attack that a recogniser of the application finds.
    #[inline(never)]
    fn recognise_custom(self, view: &View<'_>) -> Option<Box<Finding>> {
        let recognisers = &self.options.custom?.recognisers;
        recognisers.evidence(self.input.location, view).find_map(|(rules, found)| {
            self.options.debit_recogniser(view.bytes.len()).ok()?;
            self.incomplete.set(self.incomplete.get() || found.is_incomplete());
            self.weigh(Class::Custom, view, &mut |evidence| add_declared(rules, &found, view, evidence))
        })
    }

    /// Weigh the evidence for a class. Kept apart, so that the code every value runs through stays small.
    #[inline(never)]
    fn weigh(
        &self,
        class: Class,
        view: &View<'_>,
        recognise: &mut dyn FnMut(&mut Evidence<'_>),
    ) -> Option<Box<Finding>> {
        let options = self.options;
        let shadow = options.shadow.filter(|shadow| shadow.is_open());
        let mut evidence =
            Evidence::new(options.threshold, options.off, options.shadow.map(|shadow| shadow.covers));
        recognise(&mut evidence);
        let finding = |shadow| Finding::new(class, &self.source(view), &evidence, shadow, options.sensitive);
        if let Some(shadow) = shadow.filter(|_| evidence.is_enough_in_shadow()) {
            *shadow.finding.borrow_mut() = finding(true);
        }
        if evidence.is_enough() { finding(false) } else { None }
    }

    fn source<'s>(&'s self, view: &View<'s>) -> Source<'s> {
        Source { input: self.input, bytes: view.bytes, decodings: view.decodings, outer: self.outer }
    }
}

impl fmt::Debug for Scanner {
    /// Without the buffers: they hold the value that was scanned last, which may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scanner").finish_non_exhaustive()
    }
}

/// The view after a decoder; `None` when it undid nothing.
fn next_view<'v>(from: View<'v>, result: decode::DecodeResult, bytes: &'v [u8]) -> Option<View<'v>> {
    (result.decodings != Decodings::RAW).then(|| View {
        bytes,
        shape: Shape::of(bytes),
        decodings: from.decodings.and(result.decodings),
        depth: from.depth.max(result.depth),
        open: None,
        ..from
    })
}
