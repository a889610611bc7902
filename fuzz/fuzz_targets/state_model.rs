//! Any sequence of ops at any instants: a small in-memory store never admits what a log of every hit rejects, and keeps
//! every accepted ban, also when instants step back within the allowed skew. After a jump of the clock the two may expire
//! entries differently; then only panics count.
#![no_main]

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use portcullis_core::Timestamp;
use portcullis_core::state::model::Model;
use portcullis_core::state::reduce::reduce;
use portcullis_core::state::{
    Batch, ClientKey, Key, Op, Quota, Reply, Scope, StateStore, StoreResponse, Subject,
};
use portcullis_runtime::MemoryStore;
use portcullis_runtime::memory::SKEW;

#[derive(Arbitrary, Debug)]
enum Step {
    Hit { client: u8, cost: u8 },
    Ban { client: u8, term: u16 },
    Banned { client: u8 },
    Unban { client: u8 },
    Wait(u16),
    Back(u16),
    Leap(u32),
}

fn address(client: u8) -> IpAddr {
    [192, 0, 2, client % 16].into()
}

fn op(step: &Step) -> Option<Op> {
    Some(match *step {
        Step::Hit { client, cost } => {
            // One quota for each client: a change of quota is another law. The limits include exact and inexact ones.
            let limit = u32::from(client % 16) * 5 + 1;
            let quota = Quota::new(
                NonZeroU32::new(limit)?,
                Duration::from_millis(1_000 + u64::from(client % 16) * 977),
            );
            let subject = Subject::Client(ClientKey::new(address(client), 64));
            Op::Hit { key: Key::new(Scope::Global, "fuzz", subject), quota, cost: u32::from(cost % 4) }
        }
        Step::Ban { client, term } => {
            Op::Ban { target: address(client).into(), term: Duration::from_millis(u64::from(term) + 1) }
        }
        Step::Banned { client } => Op::FindBan(address(client)),
        Step::Unban { client } => Op::Unban { target: address(client).into() },
        Step::Wait(_) | Step::Back(_) | Step::Leap(_) => return None,
    })
}

fuzz_target!(|steps: Vec<Step>| {
    let store = MemoryStore::builder().max_windows(8).max_bans(64).shards(1).build();
    let mut model = Some(Model::default());
    let (mut now, mut latest) = (1_000_000_u64, 1_000_000_u64);
    for step in &steps {
        match step {
            Step::Wait(millis) => now = now.saturating_add(u64::from(*millis)),
            // The clocks of workers differ by at most the skew around the latest instant.
            Step::Back(millis) => {
                now = now.saturating_sub(u64::from(*millis)).max(latest - SKEW.as_millis() as u64)
            }
            Step::Leap(to) => {
                now = u64::from(*to);
                model = None;
            }
            _ => {}
        }
        latest = latest.max(now);
        let Some(op) = op(step) else { continue };
        let mut batch = Batch::new(Timestamp::from_millis(now));
        batch.push(op);
        let StoreResponse::Ready(Ok(replies)) = store.apply(&batch) else { panic!("replies at once") };
        let Some(model) = &mut model else { continue };
        match (replies[0], reduce(model, &batch)[0]) {
            (Reply::Count(ours), Reply::Count(exact)) => {
                assert!(!ours.within || exact.within, "budget gained: {ours:?} against {exact:?}");
            }
            (ours, Reply::Banned(until)) => assert_eq!(ours, Reply::Banned(until), "a ban was lost"),
            (ours, exact) => assert_eq!(ours, exact),
        }
    }
});
