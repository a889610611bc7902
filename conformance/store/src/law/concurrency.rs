//! Many callers at once.

use std::sync::Arc;
use std::time::Duration;

use portcullis_core::Timestamp;
use portcullis_core::state::{Batch, Op, Reply, Scope, StateStore};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::Contract;
use crate::client::{MINUTE, banned, hit, quota, strike};

const CALLERS: usize = 16;
const ROUNDS: u32 = 16;

pub(crate) async fn check<S: StateStore + 'static>(contract: &Contract<S>) -> Result<(), String> {
    let store = contract.new_store().await;
    for client in 0..ROUNDS {
        let budget = if client % 2 == 0 { 1 } else { 5 };
        let replies = at_once(contract, &store, hit(client, quota(budget, MINUTE), 1)).await?;
        let passed =
            replies.iter().filter(|reply| matches!(reply, Reply::Count(count) if count.within)).count();
        if passed != budget as usize {
            return Err(format!("of {CALLERS} callers at once, {passed} passed a budget of {budget}"));
        }
    }
    for client in 0..ROUNDS {
        let points = quota(CALLERS as u32, MINUTE);
        let op = strike(Scope::Strikes, client, points, 1);
        let replies = at_once(contract, &store, op).await?;
        let bans = replies.iter().filter(|reply| matches!(reply, Reply::Banned(_))).count();
        if bans != 1 {
            return Err(format!(
                "{CALLERS} strikes at once that together reach the threshold led to {bans} bans"
            ));
        }
        if !matches!(contract.reply(&store, banned(client), contract.at(0)).await?, Reply::Banned(_)) {
            return Err("the reply to a strike was a ban that is not in force".into());
        }
    }
    Ok(())
}

/// The replies to the same op from all callers at the same time.
async fn at_once<S: StateStore + 'static>(
    contract: &Contract<S>,
    store: &Arc<S>,
    op: Op,
) -> Result<Vec<Reply>, String> {
    let (now, patience): (Timestamp, Duration) = (contract.at(0), contract.patience);
    let start = Arc::new(Barrier::new(CALLERS));
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (store, start) = (Arc::clone(store), Arc::clone(&start));
        callers.spawn(async move {
            let mut batch = Batch::new(now);
            batch.push(op);
            start.wait().await;
            let reply = timeout(patience, crate::law::wait(store.apply(&batch))).await;
            reply.ok()?.ok()?.first().copied()
        });
    }
    let replies = callers.join_all().await.into_iter();
    let missing = || format!("of {CALLERS} callers at once, one has no reply within {patience:?} to {op:?}");
    replies.map(|reply| reply.ok_or_else(missing)).collect()
}
