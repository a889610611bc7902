//! What a batch means beyond its ops.

use core::num::NonZeroU32;
use core::time::Duration;

use crate::state::model::Model;
use crate::state::reduce::reduce;
use crate::state::{Batch, ClientKey, Key, Op, Quota, Reply, Scope, Subject};
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
    let ban = (points > 0).then(|| (client().network(), Duration::from_secs(10)));
    Op::Strike { key: key(Scope::Suspicion, name), quota: quota(limit), points, ban }
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
fn a_strike_that_bans_settles_all_strikes_of_its_batch_and_nothing_else() {
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
    assert_eq!(used(&mut model, key(Scope::Suspicion, "total")), 1);
    assert_eq!(used(&mut model, key(Scope::Suspicion, "other class")), 3);
    assert!(matches!(reduce(&mut model, &batch)[0], Reply::Banned(_)));
    for name in ["own class", "total", "other class"] {
        assert_eq!(used(&mut model, key(Scope::Suspicion, name)), 0, "{name}");
    }
    assert_eq!(used(&mut model, key(Scope::Global, "rate")), 2);
}
