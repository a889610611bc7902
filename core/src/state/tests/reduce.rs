//! Effects of a batch beyond those of its ops.

use core::num::NonZeroU32;
use core::time::Duration;

use crate::state::model::Model;
use crate::state::reduce::reduce;
use crate::state::{Batch, ClientKey, Consequence, Key, Op, Quota, Reply, Scope, Subject, throttle_quota};
use crate::time::Timestamp;

const CLIENT: [u8; 4] = [192, 0, 2, 7];

fn client() -> ClientKey {
    ClientKey::new(CLIENT.into(), 64)
}

fn key(scope: Scope, name: &str) -> Key {
    Key::new(scope, name, Subject::Client(client()))
}

fn quota(limit: u32) -> Quota {
    Quota::new(NonZeroU32::new(limit).unwrap(), Duration::from_secs(60))
}

fn strike(name: &str, limit: u32, points: u32) -> Op {
    let then = match points {
        0 => Consequence::None,
        _ => Consequence::Ban(client().network(), Duration::from_secs(10)),
    };
    Op::Strike { key: key(Scope::Strikes, name), quota: quota(limit), points, then }
}

fn used(model: &mut Model, key: Key) -> u32 {
    let mut batch = Batch::new(Timestamp::from_millis(1_000));
    batch.push(Op::Hit { key, quota: quota(9), cost: 0 });
    match reduce(model, &batch)[0] {
        Reply::Count(count) => count.used,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_strike_that_bans_empties_all_strikes_of_its_batch_and_nothing_else() {
    let mut model = Model::default();
    let mut batch = Batch::new(Timestamp::from_millis(1_000));
    for op in [
        strike("own class", 2, 1),
        strike("total", 9, 1),
        strike("other class", 9, 0),
        Op::Hit { key: key(Scope::Global, "rate"), quota: quota(9), cost: 1 },
    ] {
        batch.push(op);
    }
    let mut other = Batch::new(Timestamp::from_millis(1_000));
    other.push(strike("other class", 9, 3));
    reduce(&mut model, &other);
    assert!(matches!(reduce(&mut model, &batch)[0], Reply::Count(_)));
    assert_eq!(used(&mut model, key(Scope::Strikes, "total")), 1);
    assert_eq!(used(&mut model, key(Scope::Strikes, "other class")), 3);
    assert!(matches!(reduce(&mut model, &batch)[0], Reply::Banned(_)));
    for name in ["own class", "total", "other class"] {
        assert_eq!(used(&mut model, key(Scope::Strikes, name)), 0, "{name}");
    }
    assert_eq!(used(&mut model, key(Scope::Global, "rate")), 2);
}

fn at(seconds: u64, op: Op) -> Batch {
    let mut batch = Batch::new(Timestamp::from_millis(seconds * 1_000));
    batch.push(op);
    batch
}

/// Three strikes in a minute throttle for ten seconds.
fn throttling_strike(points: u32) -> Op {
    let then = Consequence::Throttle(key(Scope::Throttle, "throttle"), Duration::from_secs(10));
    Op::Strike { key: key(Scope::Behaviour, "rule"), quota: quota(3), points, then }
}

#[test]
fn a_strike_at_its_threshold_throttles_for_the_term_and_empties_its_own_counter() {
    let mut model = Model::default();
    let look = Op::Hit {
        key: key(Scope::Throttle, "throttle"),
        quota: throttle_quota(Duration::from_secs(10)),
        cost: 0,
    };
    let is_throttled = |model: &mut Model, seconds| match reduce(model, &at(seconds, look))[0] {
        Reply::Count(count) => count.remaining() == 0,
        other => panic!("{other:?}"),
    };
    reduce(&mut model, &at(1, strike("total", 9, 1)));
    assert!(matches!(reduce(&mut model, &at(1, throttling_strike(2)))[0], Reply::Count(_)));
    assert!(!is_throttled(&mut model, 1));
    assert_eq!(
        reduce(&mut model, &at(1, throttling_strike(1)))[0],
        Reply::Throttled(Timestamp::from_millis(11_000))
    );
    assert!(is_throttled(&mut model, 1) && is_throttled(&mut model, 10) && !is_throttled(&mut model, 11));
    assert_eq!(used(&mut model, key(Scope::Behaviour, "rule")), 0);
    assert_eq!(used(&mut model, key(Scope::Strikes, "total")), 1, "other counters are kept");
}

#[test]
fn a_repeated_throttle_starts_anew() {
    let mut model = Model::default();
    reduce(&mut model, &at(1, throttling_strike(3)));
    assert_eq!(
        reduce(&mut model, &at(6, throttling_strike(3)))[0],
        Reply::Throttled(Timestamp::from_millis(16_000))
    );
}

#[test]
fn a_strike_of_no_points_applies_the_consequence_of_earlier_points() {
    let mut model = Model::default();
    let counting = |points| match throttling_strike(points) {
        Op::Strike { key, quota, points, .. } => Op::Strike { key, quota, points, then: Consequence::None },
        op => op,
    };
    reduce(&mut model, &at(1, counting(2)));
    assert!(matches!(reduce(&mut model, &at(1, throttling_strike(0)))[0], Reply::Count(_)));
    reduce(&mut model, &at(1, counting(1)));
    assert!(matches!(reduce(&mut model, &at(1, throttling_strike(0)))[0], Reply::Throttled(_)));
}
