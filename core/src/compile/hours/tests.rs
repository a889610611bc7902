use std::string::{String, ToString};
use std::vec::Vec;

use jiff::civil::{DateTime, date};
use jiff::tz::TimeZoneDatabase;
use proptest::prelude::*;

use super::*;
use crate::config::{Config, TimeOfDay, TimeZone, Weekday};
use crate::time::Timestamp;

fn compile(hours: &crate::config::policy::Hours) -> Hours {
    Hours::compile(core::slice::from_ref(hours))
}

fn hours(from: &str, to: &str, zone: &str) -> crate::config::policy::Hours {
    let zone: TimeZone = zone.parse().unwrap();
    crate::config::policy::Hours::new(from.parse().unwrap(), to.parse().unwrap()).zone(zone)
}

/// The problems of a policy with these hours.
fn problem(field: &str, value: &str) -> String {
    let document = std::format!("[[route]]\npattern = '/x'\nhours = [{{ {field} = {value} }}]");
    Config::from_toml(&document).map(drop).map_err(|errors| std::format!("{errors}")).unwrap_err()
}

fn at(zone: &str, local: DateTime) -> Timestamp {
    let zone = TimeZoneDatabase::bundled().get(zone).unwrap();
    let instant = zone.to_ambiguous_timestamp(local).compatible().unwrap();
    Timestamp::from_millis(u64::try_from(instant.as_millisecond()).unwrap())
}

#[test]
fn times_are_written_with_four_digits() {
    for (text, minute) in [("00:00", 0), ("09:05", 545), ("23:59", 1439)] {
        let time: TimeOfDay = text.parse().unwrap();
        assert_eq!((time.minute(), time.to_string().as_str()), (minute, text));
        assert_eq!(TimeOfDay::new((minute / 60) as u8, (minute % 60) as u8), time);
    }
    for text in
        ["9:00", "24:00", "12:60", "12:5", "1200", "", " 9:00", "+9:00", "12:00:00", "ab:cd", "１2:00"]
    {
        assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
        let problem = problem("from", &std::format!("'{text}'"));
        assert!(
            problem.contains("route[0].hours[0].from: ") && problem.contains("write `09:00`"),
            "{problem}"
        );
    }
}

#[test]
fn zones_and_days_that_do_not_exist_are_errors() {
    for zone in ["Europe/Berln", "", "CEST", "/etc/localtime", "../UTC"] {
        let problem = problem("zone", &std::format!("'{zone}'"));
        assert!(problem.contains("route[0].hours[0].zone: there is no time zone"), "{problem}");
    }
    let problem = problem("days", "['mon', 'monday']");
    assert!(problem.contains("route[0].hours[0].days[1]: `monday` is not a day; write"), "{problem}");
}

#[test]
fn zones_and_days_are_written_in_any_case() {
    for (text, written) in
        [("utc", "UTC"), ("UTC", "UTC"), ("europe/berlin", "Europe/Berlin"), ("Etc/GMT+3", "Etc/GMT+3")]
    {
        let zone: TimeZone = text.parse().unwrap();
        assert_eq!(zone.to_string(), written);
        assert_eq!(written.parse(), Ok(zone));
    }
    for (name, day) in Weekday::ALL {
        assert_eq!((name.to_ascii_uppercase().parse(), day.to_string().as_str()), (Ok(day), name));
        assert_eq!(day.bit(), 1 << Weekday::ALL.iter().position(|(_, known)| *known == day).unwrap());
    }
}

#[test]
fn the_wall_counts_where_clocks_are_changed() {
    // Berlin, 2026: 29 March 02:00 becomes 03:00, 25 October 03:00 becomes 02:00.
    let night = compile(&hours("02:30", "03:30", "Europe/Berlin"));
    let spring = at("Europe/Berlin", date(2026, 3, 29).at(1, 59, 0, 0));
    let minutes = |from: Timestamp, count: u64| -> Vec<bool> {
        (0..count).map(|minute| night.has(from.after(core::time::Duration::from_secs(60 * minute)))).collect()
    };
    // From 01:59 the wall jumps to 03:00 and the hour ends half an hour later.
    let shown = minutes(spring, 33);
    assert!(!shown[0] && shown[1..=31].iter().all(|open| *open) && !shown[32]);
    // 02:30 to 02:59 comes twice.
    let autumn = at("Europe/Berlin", date(2026, 10, 25).at(2, 0, 0, 0));
    assert_eq!(minutes(autumn, 151).iter().filter(|open| **open).count(), 30 + 30 + 31);
}

#[test]
fn an_instant_beyond_every_calendar_is_at_no_hour() {
    let always = compile(&hours("00:00", "23:59", "UTC"));
    assert!(always.has(Timestamp::EPOCH));
    assert!(!always.has(Timestamp::MAX));
}

fn clock(minute: u16) -> String {
    std::format!("{:02}:{:02}", minute / 60, minute % 60)
}

proptest! {
    /// The hours are the minutes that one counts by stepping from the first to the last on each day that is named.
    #[test]
    fn hours_are_the_minutes_from_the_first_to_the_last(
        from in 0u16..1440, to in 0u16..1440, days in 1u8..128, second in 0u64..60,
    ) {
        let named = (0..7).filter(|day| days & 1 << day != 0).map(|day| Weekday::ALL[day].1);
        let compiled = compile(&hours(&clock(from), &clock(to), "UTC").days(named));
        let mut open = std::vec![false; 7 * 1440];
        for day in (0..7u16).filter(|day| days & 1 << day != 0) {
            let mut minute = from;
            loop {
                let next_day = u16::from(from > to && minute < from);
                open[usize::from((day + next_day) % 7 * 1440 + minute)] = true;
                if minute == to { break }
                minute = (minute + 1) % 1440;
            }
        }
        // 5 January 1970 was a Monday.
        let monday = 4 * 86_400;
        for (minute, expected) in open.iter().enumerate() {
            let now = Timestamp::from_millis((monday + minute as u64 * 60 + second) * 1000);
            prop_assert_eq!(compiled.has(now), *expected, "minute {}", minute);
        }
    }
}
