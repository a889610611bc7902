//! A ban never shortens another, and a wrong clock does not make one last longer than its term.

use core::time::Duration;

use proptest::prelude::*;

use crate::state::ban::BanRecord;
use crate::time::Timestamp;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn record(from: u64, term: u64) -> BanRecord {
    BanRecord::new(at(from), Duration::from_secs(term))
}

#[test]
fn a_ban_is_live_until_its_end_exclusive() {
    let mut ban = record(100, 50);
    assert_eq!(ban.live_until(at(149)), Some(at(150)));
    assert_eq!(ban.live_until(at(150)), None);
}

#[test]
fn checklist_14_a_clock_far_ahead_and_back_bans_for_the_term_only() {
    let mut ban = record(1_000_000_000, 60);
    assert_eq!(ban.live_until(at(100)), Some(at(160)), "one wrong reading must not ban for decades");
    assert_eq!(ban.live_until(at(160)), None);
}

#[test]
fn a_short_ban_on_top_does_not_cut_a_long_one_when_the_clock_steps_back() {
    let mut both = record(0, 100).longer(record(95, 10), at(95));
    assert_eq!(both.live_until(at(96)), Some(at(105)));
    assert_eq!(both.live_until(at(20)), Some(at(105)), "this end is within the term of a hundred seconds");
}

#[test]
fn the_ends_of_time_do_not_panic() {
    let mut last = BanRecord::new(Timestamp::MAX, Duration::MAX);
    assert_eq!(last.live_until(Timestamp::MAX), None);
    assert_eq!(last.live_until(Timestamp::EPOCH), Some(Timestamp::MAX));
    assert_eq!(BanRecord::new(Timestamp::EPOCH, Duration::ZERO).live_until(Timestamp::EPOCH), None);
}

proptest! {
    #[test]
    fn a_ban_never_shortens(
        bans in prop::collection::vec((0_u64..50, 0_u64..500), 1..20),
    ) {
        let (mut now, mut ban) = (1_000, record(0, 0));
        for (passed, term) in bans {
            now += passed;
            let before = ban.live_until(at(now));
            let new = record(now, term);
            ban = ban.longer(new, at(now));
            let after = ban.live_until(at(now));
            prop_assert!(after >= before);
            prop_assert!(after >= new.clone().live_until(at(now)));
            prop_assert!(after <= before.max(new.clone().live_until(at(now))), "nor grows beyond the longest");
        }
    }

    #[test]
    fn no_clock_makes_a_ban_outlast_the_longest_term(
        bans in prop::collection::vec((0_u64..10_000, 1_u64..500), 1..20),
        looks in prop::collection::vec(0_u64..10_000, 1..20),
    ) {
        let mut ban = record(0, 0);
        let longest = bans.iter().map(|(_, term)| *term).max().unwrap_or(0);
        for (now, term) in bans {
            ban = ban.longer(record(now, term), at(now));
        }
        for now in looks {
            prop_assert!(ban.live_until(at(now)).is_none_or(|until| until <= at(now + longest)));
        }
    }
}
