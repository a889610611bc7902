//! The clocks of the runtime crate.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use portcullis_core::{Clock, Timestamp};
use portcullis_runtime::{ManualClock, SystemClock};

#[test]
fn the_system_clock_is_correct_and_never_goes_back() {
    let wall = || Timestamp::EPOCH.after(SystemTime::now().duration_since(UNIX_EPOCH).unwrap());
    let before = wall();
    let clock = SystemClock::new();
    let first = clock.now();
    assert!(first >= before && first.since(before) < Duration::from_secs(60));
    let mut last = first;
    for _ in 0..1000 {
        let now = clock.now();
        assert!(now >= last);
        last = now;
    }
    std::thread::sleep(Duration::from_millis(20));
    assert!(clock.now().since(first) >= Duration::from_millis(20), "it moves");
}

#[test]
fn a_manual_clock_moves_only_by_its_methods() {
    let clock = ManualClock::new(Timestamp::from_millis(1000));
    let other = clock.clone();
    assert_eq!(clock.now(), Timestamp::from_millis(1000));
    clock.advance(Duration::from_millis(5));
    assert_eq!(other.now(), Timestamp::from_millis(1005), "clones share one time");
    other.set(Timestamp::from_millis(3));
    assert_eq!(clock.now(), Timestamp::from_millis(3));
    clock.advance(Duration::MAX);
    assert_eq!(clock.now(), Timestamp::MAX);
}
