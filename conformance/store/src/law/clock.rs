//! A clock that jumps.

use std::time::Duration;

use portcullis_core::state::{Op, Reply, StateStore};

use crate::Contract;
use crate::client::{MINUTE, ban, banned, expect, hit, quota, within};

const YEAR: u64 = 365 * 86_400_000;

pub(crate) async fn check<S: StateStore + 'static>(contract: &Contract<S>) -> Result<(), String> {
    let store = contract.new_store().await;
    let send = async |op: Op, millis: u64| contract.reply(&store, op, contract.at(millis)).await;
    let passes =
        async |client: u32, millis: u64| within(send(hit(client, quota(1, MINUTE), 1), millis).await?);
    // Forward: counters and bans have expired.
    passes(0, 0).await?;
    send(ban(0, MINUTE), 0).await?;
    expect("a ban of a minute, a year later", send(banned(0), YEAR).await?, Reply::Clear)?;
    if !passes(0, YEAR).await? {
        return Err("a hit counts a year later".into());
    }
    // Back: what was counted and banned at the future instant stays, for no longer than if it had happened now.
    send(ban(1, MINUTE), YEAR).await?;
    if passes(0, 0).await? {
        return Err("a clock that steps back gives budget".into());
    }
    match send(banned(1), 0).await? {
        Reply::Banned(end) if end <= contract.at(0).after(MINUTE) => {}
        other => return Err(format!("a clock that steps back turns a ban of a minute into {other:?}")),
    }
    let later = (MINUTE + Duration::from_secs(5)).as_millis() as u64;
    expect(
        "a ban of a minute, a minute after the clock stepped back",
        send(banned(1), later).await?,
        Reply::Clear,
    )?;
    match passes(0, later).await? {
        true => Ok(()),
        false => Err("a clock that stepped back extends a limit for longer than a window".into()),
    }
}
