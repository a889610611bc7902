//! Lists of bans.

use ipnet::IpNet;
use portcullis_core::Timestamp;
use portcullis_core::state::{ListBansError, Op, StateStore};
use tokio::time::timeout;

use crate::Contract;
use crate::client::{MINUTE, network};

pub(crate) async fn check<S: StateStore + 'static>(contract: &Contract<S>) -> Result<(), String> {
    let store = contract.new_store().await;
    let list = async |millis: u64, most: usize| match timeout(
        contract.patience,
        store.list_bans(contract.at(millis), most),
    )
    .await
    {
        Ok(Err(ListBansError::Unsupported)) => Ok(None),
        Ok(Ok(mut bans)) => {
            bans.sort();
            Ok(Some(bans))
        }
        other => Err(format!("`list_bans` returned {other:?}")),
    };
    let wide: IpNet = IpNet::new_assert([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0].into(), 48);
    let targets = [network(1, 32), network(0x100, 24), wide, network(9, 32)];
    for (target, minutes) in targets.into_iter().zip(1..) {
        contract.reply(&store, Op::Ban { target, term: MINUTE * minutes }, contract.at(0)).await?;
    }
    contract.reply(&store, Op::Unban { target: network(9, 32) }, contract.at(0)).await?;
    let Some(all) = list(0, 100).await? else { return Ok(()) };
    let end = |minutes: u32| contract.at(0).after(MINUTE * minutes);
    let mut expected: Vec<(IpNet, Timestamp)> = targets.into_iter().zip((1..).map(end)).take(3).collect();
    expected.sort();
    if all != expected {
        return Err(format!("it lists {all:?} instead of {expected:?}"));
    }
    let two = list(0, 2).await?.unwrap_or_default();
    if two.len() != 2 {
        return Err(format!("with a limit of two of three bans, it lists {two:?}"));
    }
    let left = list(MINUTE.as_millis() as u64, 100).await?.unwrap_or_default();
    match left.len() {
        2 => Ok(()),
        _ => Err(format!("when the first of three bans has expired, it lists {left:?}")),
    }
}
