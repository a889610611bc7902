//! The hours of a policy, compiled: windows of minutes in the local time of a time zone.

use alloc::vec::Vec;

use jiff::tz::TimeZone;

use crate::time::Timestamp;

/// Hours, compiled.
#[derive(Debug, Default)]
pub(crate) struct Hours(pub(crate) Vec<Window>);

/// One window of a day.
#[derive(Debug)]
pub(crate) struct Window {
    /// Minutes of the day.
    pub(crate) from: u16,
    pub(crate) to: u16,
    pub(crate) zone: TimeZone,
    /// A bit for each day, Monday the lowest.
    pub(crate) days: u8,
}

/// The local time.
#[derive(Clone, Copy)]
pub(crate) struct WallClock {
    pub(crate) minute: u16,
    /// Days since Monday.
    pub(crate) day: u8,
}

impl Hours {
    pub(crate) fn has(&self, now: Timestamp) -> bool {
        self.0.iter().any(|window| window.has(now))
    }
}

impl Window {
    fn has(&self, now: Timestamp) -> bool {
        // An instant outside of the calendar is in no window.
        wall_clock(&self.zone, now).is_some_and(|local| self.contains(local))
    }

    pub(crate) fn contains(&self, WallClock { minute, day }: WallClock) -> bool {
        let on = |day: u8| self.days & 1 << day != 0;
        let yesterday = (day + 6) % 7;
        if self.from <= self.to {
            return on(day) && (self.from..=self.to).contains(&minute);
        }
        on(day) && minute >= self.from || on(yesterday) && minute <= self.to
    }
}

/// The local time in `zone` at `now`.
pub(crate) fn wall_clock(zone: &TimeZone, now: Timestamp) -> Option<WallClock> {
    let millis = i64::try_from(now.as_millis()).ok()?;
    let local = zone.to_datetime(jiff::Timestamp::from_millisecond(millis).ok()?);
    let minute = i16::from(local.hour()) * 60 + i16::from(local.minute());
    let day = local.weekday().to_monday_zero_offset();
    Some(WallClock { minute: u16::try_from(minute).ok()?, day: u8::try_from(day).ok()? })
}
