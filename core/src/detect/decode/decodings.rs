//! The encodings that were decoded to reach a view.

use alloc::borrow::Cow;
use core::fmt;

/// Which encodings were decoded to reach a view.
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
    /// Base64 of text, in one piece of the value.
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

    /// Both sets.
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
    /// What [`Display`](fmt::Display) writes. Most views have none or one decoding.
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
