//! The hours of a policy: times, days of the week, time zones.

use alloc::format;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use jiff::tz::TimeZoneDatabase;

use crate::config::ValueError;
use crate::config::section::section;

section! {
    /// A part of the day, on some days of the week.
    pub struct Hours {
        /// The first minute, as `HH:MM`. Default: `00:00`.
        leaf from: TimeOfDay = TimeOfDay::new(0, 0),
        /// The last minute, as `HH:MM`; before `from` for a time over midnight. Default: `23:59`.
        leaf to: TimeOfDay = TimeOfDay::new(23, 59),
        /// The time zone, by its IANA name. Default: `UTC`.
        leaf zone: TimeZone = TimeZone::UTC,
        /// The days on which the period starts: `mon` to `sun`. Default: empty, every day.
        leaf days: Vec<Weekday> = Vec::new(),
    }
}

impl Hours {
    /// From one minute to another, the last included, on every day in UTC.
    ///
    /// ```
    /// use portcullis_core::{Hours, TimeOfDay, TimeZone, Weekday};
    ///
    /// let zone: TimeZone = "Europe/Berlin".parse()?;
    /// let office = Hours::new(TimeOfDay::new(8, 0), TimeOfDay::new(17, 59)).zone(zone).days(Weekday::MON_TO_FRI);
    /// # Ok::<(), portcullis_core::config::ValueError>(())
    /// ```
    #[must_use]
    pub fn new(from: TimeOfDay, to: TimeOfDay) -> Self {
        Self { from, to, ..Self::default() }
    }
}

/// A minute of the day, written `09:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// The time on a clock of 24 hours.
    ///
    /// # Panics
    /// If it is not `00:00` to `23:59`; in a constant, at compile time. Parse a text, such as `09:00`, for values that are
    /// not known.
    #[must_use]
    pub const fn new(hour: u8, minute: u8) -> Self {
        assert!(hour < 24 && minute < 60, "a time of day is 00:00 to 23:59");
        Self(hour as u16 * 60 + minute as u16)
    }

    /// Minutes since midnight.
    pub(crate) const fn minute(self) -> u16 {
        self.0
    }
}

impl FromStr for TimeOfDay {
    type Err = ValueError;

    /// `HH:MM`, with two digits each.
    fn from_str(text: &str) -> Result<Self, ValueError> {
        let two_digits = |tens: u8, units: u8| {
            let digits = tens.is_ascii_digit() && units.is_ascii_digit();
            digits.then(|| (tens - b'0') * 10 + units - b'0')
        };
        let time = match *text.as_bytes() {
            [h1, h2, b':', m1, m2] => two_digits(h1, h2).zip(two_digits(m1, m2)),
            _ => None,
        };
        let time = time.filter(|(hour, minute)| *hour < 24 && *minute < 60);
        time.map(|(hour, minute)| Self::new(hour, minute)).ok_or_else(|| {
            ValueError::new(format!("`{text}` is not a time; write `09:00`, from `00:00` to `23:59`"))
        })
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// A day of the week, written `mon` to `sun` in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Weekday {
    /// Monday to Friday.
    pub const MON_TO_FRI: [Self; 5] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri];

    pub(crate) const ALL: [(&'static str, Self); 7] = [
        ("mon", Self::Mon),
        ("tue", Self::Tue),
        ("wed", Self::Wed),
        ("thu", Self::Thu),
        ("fri", Self::Fri),
        ("sat", Self::Sat),
        ("sun", Self::Sun),
    ];

    /// The bit of the day, Monday the lowest.
    pub(crate) const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl FromStr for Weekday {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let known = Self::ALL.into_iter().find(|(name, _)| text.eq_ignore_ascii_case(name));
        let problem = || ValueError::new(format!("`{text}` is not a day; write `mon` to `sun`"));
        known.map(|(_, day)| day).ok_or_else(problem)
    }
}

impl fmt::Display for Weekday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL[*self as usize].0)
    }
}

/// A time zone of the IANA database, such as `Europe/Berlin`. The database is part of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeZone(jiff::tz::TimeZone);

impl TimeZone {
    /// Coordinated Universal Time.
    pub const UTC: Self = Self(jiff::tz::TimeZone::UTC);

    pub(crate) fn zone(&self) -> jiff::tz::TimeZone {
        self.0.clone()
    }
}

impl FromStr for TimeZone {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let problem = |_| ValueError::new(format!("there is no time zone `{text}`; write `Europe/Berlin`"));
        TimeZoneDatabase::bundled().get(text).map(Self).map_err(problem)
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}
