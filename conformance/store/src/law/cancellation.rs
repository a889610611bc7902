//! Cancelled calls.

use std::future::poll_fn;
use std::task::Poll;
use std::time::{Duration, Instant};

use portcullis_core::state::{Batch, StateStore, StoreResponse};
use tokio::time::sleep;

use crate::Contract;
use crate::client::{MINUTE, hit, quota, used};

/// The number of counters in one batch.
const OPS: u32 = 8;
/// The maximum number of polls before a call is cancelled.
const POLLS: u32 = 6;
const ROUNDS: u32 = 4;

pub(crate) async fn check<S: StateStore + 'static>(contract: &Contract<S>) -> Result<(), String> {
    let store = contract.new_store().await;
    for call in 0..ROUNDS * POLLS {
        cancel(&store, &batch(contract, call, 1), call % POLLS).await;
    }
    // A store may complete a cancelled batch within `patience`; a batch that was observed whole must stay so.
    for call in 0..ROUNDS * POLLS {
        let deadline = Instant::now() + contract.patience;
        loop {
            let replies = contract.replies(&store, &batch(contract, call, 0)).await?;
            let seen: Vec<u32> = replies.into_iter().map(used).collect::<Result<_, _>>()?;
            let whole = seen.iter().all(|used| *used == seen[0] && *used <= 1);
            if whole {
                break;
            }
            if Instant::now() > deadline {
                let polls = call % POLLS;
                return Err(format!(
                    "a batch of {OPS} hits, cancelled after {polls} polls, left the counts {seen:?}"
                ));
            }
            sleep(Duration::from_millis(5)).await;
        }
    }
    Ok(())
}

async fn cancel<S: StateStore>(store: &S, batch: &Batch, polls: u32) {
    let StoreResponse::Pending(mut call) = store.apply(batch) else { return };
    for poll in 0..polls {
        if poll > 0 {
            sleep(Duration::from_millis(1)).await;
        }
        if poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_ready())).await {
            return;
        }
    }
}

/// A hit on each counter of this call.
fn batch<S: StateStore + 'static>(contract: &Contract<S>, call: u32, cost: u32) -> Batch {
    let mut batch = Batch::new(contract.at(0));
    (0..OPS).for_each(|op| _ = batch.push(hit(call * OPS + op, quota(10, MINUTE), cost)));
    batch
}
