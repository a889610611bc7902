//! The reasons for strikes, for thresholds of their own.

use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use super::error::ValueError;
use crate::detect::Class;
use crate::text::unknown;

/// The reason for a strike: an attack of a class by its name, `rate_limit` or `authentication`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StrikeReason {
    /// An attack of this class.
    Attack(Class),
    /// A rejection by a limit, while `rate.strikes` is true.
    RateLimit,
    /// A rejected credential.
    Authentication,
}

impl StrikeReason {
    /// All reasons.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Class::ALL.into_iter().map(Self::Attack).chain([Self::RateLimit, Self::Authentication])
    }

    /// The name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Attack(class) => class.name(),
            Self::RateLimit => "rate_limit",
            Self::Authentication => "authentication",
        }
    }
}

impl From<Class> for StrikeReason {
    fn from(class: Class) -> Self {
        Self::Attack(class)
    }
}

impl FromStr for StrikeReason {
    type Err = ValueError;

    /// A class may have a former name.
    fn from_str(text: &str) -> Result<Self, ValueError> {
        let class = Class::named(text).map(Self::Attack);
        let reason = class.or_else(|| Self::all().find(|reason| reason.name() == text));
        reason.ok_or_else(|| {
            let names: Vec<&str> = Self::all().map(Self::name).collect();
            ValueError::new(unknown("class", text, &names))
        })
    }
}

impl fmt::Display for StrikeReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
