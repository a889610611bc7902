//! Quantities as text: rates, durations, sizes.

use alloc::format;
use core::fmt;
use core::num::NonZeroU32;
use core::str::FromStr;
use core::time::Duration;

use super::error::ValueError;
use crate::state::Quota;

/// A rate limit: a number of requests per window, written `120/min`, `5/10s` or `1000/h`.
///
/// ```
/// use portcullis_core::Rate;
///
/// assert_eq!("120/min".parse::<Rate>()?, Rate::per_minute(120));
/// assert!("0/min".parse::<Rate>().is_err());
/// # Ok::<(), portcullis_core::config::ValueError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate(Quota);

impl Rate {
    /// `limit` per second.
    ///
    /// # Panics
    /// If `limit` is zero; in a constant, at compile time.
    #[must_use]
    pub const fn per_second(limit: u32) -> Self {
        Self::per(limit, Duration::from_secs(1))
    }

    /// `limit` per 60 seconds.
    ///
    /// # Panics
    /// If `limit` is zero; in a constant, at compile time.
    #[must_use]
    pub const fn per_minute(limit: u32) -> Self {
        Self::per(limit, Duration::from_secs(60))
    }

    /// `limit` per 3,600 seconds.
    ///
    /// # Panics
    /// If `limit` is zero; in a constant, at compile time.
    #[must_use]
    pub const fn per_hour(limit: u32) -> Self {
        Self::per(limit, Duration::from_secs(3600))
    }

    /// `limit` per `window`, of whole milliseconds.
    ///
    /// # Panics
    /// If `limit` is zero, or `window` is not 1 ms to 31 days; in a constant, at compile time. Parse a text, such as `5/min`, for
    /// values that are not known.
    #[must_use]
    pub const fn per(limit: u32, window: Duration) -> Self {
        let millis = window.as_millis();
        assert!(
            millis > 0 && millis <= Quota::MAX_WINDOW.as_millis(),
            "a rate has a window of 1 ms to 31 days"
        );
        assert!(limit > 0, "a rate allows at least one");
        let limit = match NonZeroU32::new(limit) {
            Some(limit) => limit,
            None => NonZeroU32::MIN,
        };
        Self(Quota::new(limit, window))
    }

    /// [`Rate::per`] for numbers that come from outside the code.
    ///
    /// # Errors
    /// `limit` is zero, or `window` is not 1 ms to 31 days.
    pub fn try_per(limit: u32, window: Duration) -> Result<Self, ValueError> {
        let has_window = !window.is_zero() && window <= Quota::MAX_WINDOW && window.as_millis() > 0;
        if limit == 0 || !has_window {
            return Err(ValueError::new("a rate allows at least 1 in a window of 1ms to 31d"));
        }
        Ok(Self::per(limit, window))
    }

    /// The quota for stores.
    #[must_use]
    pub const fn quota(self) -> Quota {
        self.0
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let window = format!("{}", HumanDuration(self.0.window()));
        // `600/min` rather than `600/1min`, as in documents.
        let unit =
            window.strip_prefix('1').filter(|unit| unit.starts_with(|c: char| c.is_ascii_alphabetic()));
        write!(f, "{}/{}", self.0.limit(), unit.unwrap_or(&window))
    }
}

impl fmt::Debug for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rate({self})")
    }
}

impl FromStr for Rate {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let invalid =
            || ValueError::new(format!("`{text}` is not a rate; write `120/min`, `5/10s` or `1000/h`"));
        let (limit, window) = text.split_once('/').ok_or_else(invalid)?;
        let limit: u32 = limit.trim().parse().map_err(|_| invalid())?;
        let limit = NonZeroU32::new(limit)
            .ok_or_else(|| ValueError::new(format!("`{text}` must allow at least 1")))?;
        let window = window.trim();
        // A unit without a number means one of it: `per minute` is `1min`.
        let window = if window.starts_with(|c: char| c.is_ascii_digit()) {
            window.into()
        } else {
            format!("1{window}")
        };
        let window = window.parse::<HumanDuration>().map_err(|_| invalid())?.0;
        if window.is_zero() || window > Quota::MAX_WINDOW {
            return Err(ValueError::new(format!("`{text}` must have a window of 1ms to 31d")));
        }
        Ok(Self(Quota::new(limit, window)))
    }
}

/// A duration: `250ms`, `10s`, `5min` or `5m`, `2h`, `7d`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct HumanDuration(pub Duration);

impl HumanDuration {
    /// `seconds` seconds.
    #[must_use]
    pub const fn secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }
}

const UNITS: [(&str, u64); 9] = [
    ("ms", 1),
    ("s", 1_000),
    ("sec", 1_000),
    ("m", 60_000),
    ("min", 60_000),
    ("minute", 60_000),
    ("h", 3_600_000),
    ("hour", 3_600_000),
    ("d", 86_400_000),
];

impl FromStr for HumanDuration {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let (number, unit) = split_number(text);
        let unit = UNITS.iter().find(|(name, _)| unit == *name).map(|(_, millis)| *millis);
        let millis = number.parse::<u64>().ok().zip(unit).and_then(|(number, unit)| number.checked_mul(unit));
        millis.map(|millis| Self(Duration::from_millis(millis))).ok_or_else(|| {
            ValueError::new(format!("`{text}` is not a duration; write `250ms`, `10s`, `5min`, `2h` or `7d`"))
        })
    }
}

impl fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = crate::time::millis(self.0);
        let fits = [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000)];
        match fits.iter().find(|(_, unit)| millis > 0 && millis.is_multiple_of(*unit)) {
            Some((name, unit)) => write!(f, "{}{name}", millis / unit),
            None => write!(f, "{millis}ms"),
        }
    }
}

impl From<Duration> for HumanDuration {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

/// A number of bytes: `4096`, `64KiB`, `10MiB`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

impl ByteSize {
    /// `n` times 1,024 bytes.
    #[must_use]
    pub const fn kib(n: u64) -> Self {
        Self(n.saturating_mul(1 << 10))
    }

    /// `n` times 1,048,576 bytes.
    #[must_use]
    pub const fn mib(n: u64) -> Self {
        Self(n.saturating_mul(1 << 20))
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [("GiB", 1_u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
        match units.iter().find(|(_, unit)| self.0 > 0 && self.0.is_multiple_of(*unit)) {
            Some((name, unit)) => write!(f, "{}{name}", self.0 / unit),
            None => write!(f, "{}", self.0),
        }
    }
}

impl FromStr for ByteSize {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let (number, unit) = split_number(text);
        let unit = match unit {
            "" | "B" => Some(1),
            "KiB" | "K" => Some(1 << 10),
            "MiB" | "M" => Some(1 << 20),
            "GiB" | "G" => Some(1 << 30),
            _ => None,
        };
        let bytes = number.parse::<u64>().ok().zip(unit).and_then(|(number, unit)| number.checked_mul(unit));
        bytes.map(Self).ok_or_else(|| {
            ValueError::new(format!("`{text}` is not a size; write `4096`, `64KiB` or `10MiB`"))
        })
    }
}

fn split_number(text: &str) -> (&str, &str) {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    (number, unit.trim_start())
}
