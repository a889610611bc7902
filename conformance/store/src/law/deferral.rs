//! Deferred batches.

use std::time::{Duration, Instant};

use portcullis_core::state::{Batch, Op, Reply, StateStore};
use tokio::time::sleep;

use crate::Contract;
use crate::client::{MINUTE, ban, banned, hit, quota, used, within};

/// More batches than the queue of a store holds.
const MANY: u32 = 20_000;

pub(crate) async fn check<S: StateStore + 'static>(contract: &Contract<S>) -> Result<(), String> {
    let store = contract.new_store().await;
    let now = contract.at(0);
    let limit = quota(10, MINUTE);
    let mut batch = Batch::new(now);
    [hit(0, limit, 3), hit(1, limit, 2), ban(2, MINUTE)].into_iter().for_each(|op| _ = batch.push(op));
    store.defer(&batch);
    let deadline = Instant::now() + contract.patience;
    loop {
        let counts = [count_hits(contract, &store, 0).await?, count_hits(contract, &store, 1).await?];
        let ban = contract.reply(&store, banned(2), now).await?;
        match (counts, ban) {
            ([3, 2], Reply::Banned(_)) => break,
            seen if counts[0] > 3 || counts[1] > 2 || Instant::now() > deadline => {
                return Err(format!("3 hits, 2 hits and a ban were deferred; it counts {seen:?}"));
            }
            _ => sleep(Duration::from_millis(5)).await,
        }
    }
    flood(contract, &store).await
}

/// The store may drop some and must apply none twice; and it still replies.
async fn flood<S: StateStore + 'static>(contract: &Contract<S>, store: &S) -> Result<(), String> {
    let mut batch = Batch::new(contract.at(0));
    batch.push(hit(3, quota(MANY, MINUTE), 1));
    (0..MANY).for_each(|_| store.defer(&batch));
    let deadline = Instant::now() + contract.patience;
    // A full queue may make a caller wait as well, but not for long.
    while contract.reply(store, banned(4), contract.at(0)).await.is_err() {
        if Instant::now() > deadline {
            return Err(format!("after {MANY} deferred batches it does not reply any more"));
        }
        sleep(Duration::from_millis(5)).await;
    }
    match within(contract.reply(store, hit(3, quota(MANY + 1, MINUTE), 1), contract.at(0)).await?)? {
        true => Ok(()),
        false => Err(format!("of {MANY} deferred hits it counts more than {MANY}")),
    }
}

async fn count_hits<S: StateStore + 'static>(
    contract: &Contract<S>,
    store: &S,
    client: u32,
) -> Result<u32, String> {
    let count_hits: Op = hit(client, quota(10, MINUTE), 0);
    used(contract.reply(store, count_hits, contract.at(0)).await?)
}
