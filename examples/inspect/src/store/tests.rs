use std::num::NonZeroU32;
use std::time::Duration;

use portcullis_core::Timestamp;
use portcullis_core::state::model::Model;
use portcullis_core::state::reduce::reduce;
use portcullis_core::state::{Key, Quota, Scope, StateBackend, Subject};

use super::EmptyBackend;

/// The replies must be those of an empty store.
#[test]
fn replies_like_an_empty_store() {
    let now = Timestamp::from_millis(1_767_225_600_000);
    let key = Key::new(Scope::Global, "rate", Subject::Unknown);
    for limit in 1..4 {
        let quota = Quota::new(NonZeroU32::new(limit).unwrap(), Duration::from_secs(60));
        for cost in 0..=limit + 1 {
            let expected = Model::default().hit(&key, quota, cost, now);
            assert_eq!(EmptyBackend.hit(&key, quota, cost, now), expected, "{cost} of {limit}");
        }
    }
    let network = "192.0.2.0/24".parse().unwrap();
    let hour = Duration::from_secs(3600);
    assert_eq!(EmptyBackend.ban(network, hour, now), Model::default().ban(network, hour, now));
    assert_eq!(EmptyBackend.banned([192, 0, 2, 1].into(), now), None);
}

#[test]
fn bans_at_once_only_where_one_attack_is_enough() {
    use portcullis_core::state::{Batch, Consequence, Op, Reply};

    let now = Timestamp::from_millis(1_767_225_600_000);
    let key = Key::new(Scope::Strikes, "strike", Subject::Unknown);
    for (threshold, banned) in [(1, true), (2, false)] {
        let quota = Quota::new(NonZeroU32::new(threshold).unwrap(), Duration::from_secs(60));
        let then = Consequence::Ban("192.0.2.1/32".parse().unwrap(), Duration::from_secs(3600));
        let mut batch = Batch::new(now);
        assert!(batch.push(Op::Strike { key, quota, points: 1, then }));
        for _ in 0..3 {
            let replies = reduce(&mut EmptyBackend, &batch);
            assert_eq!(matches!(replies[0], Reply::Banned(_)), banned);
        }
    }
}
