//! The segments of a request path, as servers map them to files.

use core::ops::Range;

use crate::detect::decode::View;
use crate::detect::decode::work::work;
use crate::detect::evidence::{Evidence, Location, Rule};

/// Longest name that is compared; nothing that is known is longer.
const MAX_NAME: usize = 96;

/// One name in a path.
#[derive(Clone, Copy, Debug)]
pub(in crate::detect) struct Segment<'p> {
    /// The name, without parameters, dots and blanks at its end, which servers cut off.
    pub(in crate::detect) name: &'p [u8],
    /// The decoded path that it belongs to.
    path: &'p [u8],
    start: usize,
}

impl<'p> Segment<'p> {
    /// Whether the name is this one, in whatever case.
    pub(in crate::detect) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Whether the name is one of these.
    pub(in crate::detect) fn is_any(&self, names: &[&str]) -> bool {
        self.name.len() <= MAX_NAME && names.iter().any(|name| self.is(name))
    }

    /// Whether the name starts so.
    pub(in crate::detect) fn starts_with(&self, prefix: &str) -> bool {
        self.name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
    }

    /// Whether nothing but separators follows.
    pub(in crate::detect) fn is_last(&self) -> bool {
        !self.path[self.start..]
            .iter()
            .skip_while(|byte| !is_separator(**byte))
            .any(|byte| !is_separator(*byte))
    }

    /// The segment after this one.
    pub(in crate::detect) fn next(&self) -> Option<Self> {
        let end = self.path[self.start..].iter().position(|byte| is_separator(*byte))?;
        after(self.path, self.start + end)
    }

    /// The bytes of the path that it is.
    pub(in crate::detect) fn span(&self) -> Range<usize> {
        self.start..self.start + self.name.len()
    }
}

/// The segments of the path of the request; none where the view is of another value.
pub(in crate::detect) fn segments<'p>(view: &View<'p>) -> impl Iterator<Item = Segment<'p>> + use<'p> {
    let path = if view.location == Location::Path { view.bytes } else { b"" };
    core::iter::successors(after(path, 0), |segment: &Segment<'p>| {
        let end = segment.path[segment.start..].iter().position(|byte| is_separator(*byte))?;
        after(segment.path, segment.start + end)
    })
}

/// For classes of paths whose words are rare enough in them to be the whole gate.
pub(in crate::detect) fn may_hold(_: &View<'_>) -> bool {
    true
}

/// Add the rule of each segment for which `rule_of` returns one.
pub(in crate::detect) fn recognise(
    view: &View<'_>,
    evidence: &mut Evidence<'_>,
    rule_of: impl Fn(&Segment<'_>) -> Option<&'static Rule>,
) {
    for segment in segments(view) {
        if let Some(rule) = rule_of(&segment) {
            evidence.add(rule, segment.span());
        }
    }
}

/// The first segment of `path` at or after `at`.
fn after(path: &[u8], at: usize) -> Option<Segment<'_>> {
    let skipped = path[at..].iter().position(|byte| !is_separator(*byte))?;
    let start = at + skipped;
    let end = path[start..].iter().position(|byte| is_separator(*byte)).map_or(path.len(), |len| start + len);
    work(end - at);
    let whole = &path[start..end];
    let name = &whole[..memchr::memchr2(b';', 0, whole).unwrap_or(whole.len())];
    let len = name.iter().rposition(|byte| !matches!(byte, b'.' | b' ')).map_or(0, |last| last + 1);
    Some(Segment { name: &name[..len], path, start })
}

/// `name` without `suffix`, in whatever case.
pub(in crate::detect) fn without_end<'n>(name: &'n [u8], suffix: &str) -> Option<&'n [u8]> {
    let (rest, end) = name.split_at_checked(name.len().checked_sub(suffix.len())?)?;
    end.eq_ignore_ascii_case(suffix.as_bytes()).then_some(rest)
}

const fn is_separator(byte: u8) -> bool {
    matches!(byte, b'/' | b'\\')
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::detect::Input;

    fn view(path: &[u8], location: Location) -> View<'_> {
        View::raw(&Input { location, name: b"", value: path }, b"")
    }

    #[test]
    fn a_path_is_names_between_separators() {
        let names = |path: &'static [u8]| -> Vec<&[u8]> {
            segments(&view(path, Location::Path)).map(|segment| segment.name).collect()
        };
        assert_eq!(names(b"/a//b\\.git;x=1/web.config. /"), [&b"a"[..], b"b", b".git", b"web.config"]);
        assert_eq!(names(b"/wp-config.php\0.jpg"), [b"wp-config.php"]);
        assert_eq!(names(b"//"), [b""; 0]);
        assert_eq!(segments(&view(b"/a/b", Location::Query)).count(), 0);
    }

    #[test]
    fn a_segment_knows_what_follows() {
        let view = view(b"/a/B.php.bak//", Location::Path);
        let mut all = segments(&view);
        let (first, last) = (all.next().unwrap(), all.next().unwrap());
        assert!(!first.is_last() && last.is_last() && first.next().unwrap().is("b.PHP.bak"));
        assert_eq!((without_end(last.name, ".BAK"), last.span()), (Some(&b"B.php"[..]), 3..12));
        assert!(last.next().is_none() && without_end(last.name, "very long suffixes").is_none());
    }
}
