//! The cost of a request of a known client in a store with 100,000 clients: `cargo bench -p portcullis-runtime --bench memory`.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use divan::Bencher;
use ipnet::IpNet;
use portcullis_core::state::{Batch, ClientKey, Key, Op, Quota, Scope, StateStore, Subject};
use portcullis_core::time::Timestamp;
use portcullis_runtime::MemoryStore;

const CLIENTS: u32 = 33_000;
/// Limits of the rules: exact, sliced, exact.
const LIMITS: [u32; 3] = [10, 600, 30];

fn main() {
    divan::main();
}

fn address(n: u32) -> IpAddr {
    // Spread, so that neither the cache nor the branch predictor can predict the next client.
    IpAddr::V4(Ipv4Addr::from_bits(n.wrapping_mul(0x9e37_79b1)))
}

fn fill(batch: &mut Batch, n: u32, now: u64, hits: usize) {
    batch.restart(Timestamp::from_millis(1_700_000_000_000 + now));
    batch.push(Op::FindBan(address(n)));
    let subject = Subject::Client(ClientKey::new(address(n), 64));
    for (rule, limit) in (0..).zip(&LIMITS[..hits]) {
        let limit = NonZeroU32::new(*limit).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::new(limit, Duration::from_secs(60));
        batch.push(Op::Hit { key: Key { scope: Scope::Global, rule, subject }, quota, cost: 1 });
    }
}

fn full_store() -> MemoryStore {
    let store = MemoryStore::builder().max_windows(110_000).build();
    let mut batch = Batch::new(Timestamp::EPOCH);
    batch.push(Op::Ban {
        target: IpNet::from(address(u32::MAX)),
        term: Duration::from_secs(86_400 * 9_999_999),
    });
    store.defer(&batch);
    for n in 0..CLIENTS {
        fill(&mut batch, n, 0, 3);
        store.defer(&batch);
    }
    store
}

/// A ban lookup and this many hits.
#[divan::bench(args = [1, 3])]
fn known_client(bencher: Bencher<'_, '_>, hits: usize) {
    let (store, mut batch, mut turn) = (full_store(), Batch::new(Timestamp::EPOCH), 0_u32);
    bencher.bench_local(|| {
        turn = turn.wrapping_add(1);
        fill(&mut batch, turn.wrapping_mul(7_919) % CLIENTS, u64::from(turn / 100), hits);
        // The response may borrow the batch, so it cannot leave the closure.
        drop(divan::black_box(store.apply(&batch)));
    });
}
