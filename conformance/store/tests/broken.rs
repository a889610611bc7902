//! Stores with one defect each: the law for it fails, and reports the observed replies.

use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ipnet::IpNet;
use portcullis_core::Timestamp;
use portcullis_core::state::model::Model;
use portcullis_core::state::reduce::reduce;
use portcullis_core::state::{
    Batch, Count, Key, Listing, Quota, Replies, StateBackend, StateStore, StoreResponse,
};
use portcullis_store_contract::{Breach, Capacity, Contract, Law};
use tokio::time::sleep;

/// The defect of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Defect {
    None,
    /// A hit without cost counts.
    LooksCount,
    /// A window ends a millisecond early.
    EndsEarly,
    /// A shorter ban replaces a longer one.
    ShortensBans,
    /// Reads, waits, and writes.
    TwoSteps,
    /// Does not reply to a caller while another one waits.
    Stalls,
    /// Drops every counter when the clock steps back.
    DropsOnClockStep,
    /// Drops every counter when there are more than the capacity.
    DropsWhenFull,
    /// Applies one op, waits, and applies the next.
    HalfBatches,
    /// Never applies deferred batches.
    LosesDeferred,
    /// Applies deferred batches twice.
    DefersTwice,
    /// Lists no bans.
    ListsNothing,
}

#[derive(Debug)]
struct Store {
    defect: Defect,
    state: Mutex<Cell>,
    busy: AtomicBool,
}

#[derive(Debug)]
struct Cell {
    defect: Defect,
    model: Model,
    latest: Timestamp,
    keys: Vec<Key>,
    bans: Vec<IpNet>,
}

const ROOM: Capacity = Capacity { counters: 32, bans: 8 };

impl StateBackend for Cell {
    fn hit(&mut self, key: &Key, quota: Quota, cost: u32, now: Timestamp) -> Count {
        if !self.keys.contains(key) {
            self.keys.push(*key);
        }
        let forgets = match self.defect {
            Defect::DropsWhenFull => self.keys.len() > ROOM.counters as usize,
            Defect::DropsOnClockStep => now.after(Duration::from_secs(60)) < self.latest,
            _ => false,
        };
        if forgets {
            (self.model, self.keys) = (Model::default(), vec![*key]);
        }
        self.latest = now;
        let cost = if self.defect == Defect::LooksCount { cost.max(1) } else { cost };
        let now = if self.defect == Defect::EndsEarly { now.after(Duration::from_millis(1)) } else { now };
        self.model.hit(key, quota, cost, now)
    }

    fn forget(&mut self, key: &Key) {
        self.model.forget(key);
    }

    fn banned(&mut self, address: IpAddr, now: Timestamp) -> Option<Timestamp> {
        self.model.banned(address, now)
    }

    fn ban(&mut self, target: IpNet, term: Duration, now: Timestamp) -> Option<Timestamp> {
        if self.defect == Defect::ShortensBans {
            self.model.unban(target);
        }
        if !self.bans.contains(&target) {
            self.bans.push(target);
        }
        self.model.ban(target, term, now)
    }

    fn unban(&mut self, target: IpNet) {
        self.bans.retain(|banned| *banned != target);
        self.model.unban(target);
    }
}

impl Store {
    fn new(defect: Defect) -> Self {
        let (latest, model) = (Timestamp::EPOCH, Model::default());
        let state = Cell { defect, model, latest, keys: Vec::new(), bans: Vec::new() };
        Self { defect, state: Mutex::new(state), busy: AtomicBool::new(false) }
    }

    fn reduce(&self, batch: &Batch) -> Replies {
        reduce(&mut *self.state.lock().unwrap(), batch)
    }

    async fn with_pause(&self, batch: &Batch) -> Replies {
        if self.defect == Defect::TwoSteps {
            let read = self.state.lock().unwrap().model.clone();
            tokio::task::yield_now().await;
            let mut state = self.state.lock().unwrap();
            state.model = read;
            return reduce(&mut *state, batch);
        }
        if self.defect == Defect::Stalls {
            if self.busy.swap(true, Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            sleep(Duration::from_millis(1)).await;
            self.busy.store(false, Ordering::Relaxed);
            return self.reduce(batch);
        }
        let mut replies = Replies::new();
        for op in batch.ops() {
            let mut single = Batch::new(batch.now());
            single.push(*op);
            replies.extend(self.reduce(&single));
            sleep(Duration::from_millis(1)).await;
        }
        replies
    }
}

impl StateStore for Store {
    fn apply<'a>(&'a self, batch: &'a Batch) -> StoreResponse<'a> {
        match self.defect {
            Defect::TwoSteps | Defect::Stalls | Defect::HalfBatches => {
                StoreResponse::Pending(Box::pin(async { Ok(self.with_pause(batch).await) }))
            }
            _ => StoreResponse::Ready(Ok(self.reduce(batch))),
        }
    }

    fn defer(&self, batch: &Batch) {
        match self.defect {
            Defect::LosesDeferred => {}
            Defect::DefersTwice => drop((self.reduce(batch), self.reduce(batch))),
            _ => drop(self.reduce(batch)),
        }
    }

    fn list_bans(&self, now: Timestamp, limit: usize) -> Listing<'_> {
        let mut state = self.state.lock().unwrap();
        let targets = if self.defect == Defect::ListsNothing { Vec::new() } else { state.bans.clone() };
        let ends =
            targets.into_iter().filter_map(|target| Some((target, state.model.banned(target.addr(), now)?)));
        let bans = ends.take(limit).collect();
        Box::pin(async { Ok(bans) })
    }
}

fn contract(defect: Defect) -> Contract<Store> {
    let held = |store: &Store| store.state.lock().unwrap().keys.len() as u64;
    Contract::new(move || async move { Store::new(defect) })
        .small(ROOM, move || async move { Store::new(defect) }, held)
        .patience(Duration::from_millis(200))
        .seed(1)
}

fn breach(defect: Defect, law: Law) -> Breach {
    let breach = contract(defect).check(law).expect_err("a defect");
    assert_eq!(breach.law, law);
    breach
}

#[test]
fn a_log_of_everything_keeps_all_laws_but_that_of_room() {
    for law in Law::ALL {
        let outcome = contract(Defect::None).check(law);
        assert_eq!(outcome.is_err(), law == Law::Capacity, "{outcome:?}");
    }
    Contract::new(|| async { Store::new(Defect::None) }).cases(8).verify();
}

#[test]
fn every_defect_is_found_by_its_law() {
    for (defect, law) in [
        (Defect::LooksCount, Law::Specification),
        (Defect::EndsEarly, Law::Specification),
        (Defect::ShortensBans, Law::Specification),
        (Defect::TwoSteps, Law::Concurrency),
        (Defect::Stalls, Law::Concurrency),
        (Defect::LooksCount, Law::Expiry),
        (Defect::DropsOnClockStep, Law::Clock),
        (Defect::DropsWhenFull, Law::Capacity),
        (Defect::HalfBatches, Law::Cancellation),
        (Defect::LosesDeferred, Law::Deferral),
        (Defect::DefersTwice, Law::Deferral),
        (Defect::ListsNothing, Law::Listing),
    ] {
        let breach = breach(defect, law);
        assert!(!breach.evidence.is_empty(), "{defect:?}");
    }
}

#[test]
fn a_sequence_that_breaks_the_specification_is_shrunk() {
    let contract = contract(Defect::ShortensBans);
    let breach = contract.check(Law::Specification).expect_err("a defect").to_string();
    assert!(breach.contains("instead of") && breach.ends_with("(seed 1)"), "{breach}");
    let steps = breach.lines().filter(|line| line.contains(" ms: ")).count();
    assert_eq!(steps, 2, "one ban and a shorter one:\n{breach}");
    assert_eq!(contract.check(Law::Specification).unwrap_err().to_string(), breach, "the seed reproduces it");
}

#[test]
#[should_panic(expected = "the store breaks its contract: its replies differ from the specification's")]
fn verify_panics_with_the_breach() {
    contract(Defect::LooksCount).verify();
}
