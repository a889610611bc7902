//! What a store does without room.

use portcullis_core::state::{Op, Reply, StateStore};

use crate::client::{MINUTE, ban, banned, hit, quota, used, within};
use crate::{Contract, Small};

/// When everything is over, in milliseconds.
const LATER: u64 = 3_600_000;

pub(crate) async fn check<S: StateStore + 'static>(contract: &Contract<S>) -> Result<(), String> {
    let Some(small) = &contract.small else { return Ok(()) };
    let store = (small.make)().await;
    let room = small.room;
    let ask = async |op: Op, millis: u64| contract.answer(&store, op, contract.at(millis)).await;
    // Somebody who was there before the flood, in its middle of a budget.
    let regular = quota(5, 2 * MINUTE);
    ask(hit(0, regular, 2), 0).await?;
    bans(contract, small, &store).await?;
    let flood = 1..=4 * room.counters;
    let once = quota(1, MINUTE);
    for client in flood.clone() {
        within(ask(hit(client, once, 1), 1).await?)?;
    }
    for client in flood {
        if within(ask(hit(client, once, 1), 2).await?)? {
            return Err(format!(
                "client {client} of {} is served twice, for the store forgot it",
                4 * room.counters
            ));
        }
    }
    let held = (small.held)(&store);
    if held > u64::from(room.counters) {
        return Err(format!("it holds {held} counters, of {} at most", room.counters));
    }
    let seen = used(ask(hit(0, regular, 0), 3).await?)?;
    if seen < 2 {
        return Err(format!("of 2 hits before a flood of clients it knows {seen} after it"));
    }
    for client in 0..room.counters.div_ceil(2) {
        if !within(ask(hit(1_000_000 + client, once, 1), LATER).await?)? {
            return Err("what is over makes no room for others".into());
        }
    }
    match ask(ban(2_000_000, MINUTE), LATER).await? {
        Reply::Banned(_) => Ok(()),
        other => Err(format!("bans that are over make no room for others: {other:?}")),
    }
}

/// More bans than there is room for: those that were accepted stay, and the others are said to be refused.
async fn bans<S: StateStore + 'static>(
    contract: &Contract<S>,
    small: &Small<S>,
    store: &S,
) -> Result<(), String> {
    let most = small.room.bans;
    let mut accepted = Vec::new();
    for client in 0..4 * most {
        match contract.answer(store, ban(client, MINUTE), contract.at(0)).await? {
            Reply::Banned(_) => accepted.push(client),
            Reply::BanRefused => {}
            other => return Err(format!("a ban without room is answered {other:?}")),
        }
    }
    let count = u32::try_from(accepted.len()).unwrap_or(u32::MAX);
    if count > most || count < most.div_ceil(2) {
        return Err(format!("it accepts {count} bans, with room for {most}"));
    }
    for client in accepted {
        if !matches!(contract.answer(store, banned(client), contract.at(1)).await?, Reply::Banned(_)) {
            return Err(format!("client {client} is freed by the bans of others"));
        }
    }
    match store.ban_capacity() {
        Some(room) if room.used > room.max || room.used < u64::from(count) => {
            Err(format!("it says {room:?}, with {count} bans in force"))
        }
        _ => Ok(()),
    }
}
