//! The state of a guard at a glance, for people and for whatever decides where traffic goes.

use std::fmt::{self, Write as _};
use std::hash::Hasher;
use std::net::{IpAddr, Ipv4Addr};

use portcullis_core::{Config, Engine, Fact, NetworkFacts};
use serde::Serialize;
use siphasher::sip::SipHasher13;

use crate::guard::Guard;
use crate::operate::envelope::rfc3339;

/// What a guard is doing. It names no client and no secret; still, put it where only operators get at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Status {
    /// The version of the guard.
    pub version: &'static str,
    /// Whether it can do everything that its rules ask for: see [`Status::is_ready`].
    pub ready: bool,
    /// Whether it reports and refuses nothing.
    pub passive: bool,
    /// Whether the lock-down is on.
    pub emergency: bool,
    /// The configuration in force.
    pub config: ConfigStatus,
    /// The store of counters and bans.
    pub store: StoreStatus,
    /// Tables about addresses that rules ask.
    pub facts: FactsStatus,
    /// Requests since the process began.
    pub requests: RequestsStatus,
    /// Events that sinks lost since the process began.
    pub dropped_events: u64,
}

/// The configuration in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ConfigStatus {
    /// How often a reload replaced it since the process began.
    pub generation: u64,
    /// The same for the same configuration in every process of this version.
    pub hash: String,
    /// Reloads from a file that failed.
    pub failed_reloads: u64,
    /// When a file was last read.
    pub last_reload: Option<String>,
    /// Why that reload failed, if it did.
    pub last_error: Option<String>,
}

/// The store of counters and bans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StoreStatus {
    /// Whether it answered when it was last asked.
    pub available: bool,
    /// Outages since the process began.
    pub outages: u64,
    /// When the last one began.
    pub last_outage: Option<String>,
    /// Bans held, where the store says.
    pub bans: Option<u64>,
    /// The most bans it will hold, where the store says.
    pub ban_budget: Option<u64>,
}

/// Whether the tables that rules ask are loaded. What no rule asks is not listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FactsStatus {
    /// Countries of addresses; `None` when no rule asks.
    pub countries: Option<Table>,
    /// Networks of cloud providers, by provider.
    pub clouds: Vec<NamedTable>,
    /// Named lists.
    pub lists: Vec<NamedTable>,
}

/// A table with a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NamedTable {
    /// As the rules write it.
    pub name: String,
    /// Whether it is there.
    pub state: Table,
}

/// Whether a table is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// It is.
    Loaded,
    /// It is not, or not yet: rules that ask it do what `access.on_missing_facts` says.
    Missing,
}

/// Requests by outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RequestsStatus {
    /// Served without an objection.
    pub allowed: u64,
    /// Served although a check objected: passive mode, and checks in shadow.
    pub reported: u64,
    /// Refused.
    pub refused: u64,
}

impl Guard {
    /// What the guard is doing. It reads counters and tables in memory and asks no remote store.
    #[must_use]
    pub fn status(&self) -> Status {
        let (engine, inner) = (self.engine(), &self.0);
        let reloads = inner.operations.reloads();
        let (last_reload, last_error) = match reloads.last {
            Some(last) => (Some(rfc3339(last.at)), last.error),
            None => (None, None),
        };
        let [allowed, reported, refused] = inner.operations.requests.sums();
        let outage = &inner.operations.outage;
        let capacity = inner.store.ban_capacity();
        let mut status = Status {
            version: env!("CARGO_PKG_VERSION"),
            ready: false,
            passive: engine.config().passive,
            emergency: engine.config().emergency.enabled,
            config: ConfigStatus {
                generation: inner.operations.generation(),
                hash: hash(engine.config()),
                failed_reloads: reloads.failed,
                last_reload,
                last_error,
            },
            store: StoreStatus {
                available: outage.is_over(),
                outages: outage.count(),
                last_outage: outage.began().map(rfc3339),
                bans: capacity.map(|capacity| capacity.used),
                ban_budget: capacity.map(|capacity| capacity.max),
            },
            facts: FactsStatus::of(&engine, &**inner.facts()),
            requests: RequestsStatus { allowed, reported, refused },
            dropped_events: inner.sinks.iter().map(|sink| sink.lost()).sum(),
        };
        status.ready = status.is_ready();
        status
    }
}

impl Status {
    /// Whether the guard can do everything that its rules ask for: the store answered when it was last asked, and every
    /// table that a rule names is loaded. A file that could not be reloaded does not count: what was in force still is.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let named = self.facts.clouds.iter().chain(&self.facts.lists).map(|table| table.state);
        self.store.available && named.chain(self.facts.countries).all(|table| table == Table::Loaded)
    }

    /// The status as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Text, numbers and lists of them can always be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl FactsStatus {
    fn of(engine: &Engine, facts: &dyn NetworkFacts) -> Self {
        // Tables say whether they are loaded whatever they are asked about.
        let anybody = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        let asked = engine.asked_facts();
        let cloud = |name: &&str| Table::of(&facts.cloud(name, anybody, &mut |_| false));
        let list = |name: &&str| Table::of(&facts.listed(name, anybody));
        let named = |name: &&str, state: Table| NamedTable { name: (*name).into(), state };
        Self {
            countries: asked.countries.then(|| Table::of(&facts.country(anybody))),
            clouds: asked.clouds.iter().map(|name| named(name, cloud(name))).collect(),
            lists: asked.lists.iter().map(|name| named(name, list(name))).collect(),
        }
    }
}

impl Table {
    fn of<T>(fact: &Fact<T>) -> Self {
        match fact {
            Fact::Missing => Self::Missing,
            Fact::Says(_) => Self::Loaded,
        }
    }
}

/// A hash of what the configuration says, under no secret: to be compared between processes.
fn hash(config: &Config) -> String {
    struct Hashed(SipHasher13);

    impl fmt::Write for Hashed {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.write(text.as_bytes());
            Ok(())
        }
    }

    let mut hashed = Hashed(SipHasher13::new());
    // Hashing cannot fail; the form is the same for equal configurations.
    let _ = write!(hashed, "{config:?}");
    format!("{:016x}", hashed.0.finish())
}
