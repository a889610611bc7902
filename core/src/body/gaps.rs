//! Why something was not inspected.

/// Gaps: reasons why a part was not inspected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gaps(u16);

impl Gaps {
    /// No gaps.
    pub(crate) const NONE: Self = Self(0);
    /// The body is longer than the read limit, or inflates to more than the inspection limit.
    pub const LENGTH: Self = Self(1);
    /// The body or a part of it is in an unsupported coding, or the coding is broken.
    pub const CODING: Self = Self(1 << 1);
    /// The body or a part of it is in an unsupported charset.
    pub const CHARSET: Self = Self(1 << 2);
    /// The policy skips the body.
    pub const SKIPPED: Self = Self(1 << 3);
    /// The body is truncated, or could not be read.
    pub const BROKEN: Self = Self(1 << 4);
    /// The body exceeds the limits of parts, part headers, levels or tokens, or a value contains more nested base64 than is
    /// decoded.
    pub const VALUES: Self = Self(1 << 5);
    /// The body inflates to many times its length; the rest of it was not inflated.
    pub const RATIO: Self = Self(1 << 6);

    /// The body takes more work than the bytes received allow; the rest of it was not inspected.
    pub const WORK: Self = Self(1 << 7);
    /// The bodies in memory had reached their bound; the rest of the body was not read.
    pub const MEMORY: Self = Self(1 << 8);

    const NAMES: [(Self, &'static str); 9] = [
        (Self::LENGTH, "length"),
        (Self::CODING, "coding"),
        (Self::CHARSET, "charset"),
        (Self::SKIPPED, "skipped"),
        (Self::BROKEN, "broken"),
        (Self::VALUES, "values"),
        (Self::RATIO, "ratio"),
        (Self::WORK, "work"),
        (Self::MEMORY, "memory"),
    ];

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn add(&mut self, gap: Self) {
        self.0 |= gap.0;
    }

    pub(crate) const fn merge(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the set contains `gap`.
    #[must_use]
    pub const fn has(self, gap: Self) -> bool {
        self.0 & gap.0 != 0
    }

    /// The names of the gaps.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(gap, _)| self.has(*gap)).map(|(_, name)| name)
    }
}
