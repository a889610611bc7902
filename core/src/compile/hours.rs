//! From the hours of a policy to [`Hours`]. Time zones come from bundled data, not from the system.

use alloc::format;
use alloc::string::String;

use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::limits::PolicyPath;
use crate::config::ConfigErrors;
use crate::rules::hours::{Hours, Window};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const EVERY_DAY: u8 = 0b111_1111;

impl Hours {
    pub(crate) fn compile(
        hours: &[crate::config::policy::Hours],
        field_path: &PolicyPath<'_>,
        errors: &mut ConfigErrors,
    ) -> Self {
        let windows = hours.iter().enumerate().map(|(index, hours)| {
            Window::compile(hours, &mut |field, problem| {
                errors.push(field_path.of(&format!("hours[{index}].{field}")), problem);
            })
        });
        Self(windows.collect())
    }
}

impl Window {
    fn compile(hours: &crate::config::policy::Hours, push: &mut dyn FnMut(&str, String)) -> Self {
        let mut minute = |field, text: &str| {
            let minute = minute_of(text);
            if minute.is_none() {
                push(field, format!("`{text}` is not a time; write `09:00`, from `00:00` to `23:59`"));
            }
            minute.unwrap_or_default()
        };
        let (from, to) = (minute("from", &hours.from), minute("to", &hours.to));
        let zone = TimeZoneDatabase::bundled().get(&hours.zone).unwrap_or_else(|_| {
            push("zone", format!("there is no time zone `{}`; write `Europe/Berlin`", hours.zone));
            TimeZone::UTC
        });
        let mut days = 0;
        for (at, day) in hours.days.iter().enumerate() {
            match DAYS.iter().position(|known| day.eq_ignore_ascii_case(known)) {
                Some(bit) => days |= 1 << bit,
                None => {
                    let problem = format!("`{day}` is not a day; write `mon` to `sun`");
                    push(&format!("days[{at}]"), problem);
                }
            }
        }
        let days = if hours.days.is_empty() { EVERY_DAY } else { days };
        Self { from, to, zone, days }
    }
}

/// `HH:MM`, with two digits each.
fn minute_of(text: &str) -> Option<u16> {
    let &[h1, h2, b':', m1, m2] = text.as_bytes() else { return None };
    let digits_value = |a: u8, b: u8| {
        let digits = a.is_ascii_digit() && b.is_ascii_digit();
        digits.then(|| u16::from(a - b'0') * 10 + u16::from(b - b'0'))
    };
    let (hour, minute) = (digits_value(h1, h2)?, digits_value(m1, m2)?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests;
