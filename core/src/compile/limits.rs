//! The paths of errors and the ranges of values, for all sections.

use alloc::format;
use alloc::string::{String, ToString};
use core::time::Duration;

use crate::config::{ConfigErrors, HumanDuration};

/// The longest ban.
pub(crate) const MAX_BAN: Duration = Duration::from_secs(366 * 86_400);

/// The path of a policy in errors.
pub(crate) struct PolicyPath<'n>(pub(crate) &'n str);

impl PolicyPath<'_> {
    /// A field of the policy.
    pub(crate) fn of(&self, field: &str) -> String {
        format!("{}{field}", self.0)
    }
}

pub(crate) fn range<N: PartialOrd + ToString>(
    errors: &mut ConfigErrors,
    path: &str,
    value: N,
    range: core::ops::RangeInclusive<N>,
) {
    if !range.contains(&value) {
        let (low, high) = (range.start().to_string(), range.end().to_string());
        errors.push(path, format!("{} is out of range; write {low} to {high}", value.to_string()));
    }
}

pub(crate) fn span(
    errors: &mut ConfigErrors,
    path: &str,
    value: HumanDuration,
    low: Duration,
    high: Duration,
) {
    if !(low..=high).contains(&value.0) {
        errors.push(
            path,
            format!("`{value}` is out of range; write {} to {}", HumanDuration(low), HumanDuration(high)),
        );
    }
}
