//! Follows a path as a file system does, and summarises how far up it gets.

use core::ops::Range;

use super::targets;
use super::unit::{Kind, Unit};
use crate::detect::decode::work::work;

/// Longest segment name that is compared; no known target is longer.
const NAME: usize = 32;

/// How often a letter is repeated in a segment that serves to push the rest of a path over a limit.
const FILLER: usize = 64;

/// Segments of one dot from which on a path to a known file is no honest one.
const WANDERS: usize = 3;

/// What a walk found. A text may hold several paths; the summary is about all of them.
#[derive(Debug, Default)]
pub(super) struct PathSummary {
    /// Levels above the start that a path reached which makes up the whole value.
    pub(super) climbs: usize,
    /// The same for a path inside of other text.
    pub(super) inner_climbs: usize,
    /// Whether any path goes up, wherever it ends.
    pub(super) any_climb: bool,
    /// Whether a climb goes above the root.
    pub(super) above_root: bool,
    /// Whether a climb is spelt so that only a lenient reader sees it.
    pub(super) disguised: bool,
    /// Whether dots and separators are arranged so that naive filters leave a climb behind.
    pub(super) mangled: usize,
    /// Segments of one dot, which pad a path without moving.
    pub(super) idle: usize,
    /// A known target, and whether a climb or the root leads there.
    pub(super) target: Option<(Range<usize>, TargetMatch)>,
    /// Whether a NUL cuts the path.
    pub(super) cut: bool,
    /// The first climb.
    pub(super) span: Option<Range<usize>>,
}

/// How a target is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TargetMatch {
    /// Named in passing.
    Named,
    /// The value is the path of a file of the system that is no secret, or the path of a secret without its start.
    SystemPath,
    /// The value is its path.
    Whole,
    /// A climb or a disguise leads to it.
    Climbed,
}

/// The path being walked.
#[derive(Default)]
struct Path {
    start: usize,
    depth: isize,
    lowest: isize,
    climbs: usize,
    mangled: usize,
    /// Hints of a climb that prove nothing without a target: wildcards for dots, both kinds of separator together.
    hints: usize,
    absolute: bool,
    is_file_url: bool,
    disguised: bool,
    /// Whether a character without a meaning of its own stood for a separator, as it then does throughout.
    foreign: bool,
    segments: usize,
    previous: Segment,
    /// The one above it, to which a climb leads back.
    above: Segment,
    /// Whether the path starts in a directory that belongs to the system.
    system: bool,
}

/// The segment being read, or the one before it.
#[derive(Clone, Copy, Default)]
struct Segment {
    start: usize,
    name: [u8; NAME],
    len: usize,
    dots: usize,
    others: usize,
    disguised: bool,
    /// Whether a dot is a wildcard that some systems resolve to one.
    wild: bool,
    /// How often the last byte was repeated, and the most that any was.
    repeated: usize,
    run: usize,
    /// Whether what follows the dots is only what servers cut off.
    parameters: bool,
}

impl Segment {
    fn at(start: usize) -> Self {
        Self { start, ..Self::default() }
    }

    fn name(&self) -> &[u8] {
        self.name.get(..self.len).unwrap_or_default()
    }

    fn push(&mut self, byte: u8) {
        if let Some(slot) = self.name.get_mut(self.len) {
            *slot = byte.to_ascii_lowercase();
        }
        self.len += 1;
    }

    /// Nothing but two dots, apart from what servers cut off.
    fn is_climb(&self) -> bool {
        self.dots == 2 && (self.others == 0 || self.parameters)
    }
}

/// Walk along `text`.
pub(super) fn walk(text: &[u8]) -> PathSummary {
    let mut walker =
        Walker { text, summary: PathSummary::default(), path: Path::default(), segment: Segment::default() };
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        // A letter is one in any context.
        if byte.is_ascii_alphabetic() {
            work(1);
            walker.name(at, *byte);
            at += 1;
            continue;
        }
        let Some(unit) = Unit::first(&text[at..], walker.expects_separator()) else { break };
        walker.step(at, unit);
        at += unit.len;
    }
    walker.end_path(text.len());
    walker.summary
}

struct Walker<'t> {
    text: &'t [u8],
    summary: PathSummary,
    path: Path,
    segment: Segment,
}

impl Walker<'_> {
    /// Whether a separator must follow, or its substitute in this path.
    fn expects_separator(&self) -> bool {
        self.path.foreign || self.segment.dots >= 2 && self.segment.others == 0
    }

    fn step(&mut self, at: usize, unit: Unit) {
        work(1);
        let byte = self.text[at];
        match unit.kind {
            Kind::Dot => {
                self.segment.dots += usize::from(self.segment.others == 0);
                self.segment.disguised |= unit.disguised;
                self.segment.push(b'.');
            }
            Kind::Separator => {
                let mixed = self.segment.len == 0
                    && at > 0
                    && matches!([self.text[at - 1], byte], [b'/', b'\\'] | [b'\\', b'/']);
                self.path.hints += usize::from(mixed);
                self.path.foreign |= byte >= 0xee;
                self.segment.disguised |= unit.disguised;
                self.end_segment(at, true);
                self.segment = Segment::at(at + unit.len);
            }
            Kind::Nul if self.segment.dots > 0 && self.segment.others == 0 => {
                self.segment.disguised = true;
                self.summary.cut = true;
            }
            Kind::Nul => {
                self.summary.cut |= self.path.segments > 0 || self.segment.len > 0;
                self.end_path(at);
                self.segment.start = at + unit.len;
            }
            Kind::Other if byte == b'?' && self.is_wildcard(at) => {
                self.segment.dots += 1;
                self.segment.wild = true;
                self.segment.push(byte);
            }
            // Some servers drop control characters.
            Kind::Other if byte < b'\t' && self.segment.dots > 0 && self.segment.others == 0 => {
                self.segment.disguised = true;
            }
            Kind::Other if ends_path(byte) => {
                self.end_path(at);
                self.segment = Segment::at(at + 1);
                self.path.start = at + 1;
            }
            Kind::Other => {
                self.segment.parameters |= byte == b';' && self.segment.others == 0 && self.segment.dots == 2;
                self.name(at, byte);
            }
        }
    }

    /// A byte of a name, at `at`.
    fn name(&mut self, at: usize, byte: u8) {
        self.segment.others += 1;
        let same = at > 0 && self.text[at - 1] == byte;
        self.segment.repeated = if same { self.segment.repeated + 1 } else { 0 };
        self.segment.run = self.segment.run.max(self.segment.repeated);
        self.segment.push(byte);
    }

    /// Whether the `?` at `at` is in the place of a dot of `..`.
    fn is_wildcard(&self, at: usize) -> bool {
        self.segment.others == 0
            && self.segment.len < 2
            && matches!(self.text.get(at + 1), Some(b'?' | b'.' | b'/' | b'\\' | b'%' | b'0' | 0xc0..))
    }

    /// A segment ends, at a separator or with its path.
    fn end_segment(&mut self, end: usize, separated: bool) {
        let segment = self.segment;
        let path = &mut self.path;
        path.absolute |= path.segments == 0 && segment.len == 0;
        let filled = segment.run.max(if segment.is_climb() { path.previous.run } else { 0 });
        if segment.wild {
            path.hints += 1;
        } else if segment.is_climb() && (separated || path.segments > 0 || !segment.disguised) {
            path.depth -= 1;
            path.climbs += 1;
            path.disguised |= segment.disguised || segment.others > 0;
            path.previous = core::mem::take(&mut path.above);
            self.summary.any_climb = true;
            self.summary.span.get_or_insert(segment.start..end);
        } else if segment.others == 0 && segment.dots > 2 {
            // Filters that take `../` out of `....//` leave one behind; some systems climb one level a dot.
            path.mangled += usize::from(separated);
            path.disguised |= segment.disguised;
        } else if segment.others == 0 && segment.dots == 1 {
            self.summary.idle += 1;
            path.disguised |= segment.disguised;
        } else if segment.len > 0 {
            path.depth += 1;
        }
        if filled >= FILLER && path.absolute && self.text[..end].ends_with(b"..") {
            self.summary.idle += filled;
        }
        path.is_file_url |= path.segments == 0 && segment.name() == b"file:";
        path.lowest = path.lowest.min(path.depth);
        path.segments += 1;
        if segment.others > 0 {
            self.look_up(&segment, end);
        }
        if segment.len > 0 && !(segment.others == 0 && segment.dots <= 2) {
            let path = &mut self.path;
            path.above = core::mem::replace(&mut path.previous, segment);
            path.system |= path.above.len == 0 && SYSTEM.contains(&segment.name());
        }
    }

    fn look_up(&mut self, segment: &Segment, end: usize) {
        let path = &self.path;
        work(segment.len);
        let Some(sensitivity_of) = targets::sensitivity_of(path.previous.name(), segment.name()) else {
            return;
        };
        let lone = path.start == 0 && self.text.get(end) != Some(&b' ');
        let secret = sensitivity_of == targets::Sensitivity::Secret;
        let rooted = path.absolute || has_drive(self.text) || self.text.starts_with(b"~");
        let climbed = path.lowest < 0
            || path.climbs > 0
            || path.mangled > 0
            || path.disguised
            || path.hints > 0
            || path.is_file_url
            || self.summary.idle >= WANDERS;
        let reach = if climbed {
            TargetMatch::Climbed
        } else if lone && secret && rooted {
            TargetMatch::Whole
        } else if lone && (secret && path.segments > 1 || rooted && (path.system || has_drive(self.text))) {
            TargetMatch::SystemPath
        } else {
            TargetMatch::Named
        };
        // The last of them is the target of the path.
        let more = |known: TargetMatch| known < reach || known == reach && reach == TargetMatch::SystemPath;
        if self.summary.target.as_ref().is_none_or(|(_, known)| more(*known)) {
            self.summary.target = Some((segment.start..end, reach));
        }
    }

    /// The path ends: at the end of the value, or where text goes on that is no path.
    fn end_path(&mut self, end: usize) {
        self.end_segment(end, false);
        let path = core::mem::take(&mut self.path);
        let up = path.lowest.unsigned_abs();
        if path.start == 0 {
            self.summary.climbs = self.summary.climbs.max(up);
        } else {
            self.summary.inner_climbs = self.summary.inner_climbs.max(up);
        }
        self.summary.above_root |= path.absolute && up > 0 && path.start == 0;
        self.summary.disguised |= path.disguised && (path.climbs > 0 || path.mangled > 0);
        self.summary.mangled = self.summary.mangled.max(path.mangled);
        self.segment = Segment::at(end);
        self.path.start = end;
    }
}

/// Directories at the root of which no part is a page.
const SYSTEM: [&[u8]; 6] = [b"etc", b"opt", b"proc", b"sys", b"usr", b"var"];

/// `c:` at the start.
fn has_drive(text: &[u8]) -> bool {
    matches!(text, [letter, b':', ..] if letter.is_ascii_alphabetic())
}

/// What no path goes on after, in a value that holds more than a path.
const fn ends_path(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t'
            | b'\n'
            | b'\r'
            | b'"'
            | b'\''
            | b'`'
            | b'<'
            | b'>'
            | b'('
            | b')'
            | b','
            | b'|'
            | b'='
            | b'&'
            | b'?'
            | b'#'
            | b'{'
            | b'}'
    )
}
