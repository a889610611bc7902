//! Views: what a value looks like once encodings are undone.
//!
//! A value is looked at as it is and, only when the marker of an encoding occurs in it, decoded. Every decoder shrinks
//! or keeps the length and reads each byte once, so all views of a value together cost a small multiple of its length.
//! How deeply a value was encoded is kept as evidence: honest clients encode once.

use alloc::borrow::Cow;
use core::fmt;

use super::{ClassSet, Input, Location, Shape};

/// Which encodings were undone to reach a view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decodings(u8);

impl Decodings {
    /// The value as it was.
    pub const RAW: Self = Self(0);
    /// Form encoding: `+` for a blank.
    pub const PLUS: Self = Self(1);
    /// Percent escapes, to any depth, also `%uHHHH` and overlong UTF-8.
    pub const PERCENT: Self = Self(1 << 1);
    /// HTML character references.
    pub const ENTITY: Self = Self(1 << 2);
    /// Backslash escapes of JavaScript, JSON, CSS and C.
    pub const ESCAPE: Self = Self(1 << 3);
    /// Compatibility characters such as full-width letters folded to ASCII; zero-width characters removed.
    pub const FOLD: Self = Self(1 << 4);
    /// UTF-16 in place of bytes.
    pub const UTF16: Self = Self(1 << 5);
    /// Base64 that stands for text, in one piece of the value.
    pub const BASE64: Self = Self(1 << 6);

    const NAMES: [(Self, &'static str); 7] = [
        (Self::PLUS, "plus"),
        (Self::PERCENT, "percent"),
        (Self::ENTITY, "entity"),
        (Self::ESCAPE, "escape"),
        (Self::FOLD, "fold"),
        (Self::UTF16, "utf16"),
        (Self::BASE64, "base64"),
    ];

    /// Both sets of steps.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` was undone.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl Decodings {
    /// What [`Display`](fmt::Display) writes. Most views are none or one step away.
    pub(crate) fn text(self) -> Cow<'static, str> {
        let mut names = Self::NAMES.iter().filter(|(step, _)| self.has(*step)).map(|(_, name)| *name);
        let mut text = Cow::Borrowed(names.next().unwrap_or("raw"));
        for name in names {
            text.to_mut().extend(["+", name]);
        }
        text
    }
}

impl fmt::Display for Decodings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// One view of one value: what a recogniser reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'v> {
    /// The bytes after all `steps`.
    pub(crate) bytes: &'v [u8],
    /// What the gate saw in them.
    pub(crate) shape: Shape,
    /// Where the value came from.
    pub(crate) origin: Location,
    /// The parameter, header, cookie or field it belongs to; of a name, the name above it.
    pub(crate) name: &'v [u8],
    /// Of a name, what it holds as far as the document says: the value of a parameter, the document behind a JSON key.
    pub(crate) held: &'v [u8],
    /// What was undone.
    pub(crate) steps: Decodings,
    /// The deepest nesting of percent escapes: 1 is what every client sends, 2 and more hides something.
    pub(crate) depth: u8,
    /// The classes that open on it, once somebody asked.
    pub(crate) open: Option<ClassSet>,
}

impl<'v> View<'v> {
    /// The value as it came. Of a name, `held` is what it holds.
    #[inline]
    pub(crate) fn raw(surface: &Input<'v>, held: &'v [u8]) -> Self {
        let Input { origin, name, value } = *surface;
        Self {
            bytes: value,
            shape: Shape::of(value),
            origin,
            name,
            held,
            steps: Decodings::RAW,
            depth: 0,
            open: None,
        }
    }
}
