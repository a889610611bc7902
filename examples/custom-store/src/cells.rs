//! One counter and one ban at a time, in the tables of one transaction.
//!
//! Without room, no client may gain by it:
//!
//! - A counter is forgotten only when it equals a fresh one. Each op looks at a few entries, in the order of their keys, so
//!   that what is over goes without a search.
//! - Where none is over, newcomers of a rule share one counter. They are refused early, never late, and stay there for as
//!   long as it remembers any of them.
//! - A ban without room is refused.

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
/// Counters that the newcomers of a rule share.
const SHARED: TableDefinition<'_, &Name, &Bytes> = TableDefinition::new("shared");
/// Until when and for how long a network is banned.
const BANS: TableDefinition<'_, &Network, (u64, u64)> = TableDefinition::new("bans");
/// How many bans there are of networks of this family and length, so that a look-up tries no others.
const LENGTHS: TableDefinition<'_, &[u8; 2], u64> = TableDefinition::new("lengths");

/// How far the instants of concurrent batches may lie apart without anything being forgotten early.
const SKEW: Duration = Duration::from_secs(5);
/// How many entries an op looks at for those that are over.
const SWEEP: usize = 8;
/// The most counters that newcomers share: one a rule.
const MAX_SHARED: u64 = 1024;

/// Where the search for entries that are over has come to.
#[derive(Default)]
pub(crate) struct Hands {
    counters: Name,
    shared: Name,
    bans: Network,
}

/// What a session did and left behind.
pub(crate) struct Outcome {
    /// Bans changed.
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
    hands: &'t mut Hands,
    banned: bool,
    /// The first thing that went wrong. What is answered after it is never sent.
    failed: Option<StorageError>,
}

impl<'t> Session<'t> {
    pub(crate) fn open(
        transaction: &'t WriteTransaction,
        limits: Limits,
        hands: &'t mut Hands,
    ) -> std::result::Result<Self, redb::Error> {
        Ok(Self {
            counters: transaction.open_table(COUNTERS)?,
            shared: transaction.open_table(SHARED)?,
            bans: transaction.open_table(BANS)?,
            lengths: transaction.open_table(LENGTHS)?,
            limits,
            hands,
            banned: false,
            failed: None,
        })
    }

    /// What came of it, unless something went wrong.
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
            let (name, sentence) = entry?;
            if bans.len() >= limit {
                break;
            }
            let until = BanRecord::from_millis(sentence.value()).live_until(now);
            bans.extend(network(name.value()).zip(until));
        }
        Ok(bans)
    }

    fn try_hit(&mut self, key: &Key, quota: Quota, cost: u32, now: Timestamp) -> Result<Count> {
        let name = key.to_bytes();
        sweep(&mut self.counters, &mut self.hands.counters, now)?;
        let known = read(&self.counters, &name)?;
        if let Some(mut window) = known {
            let count = window.hit(now, quota, cost);
            write(&mut self.counters, &name, &window, cost)?;
            return Ok(count);
        }
        sweep(&mut self.shared, &mut self.hands.shared, now)?;
        let common = common(key, quota);
        let others = read(&self.shared, &common)?.filter(|window| !window.is_fresh(now.before(SKEW)));
        // A look needs no room.
        let room = cost == 0 || self.counters.len()? < self.limits.counters;
        if others.is_none() && room {
            let mut window = Window::fresh();
            let count = window.hit(now, quota, cost);
            write(&mut self.counters, &name, &window, cost)?;
            return Ok(count);
        }
        if others.is_none() && self.shared.len()? >= MAX_SHARED {
            return Ok(refused(quota, now));
        }
        let mut window = others.unwrap_or_default();
        let count = window.hit(now, quota, cost);
        write(&mut self.shared, &common, &window, cost)?;
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
            let Some(held) = self.bans.get(&name)?.map(|held| held.value()) else { continue };
            let mut sentence = BanRecord::from_millis(held);
            latest = latest.max(sentence.live_until(now));
            if sentence.to_millis() != held {
                // The clock stepped back, and the ban ends earlier.
                self.bans.insert(&name, sentence.to_millis())?;
            }
        }
        Ok(latest)
    }

    fn try_ban(&mut self, target: IpNet, term: Duration, now: Timestamp) -> Result<Option<Timestamp>> {
        self.sweep_bans(now)?;
        let (name, mut sentence) = (name_of(target.trunc()), BanRecord::new(now, term));
        let held = self.bans.get(&name)?.map(|held| BanRecord::from_millis(held.value()));
        match held {
            Some(held) => sentence = held.longer(sentence, now),
            None if term.is_zero() || self.bans.len()? >= self.limits.bans => return Ok(None),
            None => self.count(&name, true)?,
        }
        self.bans.insert(&name, sentence.to_millis())?;
        self.banned = true;
        Ok(sentence.live_until(now))
    }

    fn try_pardon(&mut self, target: IpNet) -> Result<()> {
        let name = name_of(target.trunc());
        if self.bans.remove(&name)?.is_some() {
            self.count(&name, false)?;
            self.banned = true;
        }
        Ok(())
    }

    /// Note that there is one more ban, or one less, of a network of this length.
    fn count(&mut self, name: &Network, more: bool) -> Result<()> {
        let length = [name[0], name[1]];
        let count = self.lengths.get(&length)?.map_or(0, |count| count.value());
        match if more { count + 1 } else { count.saturating_sub(1) } {
            0 => drop(self.lengths.remove(&length)?),
            count => drop(self.lengths.insert(&length, count)?),
        }
        Ok(())
    }

    /// Forget a few bans that have ended.
    fn sweep_bans(&mut self, now: Timestamp) -> Result<()> {
        let (mut over, mut last) = (Vec::new(), None);
        for entry in around(&self.bans, &self.hands.bans)? {
            let (name, sentence) = entry?;
            last = Some(*name.value());
            if BanRecord::from_millis(sentence.value()).live_until(now.before(SKEW)).is_none() {
                over.push(*name.value());
            }
        }
        self.hands.bans = last.and_then(following).unwrap_or_default();
        for name in over {
            self.bans.remove(&name)?;
            self.count(&name, false)?;
        }
        Ok(())
    }

    /// The outcome, or `instead` of one after a failure.
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
        self.or(outcome, refused(quota, now))
    }

    fn forget(&mut self, key: &Key) {
        // A counter that is shared is not this client's alone: it stays.
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
        let outcome = self.try_pardon(target);
        self.or(outcome, ());
    }
}

/// Forget a few windows that equal fresh ones, and bring others back from a clock that ran ahead.
fn sweep(
    table: &mut Table<'_, &'static Name, &'static Bytes>,
    hand: &mut Name,
    now: Timestamp,
) -> Result<()> {
    let (mut changed, mut last) = (Vec::new(), None);
    for entry in around(table, hand)? {
        let (name, bytes) = entry?;
        last = Some(*name.value());
        let held = window(bytes.value())?;
        let mut settled = held.clone();
        // Workers disagree about the present: only a window that is ahead of all of them is brought back.
        settled.settle(now.after(SKEW));
        match settled.is_fresh(now.before(SKEW)) {
            true => changed.push((*name.value(), None)),
            false if settled != held => changed.push((*name.value(), Some(settled))),
            false => {}
        }
    }
    *hand = last.and_then(following).unwrap_or_default();
    for (name, window) in changed {
        match window {
            Some(window) => drop(table.insert(&name, &window.to_bytes())?),
            None => drop(table.remove(&name)?),
        }
    }
    Ok(())
}

/// The next few entries from `hand` on, and on from the first.
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

/// Keep a window; a look leaves no trace.
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
    Window::from_bytes(bytes).ok_or_else(|| StorageError::Corrupted("a counter is none".into()))
}

/// The name of the counter that the newcomers of a rule share. Limits of the same name that differ share none: a window
/// that is read under changing quotas forgets.
fn common(key: &Key, quota: Quota) -> Name {
    let mut name = [0; 32];
    name[..16].copy_from_slice(&key.to_bytes()[..16]);
    name[1..3].fill(0);
    name[16..20].copy_from_slice(&quota.limit().to_le_bytes());
    name[20..28].copy_from_slice(&(quota.window().as_millis() as u64).to_le_bytes());
    name
}

/// A count that lets nobody pass.
fn refused(quota: Quota, now: Timestamp) -> Count {
    let end = now.after(quota.window());
    let used = quota.limit().saturating_add(1);
    Count { within: false, used, limit: quota.limit(), retry_at: end, reset_at: end }
}

/// The next name in order; none behind the last.
fn following<const N: usize>(mut name: [u8; N]) -> Option<[u8; N]> {
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
