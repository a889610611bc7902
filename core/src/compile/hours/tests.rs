use std::string::String;
use std::vec::Vec;

use jiff::civil::{DateTime, date};
use proptest::prelude::*;

use super::*;
use crate::time::Timestamp;

fn compile(hours: crate::config::policy::Hours) -> Result<Hours, String> {
    let mut errors = ConfigErrors::default();
    let compiled = Hours::compile(&[hours], &PolicyPath("route[0]."), &mut errors);
    errors.into_result(compiled).map_err(|errors| std::format!("{errors}"))
}

fn hours(from: &str, to: &str, zone: &str, days: &[&str]) -> crate::config::policy::Hours {
    let days = days.iter().map(|day| String::from(*day)).collect();
    crate::config::policy::Hours { from: from.into(), to: to.into(), zone: zone.into(), days }
}

fn at(zone: &str, local: DateTime) -> Timestamp {
    let zone = TimeZoneDatabase::bundled().get(zone).unwrap();
    let instant = zone.to_ambiguous_timestamp(local).compatible().unwrap();
    Timestamp::from_millis(u64::try_from(instant.as_millisecond()).unwrap())
}

#[test]
fn times_are_written_with_four_digits() {
    for (text, minute) in [("00:00", Some(0)), ("09:05", Some(545)), ("23:59", Some(1439))] {
        assert_eq!(minute_of(text), minute, "{text}");
    }
    for text in
        ["9:00", "24:00", "12:60", "12:5", "1200", "", " 9:00", "+9:00", "12:00:00", "ab:cd", "１2:00"]
    {
        assert_eq!(minute_of(text), None, "{text}");
        let problem = compile(hours(text, "17:00", "UTC", &[])).unwrap_err();
        assert!(
            problem.contains("route[0].hours[0].from: ") && problem.contains("write `09:00`"),
            "{problem}"
        );
    }
}

#[test]
fn zones_and_days_that_do_not_exist_are_errors() {
    for zone in ["Europe/Berln", "", "CEST", "/etc/localtime", "../UTC"] {
        let problem = compile(hours("09:00", "17:00", zone, &[])).unwrap_err();
        assert!(problem.contains("route[0].hours[0].zone: there is no time zone"), "{problem}");
    }
    let problem = compile(hours("09:00", "17:00", "UTC", &["mon", "monday"])).unwrap_err();
    assert!(problem.contains("route[0].hours[0].days[1]: "), "{problem}");
}

#[test]
fn the_wall_counts_where_clocks_are_changed() {
    // Berlin, 2026: 29 March 02:00 becomes 03:00, 25 October 03:00 becomes 02:00.
    let night = compile(hours("02:30", "03:30", "Europe/Berlin", &[])).unwrap();
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
    let always = compile(hours("00:00", "23:59", "UTC", &[])).unwrap();
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
        let names: Vec<&str> = (0..7).filter(|day| days & 1 << day != 0).map(|day| DAYS[day]).collect();
        let compiled = compile(hours(&clock(from), &clock(to), "UTC", &names)).unwrap();
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
