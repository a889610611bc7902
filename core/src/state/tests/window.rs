//! [`Window`] against [`Model`]: equal where the window is exact, within the bound where it is not.

use core::num::NonZeroU32;
use core::time::Duration;
use std::vec::Vec;

use proptest::prelude::*;

use crate::state::model::Model;
use crate::state::window::{EXACT_LIMIT, Window, error_bound};
use crate::state::{Count, Key, Quota, Scope, StateBackend, Subject};
use crate::time::Timestamp;

fn quota(limit: u32, window: u64) -> Quota {
    Quota::new(NonZeroU32::new(limit).unwrap(), Duration::from_millis(window))
}

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn key() -> Key {
    Key::new(Scope::Global, "law", Subject::Unknown)
}

/// The time between two hits.
#[derive(Clone, Copy, Debug)]
enum Gap {
    Same,
    Forward(u64),
    /// In thousandths of a window.
    WindowShare(u64),
    /// Back by thousandths of a window: at most one window.
    Back(u64),
    /// Back by whole windows and a rest: more than one window.
    FarBack(u64),
}

impl Gap {
    fn from(self, now: u64, window: u64) -> u64 {
        match self {
            Self::Same => now,
            Self::Forward(by) => now.saturating_add(by),
            Self::WindowShare(share) => now.saturating_add(window * share / 1000),
            Self::Back(share) => now.saturating_sub(window * share / 1000),
            Self::FarBack(by) => now.saturating_sub(window.saturating_add(by)),
        }
    }
}

fn steady_gap() -> impl Strategy<Value = Gap> {
    prop_oneof![
        2 => Just(Gap::Same),
        3 => (0_u64..5).prop_map(Gap::Forward),
        4 => (0_u64..1100).prop_map(Gap::WindowShare),
        1 => (0_u64..100).prop_map(Gap::WindowShare),
        1 => (0_u64..50_000).prop_map(Gap::Forward),
        2 => (0_u64..=1000).prop_map(Gap::Back),
    ]
}

fn any_gap() -> impl Strategy<Value = Gap> {
    prop_oneof![8 => steady_gap(), 1 => (1_u64..100_000).prop_map(Gap::FarBack)]
}

fn start() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 0_u64..10_000, Just(1_700_000_000_000), (u64::MAX - 10_000)..=u64::MAX]
}

fn hits<G: Strategy<Value = Gap>>(gap: G, max: u32) -> impl Strategy<Value = Vec<(Gap, u32)>> {
    let cost = prop_oneof![6 => Just(1_u32), 1 => Just(0), 2 => 0..=max];
    prop::collection::vec((gap, cost), 1..120)
}

/// The part of a reply that a verdict may depend on: a window may stop counting at the limit plus one.
fn comparable(count: Count) -> (bool, u32, Timestamp, Timestamp) {
    (count.within, count.used.min(count.limit.saturating_add(1)), count.retry_at, count.reset_at)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn small_limits_equal_the_exact_log(
        limit in 1..=EXACT_LIMIT,
        span in prop_oneof![1_u64..50, 50_u64..100_000, Just(31 * 24 * 3_600_000_u64)],
        begin in start(),
        hits in hits(any_gap(), 40),
    ) {
        let (mut window, mut model, mut now) = (Window::fresh(), Model::default(), begin);
        let quota = quota(limit, span);
        for (gap, cost) in hits {
            now = gap.from(now, span);
            let (seen, truth) = (window.hit(quota, cost, at(now)), model.hit(&key(), quota, cost, at(now)));
            prop_assert_eq!(comparable(seen), comparable(truth), "at {}", now);
        }
    }

    /// Within the ring the limit may change without loss of exactness.
    #[test]
    fn small_limits_stay_exact_when_the_limit_changes(
        span in 1_u64..10_000,
        hits in prop::collection::vec((steady_gap(), 0_u32..4, 1..=EXACT_LIMIT), 1..120),
    ) {
        let (mut window, mut model, mut now) = (Window::fresh(), Model::default(), 1_000_000);
        for (gap, cost, limit) in hits {
            now = gap.from(now, span);
            let quota = quota(limit, span);
            let (seen, truth) = (window.hit(quota, cost, at(now)), model.hit(&key(), quota, cost, at(now)));
            prop_assert_eq!(comparable(seen), comparable(truth), "at {}", now);
        }
    }

    #[test]
    fn large_limits_never_grant_and_reject_at_most_the_bound_longer(
        limit in EXACT_LIMIT + 1..200,
        span in prop_oneof![1_u64..100, 100_u64..100_000, Just(31 * 24 * 3_600_000_u64)],
        begin in start(),
        hits in hits(steady_gap(), 150),
    ) {
        let (mut window, mut model, mut now) = (Window::fresh(), Model::default(), begin);
        let quota = quota(limit, span);
        // The instants of all hits on the time line of the window: never before the newest.
        let mut log: Vec<(u128, u32)> = Vec::new();
        for (gap, cost) in hits {
            let newest = log.last().map_or(0, |(at, _)| *at);
            // Small steps back that add up to a large one have a test of their own.
            now = gap.from(now, span).max((newest as u64).saturating_sub(span));
            let here = u128::from(now).max(newest);
            let (seen, truth) = (window.hit(quota, cost, at(now)), model.hit(&key(), quota, cost, at(now)));
            if cost > 0 {
                log.push((here, cost));
            }
            let reach = u128::from(span) + error_bound(quota).as_millis();
            let max: u32 = log.iter().filter(|(at, _)| at + reach > here).map(|(_, cost)| cost).sum();
            prop_assert!(seen.used >= truth.used, "{} hits hidden at {}", truth.used - seen.used, now);
            prop_assert!(seen.used <= max, "{} hits where the bound allows {}", seen.used, max);
            prop_assert!(seen.retry_at >= truth.retry_at);
            let bound = u64::try_from(error_bound(quota).as_millis()).unwrap();
            let latest = seen.reset_at.as_millis().saturating_sub(bound);
            prop_assert!(at(latest) <= truth.reset_at);
        }
    }

    #[test]
    fn checklist_14_no_step_of_the_clock_gives_budget(
        limit in prop_oneof![1..=EXACT_LIMIT, EXACT_LIMIT + 1..100],
        span in 1_u64..5_000,
        hits in hits(any_gap(), 60),
    ) {
        let (mut window, mut model, mut now) = (Window::fresh(), Model::default(), 100_000);
        let quota = quota(limit, span);
        for (gap, cost) in hits {
            now = gap.from(now, span);
            let (seen, truth) = (window.hit(quota, cost, at(now)), model.hit(&key(), quota, cost, at(now)));
            prop_assert!(truth.within || !seen.within, "granted at {}", now);
        }
    }

    /// Crosses the boundary between the exact and the sliced form both ways, with windows that only get shorter: hits
    /// that left a window do not return in a longer one.
    #[test]
    fn a_changed_quota_grants_nothing(
        spans in prop::collection::vec(1_u64..5_000, 1..5),
        hits in prop::collection::vec((any_gap(), 0_u32..50, 1_u32..90), 1..100),
    ) {
        let (mut spans, mut now) = (spans, 100_000);
        spans.sort_unstable_by(|a, b| b.cmp(a));
        let (mut window, mut model) = (Window::fresh(), Model::default());
        let turn = hits.len().div_ceil(spans.len());
        for (index, (gap, cost, limit)) in hits.into_iter().enumerate() {
            let span = spans[index / turn];
            now = gap.from(now, span);
            let quota = quota(limit, span);
            let (seen, truth) = (window.hit(quota, cost, at(now)), model.hit(&key(), quota, cost, at(now)));
            prop_assert!(truth.within || !seen.within, "granted at {} under {:?}", now, quota);
        }
    }

    #[test]
    fn a_window_that_is_fresh_equals_a_new_one(
        limits in prop::collection::vec(1_u32..80, 2),
        span in 1_u64..5_000,
        shorter in 0_u64..5_000,
        before in hits(any_gap(), 60),
        idle in 0_u64..20_000,
        after in hits(steady_gap(), 60),
    ) {
        let (mut used, mut now) = (Window::fresh(), 100_000);
        for (gap, cost) in before {
            now = gap.from(now, span);
            used.hit(quota(limits[0], span), cost, at(now));
        }
        now += idle;
        prop_assume!(used.is_fresh(at(now)));
        let mut fresh = Window::fresh();
        let quota = quota(limits[1], span.saturating_sub(shorter).max(1));
        // Steps back from the instant of `is_fresh` are outside its contract.
        let mut present = now;
        for (gap, cost) in after {
            now = gap.from(now, span).max(present);
            present = now;
            let (a, b) = (used.hit(quota, cost, at(now)), fresh.hit(quota, cost, at(now)));
            prop_assert_eq!(comparable(a), comparable(b), "at {}", now);
        }
    }

    #[test]
    fn a_hit_of_cost_zero_changes_nothing(limit in 1_u32..80, hits in hits(any_gap(), 60), lookup in any_gap()) {
        let (mut window, mut now) = (Window::fresh(), 100_000);
        for (gap, cost) in hits {
            now = gap.from(now, 1000);
            window.hit(quota(limit, 1000), cost, at(now));
        }
        let before = window.clone();
        window.hit(quota(limit, 7000), 0, at(lookup.from(now, 1000)));
        prop_assert_eq!(window, before);
    }

    /// In every case a client that waits one window and one slice is served again.
    #[test]
    fn checklist_14_no_client_is_locked_out(limit in 1_u32..80, span in 1_u64..5_000, hits in hits(any_gap(), 60)) {
        let (mut window, mut now) = (Window::fresh(), 100_000);
        let quota = quota(limit, span);
        for (gap, cost) in hits {
            now = gap.from(now, span);
            let count = window.hit(quota, cost.max(1), at(now));
            let longest = now + 2 * (span + u64::try_from(error_bound(quota).as_millis()).unwrap());
            prop_assert!(count.retry_at.as_millis() <= longest);
        }
        now += 2 * span + 2 * u64::try_from(error_bound(quota).as_millis()).unwrap();
        prop_assert!(window.hit(quota, 1, at(now)).within);
    }

    #[test]
    fn a_window_survives_a_round_trip_through_bytes(limit in 1_u32..80, span in 1_u64..5_000, hits in hits(any_gap(), 60)) {
        let (mut window, mut now) = (Window::fresh(), 10_000);
        for (gap, cost) in hits {
            prop_assert_eq!(Window::from_bytes(&window.to_bytes()), Some(window.clone()));
            now = gap.from(now, span);
            window.hit(quota(limit, span), cost, at(now));
        }
    }

    #[test]
    fn invalid_bytes_are_rejected_or_harmless(
        mut bytes in prop::collection::vec(any::<u8>(), Window::BYTES),
        form in 0_u32..100,
        limit in 1_u32..80,
        now in any::<u64>(),
    ) {
        bytes[10..12].fill(0);
        bytes[12..16].copy_from_slice(&form.to_le_bytes());
        let bytes = bytes.try_into().unwrap();
        let Some(mut window) = Window::from_bytes(&bytes) else { return Ok(()) };
        prop_assert_eq!(window.to_bytes(), bytes);
        window.hit(quota(limit, 1_000), 2, at(now));
        window.settle(at(now / 2));
        window.hit(quota(81 - limit, 3_000), 1, at(now / 2));
    }
}

#[test]
fn the_ends_of_time_do_not_panic() {
    let ends = [Timestamp::EPOCH, at(1), at(40), at(u64::MAX - 1), Timestamp::MAX];
    for limit in [1, EXACT_LIMIT, EXACT_LIMIT + 1, u32::MAX] {
        for span in [1, 31, 32, 31 * 24 * 3_600_000] {
            let mut window = Window::fresh();
            for now in ends.iter().chain(ends.iter().rev()) {
                window.hit(quota(limit, span), u32::MAX, *now);
                window.settle(*now);
                let _ = window.is_fresh(*now);
                window.hit(quota(EXACT_LIMIT, span), 1, *now);
                window.hit(quota(EXACT_LIMIT + 1, 2 * span), 1, *now);
            }
        }
    }
}

#[test]
fn the_last_instant_still_limits() {
    for span in [1, 1000] {
        let mut window = Window::fresh();
        assert!(window.hit(quota(40, span), 40, Timestamp::MAX).within);
        assert!(!window.hit(quota(40, span), 1, Timestamp::MAX).within);
    }
}

#[test]
fn a_raised_limit_keeps_the_old_one_until_the_window_passes() {
    let mut window = Window::fresh();
    for _ in 0..2 * EXACT_LIMIT {
        window.hit(quota(EXACT_LIMIT, 1_000), 1, at(1_000));
    }
    assert!(!window.hit(quota(1_000, 1_000), 1, at(1_500)).within, "forgotten hits may have used all of it");
    assert!(window.hit(quota(1_000, 1_000), 1, at(2_100)).within);
}

#[test]
fn settling_moves_only_what_a_hit_would_move() {
    let quota = quota(5, 1_000);
    let mut window = Window::fresh();
    window.hit(quota, 5, at(1_000_000));
    window.settle(at(999_500));
    assert!(!window.is_fresh(at(1_000_999)), "half a window back is clock skew, not a step");
    window.settle(at(10_000));
    assert!(!window.hit(quota, 1, at(10_500)).within);
    assert!(window.is_fresh(at(11_500)));
}

#[test]
fn a_window_reports_its_newest_hit_and_its_form() {
    let mut window = Window::fresh();
    assert_eq!((window.newest(), window.is_exact()), (None, true));
    window.hit(quota(EXACT_LIMIT, 1_000), 1, at(5));
    window.hit(quota(EXACT_LIMIT, 1_000), 1, at(9));
    assert_eq!((window.newest(), window.is_exact()), (Some((at(9), Duration::from_secs(1))), true));
    window.hit(quota(EXACT_LIMIT + 1, 2_000), 1, at(10));
    assert_eq!((window.newest(), window.is_exact()), (Some((at(10), Duration::from_secs(2))), false));
}
