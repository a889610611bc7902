use super::*;
use crate::{Clock as _, ManualClock};

/// The increment of SplitMix64, whose outputs determine the next one.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

#[test]
fn a_reference_id_does_not_determine_the_next_one() {
    let guard = Guard::build(Config::default()).unwrap();
    let references: Vec<u64> = (0..64).map(|_| guard.0.new_reference_id().0).collect();
    let mix = |seed: u64| {
        let z = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let unshift = |z: u64, by: u32| (0..64 / by).fold(z, |guess, _| z ^ (guess >> by));
    let unmix = |z: u64| {
        let z = unshift(z, 31).wrapping_mul(0x3196_42b2_d24d_8ec3);
        let z = unshift(z, 27).wrapping_mul(0x96de_1b17_3f11_9089);
        unshift(z, 30)
    };
    assert_eq!(unmix(mix(GAMMA)), GAMMA);
    let is_predictable = |pair: &[u64]| {
        mix(unmix(pair[0]).wrapping_add(GAMMA)) == pair[1] || pair[0].abs_diff(pair[1]) < 1 << 16
    };
    assert!(!references.windows(2).any(is_predictable));
}

#[test]
fn a_request_without_an_informational_event_does_not_start_the_interval() {
    let clock = ManualClock::new(Timestamp::from_millis(43_200_000));
    let guard = Guard::builder(Config::default()).clock(clock.clone()).build().unwrap();
    assert!(guard.0.sample_info_events(clock.now()));
    assert!(guard.0.sample_info_events(clock.now()));
    guard.0.record_info_event(clock.now());
    assert!(!guard.0.sample_info_events(clock.now()));
    clock.advance(INFO_EVENT_INTERVAL);
    assert!(guard.0.sample_info_events(clock.now()));
}
