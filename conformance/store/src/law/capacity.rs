//! A store at its capacity.

use portcullis_core::state::{Op, Reply, StateStore};

use crate::client::{MINUTE, ban, banned, hit, quota, used, within};
use crate::{Contract, SmallStore};

/// An instant after every window and ban, in milliseconds.
const LATER: u64 = 3_600_000;

pub(crate) async fn check<S: StateStore + 'static>(contract: &Contract<S>) -> Result<(), String> {
    let Some(small) = &contract.small else { return Ok(()) };
    let store = (small.make)().await;
    let room = small.room;
    let send = async |op: Op, millis: u64| contract.reply(&store, op, contract.at(millis)).await;
    // Clients with counters from before the flood that have used a part of their budgets.
    let regular = quota(5, 2 * MINUTE);
    send(hit(0, regular, 2), 0).await?;
    bans(contract, small, &store).await?;
    let flood = 1..=4 * room.counters;
    let once = quota(1, MINUTE);
    for client in flood.clone() {
        within(send(hit(client, once, 1), 1).await?)?;
    }
    for client in flood {
        if within(send(hit(client, once, 1), 2).await?)? {
            return Err(format!(
                "client {client} of {} exceeds its limit, for the store evicted its counter",
                4 * room.counters
            ));
        }
    }
    let held = (small.held)(&store);
    if held > u64::from(room.counters) {
        return Err(format!("it holds {held} counters, of {} at most", room.counters));
    }
    if let Some(room) = store.window_capacity()
        && room.used > room.max
    {
        return Err(format!("it reports {room:?}"));
    }
    let seen = used(send(hit(0, regular, 0), 3).await?)?;
    if seen < 2 {
        return Err(format!("of 2 hits before a flood of clients {seen} are left after it"));
    }
    for client in 0..room.counters.div_ceil(2) {
        if !within(send(hit(1_000_000 + client, once, 1), LATER).await?)? {
            return Err("expired counters make no room for others".into());
        }
    }
    match send(ban(2_000_000, MINUTE), LATER).await? {
        Reply::Banned(_) => Ok(()),
        other => Err(format!("expired bans make no room for others: {other:?}")),
    }
}

/// More bans than the capacity: accepted bans stay, and the reply to each of the others is `BanRejected`.
async fn bans<S: StateStore + 'static>(
    contract: &Contract<S>,
    small: &SmallStore<S>,
    store: &S,
) -> Result<(), String> {
    let most = small.room.bans;
    let mut accepted = Vec::new();
    for client in 0..4 * most {
        match contract.reply(store, ban(client, MINUTE), contract.at(0)).await? {
            Reply::Banned(_) => accepted.push(client),
            Reply::BanRejected => {}
            other => return Err(format!("the reply to a ban beyond the capacity is {other:?}")),
        }
    }
    let count = u32::try_from(accepted.len()).unwrap_or(u32::MAX);
    if count > most || count < most.div_ceil(2) {
        return Err(format!("it accepts {count} bans, with room for {most}"));
    }
    for client in accepted {
        if !matches!(contract.reply(store, banned(client), contract.at(1)).await?, Reply::Banned(_)) {
            return Err(format!("client {client} is unbanned by the bans of others"));
        }
    }
    match store.ban_capacity() {
        Some(room) if room.used > room.max || room.used < u64::from(count) => {
            Err(format!("it reports {room:?}, with {count} bans in force"))
        }
        _ => Ok(()),
    }
}
