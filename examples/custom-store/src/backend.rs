//! The backend of the specification, over the tables of one transaction.
//!
//! At capacity, no client may gain budget:
//!
//! - A counter is evicted only when it equals a new one. Each op checks a few entries, in the order of their keys, so that
//!   expired entries are removed without a search.
//! - Where no counter is expired, the new clients of a rule share one counter. They are rejected early, never late, and
//!   stay there for as long as it counts any of their hits.
//! - A ban beyond the capacity is rejected.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use portcullis_core::Timestamp;
use portcullis_core::state::ban::BanRecord;
use portcullis_core::state::window::Window;
use portcullis_core::state::{Count, Key, Quota, StateBackend};
use redb::{
    AccessGuard, ReadableTable, ReadableTableMetadata, StorageError, Table, TableDefinition, Value,
    WriteTransaction,
};

use crate::store::Limits;

type Result<T> = std::result::Result<T, StorageError>;
type Name = [u8; 32];
type Bytes = [u8; Window::BYTES];
type Network = [u8; 18];
type Entry<'t, const N: usize, V> = (AccessGuard<'t, &'static [u8; N]>, AccessGuard<'t, V>);

/// Counters by the canonical form of their keys.
const COUNTERS: TableDefinition<'_, &Name, &Bytes> = TableDefinition::new("counters");
/// Counters that the new clients of a rule share.
const SHARED: TableDefinition<'_, &Name, &Bytes> = TableDefinition::new("shared");
/// The end and the duration of the ban of a network.
const BANS: TableDefinition<'_, &Network, (u64, u64)> = TableDefinition::new("bans");
/// The number of bans of networks of this family and length, so that a lookup tries no others.
const LENGTHS: TableDefinition<'_, &[u8; 2], u64> = TableDefinition::new("lengths");

/// The maximum clock skew of concurrent batches at which no entry expires early.
const SKEW: Duration = Duration::from_secs(5);
/// The number of entries that an op checks for expiry.
const SWEEP: usize = 8;
/// The maximum number of shared counters: one per rule.
const MAX_SHARED: u64 = 1024;

/// The positions of the incremental sweeps.
#[derive(Default)]
pub(crate) struct SweepPositions {
    counters: Name,
    shared: Name,
    bans: Network,
}

/// The result of a session.
pub(crate) struct Outcome {
    /// Whether a ban was added or removed.
    pub(crate) banned: bool,
    pub(crate) counters: u64,
    pub(crate) bans: u64,
}

/// The tables of one transaction.
pub(crate) struct Session<'t> {
    counters: Table<'t, &'static Name, &'static Bytes>,
    shared: Table<'t, &'static Name, &'static Bytes>,
    bans: Table<'t, &'static Network, (u64, u64)>,
    lengths: Table<'t, &'static [u8; 2], u64>,
    limits: Limits,
    positions: &'t mut SweepPositions,
    banned: bool,
    /// The first error. Replies after it are discarded.
    failed: Option<StorageError>,
}

impl<'t> Session<'t> {
    pub(crate) fn open(
        transaction: &'t WriteTransaction,
        limits: Limits,
        positions: &'t mut SweepPositions,
    ) -> std::result::Result<Self, redb::Error> {
        Ok(Self {
            counters: transaction.open_table(COUNTERS)?,
            shared: transaction.open_table(SHARED)?,
            bans: transaction.open_table(BANS)?,
            lengths: transaction.open_table(LENGTHS)?,
            limits,
            positions,
            banned: false,
            failed: None,
        })
    }

    /// The result, or the first error.
    pub(crate) fn finish(mut self) -> Result<Outcome> {
        match self.failed.take() {
            Some(error) => Err(error),
            None => {
                let (counters, bans) = (self.counters.len()?, self.bans.len()?);
                Ok(Outcome { banned: self.banned, counters, bans })
            }
        }
    }

    /// Up to `limit` bans in force.
    pub(crate) fn bans(&self, now: Timestamp, limit: usize) -> Result<Vec<(IpNet, Timestamp)>> {
        let mut bans = Vec::new();
        for entry in self.bans.iter()? {
            let (name, record) = entry?;
            if bans.len() >= limit {
                break;
            }
            let until = BanRecord::from_millis(record.value()).live_until(now);
            bans.extend(network(name.value()).zip(until));
        }
        Ok(bans)
    }

    fn try_hit(&mut self, key: &Key, quota: Quota, cost: u32, now: Timestamp) -> Result<Count> {
        let name = key.to_bytes();
        sweep(&mut self.counters, &mut self.positions.counters, now)?;
        let own = read(&self.counters, &name)?;
        if let Some(mut window) = own {
            let count = window.hit(quota, cost, now);
            write(&mut self.counters, &name, &window, cost)?;
            return Ok(count);
        }
        sweep(&mut self.shared, &mut self.positions.shared, now)?;
        let shared_name = shared_name(key, quota);
        let others = read(&self.shared, &shared_name)?.filter(|window| !window.is_fresh(now.before(SKEW)));
        // A hit without cost needs no room.
        let room = cost == 0 || self.counters.len()? < self.limits.counters;
        if others.is_none() && room {
            let mut window = Window::fresh();
            let count = window.hit(quota, cost, now);
            write(&mut self.counters, &name, &window, cost)?;
            return Ok(count);
        }
        if others.is_none() && self.shared.len()? >= MAX_SHARED {
            return Ok(over_limit(quota, now));
        }
        let mut window = others.unwrap_or_default();
        let count = window.hit(quota, cost, now);
        write(&mut self.shared, &shared_name, &window, cost)?;
        Ok(count)
    }

    fn try_banned(&mut self, address: IpAddr, now: Timestamp) -> Result<Option<Timestamp>> {
        let family = family(address);
        let mut lengths = Vec::new();
        for entry in self.lengths.range::<&[u8; 2]>(&[family, 0]..=&[family, u8::MAX])? {
            lengths.push(entry?.0.value()[1]);
        }
        let mut latest = None;
        for length in lengths {
            let Ok(around) = IpNet::new(address, length) else { continue };
            let name = name_of(around.trunc());
            let Some(stored) = self.bans.get(&name)?.map(|stored| stored.value()) else { continue };
            let mut record = BanRecord::from_millis(stored);
            latest = latest.max(record.live_until(now));
            if record.to_millis() != stored {
                // The clock stepped back, and the ban ends earlier.
                self.bans.insert(&name, record.to_millis())?;
            }
        }
        Ok(latest)
    }

    fn try_ban(&mut self, target: IpNet, term: Duration, now: Timestamp) -> Result<Option<Timestamp>> {
        self.sweep_bans(now)?;
        let (name, mut record) = (name_of(target.trunc()), BanRecord::new(now, term));
        let stored = self.bans.get(&name)?.map(|stored| BanRecord::from_millis(stored.value()));
        match stored {
            Some(stored) => record = stored.longer(record, now),
            None if term.is_zero() || self.bans.len()? >= self.limits.bans => return Ok(None),
            None => self.count(&name, true)?,
        }
        self.bans.insert(&name, record.to_millis())?;
        self.banned = true;
        Ok(record.live_until(now))
    }

    fn try_unban(&mut self, target: IpNet) -> Result<()> {
        let name = name_of(target.trunc());
        if self.bans.remove(&name)?.is_some() {
            self.count(&name, false)?;
            self.banned = true;
        }
        Ok(())
    }

    /// Count one more ban, or one less, of a network of this length.
    fn count(&mut self, name: &Network, more: bool) -> Result<()> {
        let length = [name[0], name[1]];
        let count = self.lengths.get(&length)?.map_or(0, |count| count.value());
        match if more { count + 1 } else { count.saturating_sub(1) } {
            0 => drop(self.lengths.remove(&length)?),
            count => drop(self.lengths.insert(&length, count)?),
        }
        Ok(())
    }

    /// Remove a few expired bans.
    fn sweep_bans(&mut self, now: Timestamp) -> Result<()> {
        let (mut over, mut last) = (Vec::new(), None);
        for entry in around(&self.bans, &self.positions.bans)? {
            let (name, record) = entry?;
            last = Some(*name.value());
            if BanRecord::from_millis(record.value()).live_until(now.before(SKEW)).is_none() {
                over.push(*name.value());
            }
        }
        self.positions.bans = last.and_then(next_name).unwrap_or_default();
        for name in over {
            self.bans.remove(&name)?;
            self.count(&name, false)?;
        }
        Ok(())
    }

    /// The outcome, or `instead` after a failure.
    fn or<T>(&mut self, outcome: Result<T>, instead: T) -> T {
        outcome.unwrap_or_else(|error| {
            self.failed.get_or_insert(error);
            instead
        })
    }
}

impl StateBackend for Session<'_> {
    fn hit(&mut self, key: &Key, quota: Quota, cost: u32, now: Timestamp) -> Count {
        let outcome = self.try_hit(key, quota, cost, now);
        self.or(outcome, over_limit(quota, now))
    }

    fn forget(&mut self, key: &Key) {
        // A shared counter has hits of other clients: it stays.
        let outcome = self.counters.remove(&key.to_bytes()).map(drop);
        self.or(outcome, ());
    }

    fn banned(&mut self, address: IpAddr, now: Timestamp) -> Option<Timestamp> {
        let outcome = self.try_banned(address, now);
        self.or(outcome, None)
    }

    fn ban(&mut self, target: IpNet, term: Duration, now: Timestamp) -> Option<Timestamp> {
        let outcome = self.try_ban(target, term, now);
        self.or(outcome, None)
    }

    fn unban(&mut self, target: IpNet) {
        let outcome = self.try_unban(target);
        self.or(outcome, ());
    }
}

/// Remove a few windows that equal new ones, and shorten those of a clock that ran ahead.
fn sweep(
    table: &mut Table<'_, &'static Name, &'static Bytes>,
    hand: &mut Name,
    now: Timestamp,
) -> Result<()> {
    let (mut changed, mut last) = (Vec::new(), None);
    for entry in around(table, hand)? {
        let (name, bytes) = entry?;
        last = Some(*name.value());
        let stored = window(bytes.value())?;
        let mut clamped = stored.clone();
        // The clocks of workers differ: only a window that is ahead of all of them is shortened.
        clamped.settle(now.after(SKEW));
        match clamped.is_fresh(now.before(SKEW)) {
            true => changed.push((*name.value(), None)),
            false if clamped != stored => changed.push((*name.value(), Some(clamped))),
            false => {}
        }
    }
    *hand = last.and_then(next_name).unwrap_or_default();
    for (name, window) in changed {
        match window {
            Some(window) => drop(table.insert(&name, &window.to_bytes())?),
            None => drop(table.remove(&name)?),
        }
    }
    Ok(())
}

/// The next few entries from `hand` on, continued from the first.
fn around<'t, const N: usize, V: Value>(
    table: &'t Table<'_, &'static [u8; N], V>,
    hand: &'t [u8; N],
) -> Result<impl Iterator<Item = Result<Entry<'t, N, V>>>> {
    let (rest, begin) = (table.range::<&[u8; N]>(hand..)?, table.range::<&[u8; N]>(..hand)?);
    Ok(rest.chain(begin).take(SWEEP))
}

fn read(table: &Table<'_, &'static Name, &'static Bytes>, name: &Name) -> Result<Option<Window>> {
    table.get(name)?.map(|bytes| window(bytes.value())).transpose()
}

/// Store a window; a hit without cost is not stored.
fn write(
    table: &mut Table<'_, &'static Name, &'static Bytes>,
    name: &Name,
    window: &Window,
    cost: u32,
) -> Result<()> {
    if cost > 0 {
        table.insert(name, &window.to_bytes())?;
    }
    Ok(())
}

fn window(bytes: &Bytes) -> Result<Window> {
    Window::from_bytes(bytes).ok_or_else(|| StorageError::Corrupted("an invalid counter".into()))
}

/// The name of the counter that the new clients of a rule share. Different limits of the same name share no counter: a
/// window must be read under one quota.
fn shared_name(key: &Key, quota: Quota) -> Name {
    let mut name = [0; 32];
    name[..16].copy_from_slice(&key.to_bytes()[..16]);
    name[1..3].fill(0);
    name[16..20].copy_from_slice(&quota.limit().to_le_bytes());
    name[20..28].copy_from_slice(&(quota.window().as_millis() as u64).to_le_bytes());
    name
}

/// A count beyond the limit.
fn over_limit(quota: Quota, now: Timestamp) -> Count {
    let end = now.after(quota.window());
    let used = quota.limit().saturating_add(1);
    Count { within: false, used, limit: quota.limit(), retry_at: end, reset_at: end }
}

/// The next name in order; `None` after the last.
fn next_name<const N: usize>(mut name: [u8; N]) -> Option<[u8; N]> {
    let at = name.iter().rposition(|byte| *byte != u8::MAX)?;
    name[at] += 1;
    name[at + 1..].fill(0);
    Some(name)
}

fn family(address: IpAddr) -> u8 {
    if address.is_ipv4() { 4 } else { 6 }
}

fn name_of(network: IpNet) -> Network {
    let mut name = [0; 18];
    (name[0], name[1]) = (family(network.addr()), network.prefix_len());
    match network.addr() {
        IpAddr::V4(v4) => name[2..6].copy_from_slice(&v4.octets()),
        IpAddr::V6(v6) => name[2..].copy_from_slice(&v6.octets()),
    }
    name
}

fn network(name: &Network) -> Option<IpNet> {
    let [_, length, address @ ..] = name;
    let address = match name[0] {
        4 => IpAddr::from(*address.first_chunk::<4>()?),
        _ => IpAddr::from(*address),
    };
    IpNet::new(address, *length).ok()
}
