//! Expiry, to the millisecond.

use std::time::Duration;

use portcullis_core::state::window::{EXACT_LIMIT, error_bound};
use portcullis_core::state::{Op, Reply, StateStore};

use crate::Contract;
use crate::client::{MINUTE, ban, banned, expect, hit, quota, until, used, within};

pub(crate) async fn check<S: StateStore + 'static>(contract: &Contract<S>) -> Result<(), String> {
    let store = contract.new_store().await;
    let send = async |op: Op, millis: u64| contract.reply(&store, op, contract.at(millis)).await;
    let windows = [Duration::from_millis(250), MINUTE, Duration::from_secs(86_400)];
    for (client, window) in (0..).zip(windows) {
        let (once, end) = (quota(1, window), window.as_millis() as u64);
        let looks =
            [(0, 1, 1), (end - 1, 0, 1), (end, 0, 0), (end, 1, 1), (2 * end - 1, 1, 2), (3 * end - 1, 0, 0)];
        for (millis, cost, hits) in looks {
            let seen = used(send(hit(client, once, cost), millis).await?)?;
            if seen != hits {
                return Err(format!(
                    "of a window of {window:?}: {seen} hits instead of {hits} at {millis} ms"
                ));
            }
        }
        let term = send(ban(100 + client, window), 0).await?;
        expect("a ban", term, Reply::Banned(contract.at(end)))?;
        for (millis, expected) in [(end - 1, Some(contract.at(end))), (end, None)] {
            let seen = send(banned(100 + client), millis).await?;
            expect(&format!("a ban of {end} ms, looked up after {millis} ms"), seen, until(expected))?;
        }
    }
    let many = quota(4 * EXACT_LIMIT, MINUTE);
    let end = (MINUTE + error_bound(many)).as_millis() as u64;
    send(hit(200, many, 4 * EXACT_LIMIT), 0).await?;
    if within(send(hit(200, many, 1), 1).await?)? || !within(send(hit(200, many, 1), end + 1).await?)? {
        return Err(
            "a large limit does not reject for a window, or rejects for longer than the allowed error".into(),
        );
    }
    Ok(())
}
