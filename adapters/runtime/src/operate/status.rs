//! The status of a guard, for operators and load balancers.

use std::fmt::{self, Write as _};
use std::hash::Hasher;
use std::net::{IpAddr, Ipv4Addr};

use portcullis_core::{Config, Engine, Fact, NetworkFacts};
use serde::Serialize;
use siphasher::sip::SipHasher13;

use crate::guard::Guard;
use crate::telemetry::envelope::rfc3339;

/// The status of a guard. It has no client and no secret; still, expose it to operators only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Status {
    /// The version of the guard.
    pub version: &'static str,
    /// Whether the store and all tables of the rules are available: see [`Status::is_ready`].
    pub ready: bool,
    /// Whether passive mode is on.
    pub passive: bool,
    /// Whether emergency mode is on.
    pub emergency: bool,
    /// The configuration in force.
    pub config: ConfigStatus,
    /// The store of counters and bans.
    pub store: StoreStatus,
    /// Tables about addresses that rules use.
    pub facts: FactsStatus,
    /// Requests since the process began.
    pub requests: RequestsStatus,
    /// Bodies that are read and inspected.
    pub bodies: BodiesStatus,
    /// Events that sinks lost since the process began.
    pub dropped_events: u64,
}

/// The configuration in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ConfigStatus {
    /// The number of reloads since the process began.
    pub generation: u64,
    /// A hash, the same for the same configuration in every process of this version.
    pub hash: String,
    /// Reloads from a file that failed.
    pub failed_reloads: u64,
    /// The time of the last reload.
    pub last_reload: Option<String>,
    /// The error of that reload, if it failed.
    pub last_error: Option<String>,
}

/// The store of counters and bans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StoreStatus {
    /// Whether it replied to the last batch.
    pub available: bool,
    /// Outages since the process began.
    pub outages: u64,
    /// The beginning of the last outage.
    pub last_outage: Option<String>,
    /// The number of bans, where the store reports it.
    pub bans: Option<u64>,
    /// The maximum number of bans, where the store reports it.
    pub ban_budget: Option<u64>,
    /// The number of windows (clients times rules), where the store reports it.
    pub windows: Option<u64>,
    /// The maximum number of windows, where the store reports it.
    pub window_budget: Option<u64>,
}

/// Whether the tables that rules use are loaded. Other tables are not listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FactsStatus {
    /// Countries of addresses; `None` when no rule uses them.
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
    /// The name in the rules.
    pub name: String,
    /// Whether it is loaded.
    pub state: Table,
}

/// Whether a table is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// It is loaded.
    Loaded,
    /// It is not loaded, or not yet: rules that use it follow `access.on_missing_facts`.
    Missing,
}

/// Requests by outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RequestsStatus {
    /// Served without a rejection.
    pub allowed: u64,
    /// Served although a check rejected them: passive mode, and checks in shadow.
    pub reported: u64,
    /// Rejected.
    pub rejected: u64,
}

/// Bodies that are read and inspected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BodiesStatus {
    /// The bytes in memory, of all of them together.
    pub bytes: u64,
    /// The bound of these bytes.
    pub max_bytes: u64,
    /// Bodies that exceeded the bound since the process began.
    pub overloaded: u64,
}

impl Guard {
    /// Patterns under `[[route]]` that matched no request since the configuration was loaded: check them for mistakes.
    #[must_use]
    pub fn unmatched_routes(&self) -> Vec<String> {
        self.0.routes.load().unmatched()
    }

    /// The status of the guard. It reads counters and tables in memory and does not query a remote store.
    #[must_use]
    pub fn status(&self) -> Status {
        let (engine, inner) = (self.engine(), &self.0);
        let reloads = inner.operations.reloads();
        let (last_reload, last_error) = match reloads.last {
            Some(last) => (Some(rfc3339(last.at)), last.error),
            None => (None, None),
        };
        let [allowed, reported, rejected] = inner.operations.requests.sums();
        let outage = &inner.operations.outage;
        let (bans, windows) = (inner.store.ban_capacity(), inner.store.window_capacity());
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
                bans: bans.map(|capacity| capacity.used),
                ban_budget: bans.map(|capacity| capacity.max),
                windows: windows.map(|capacity| capacity.used),
                window_budget: windows.map(|capacity| capacity.max),
            },
            facts: FactsStatus::of(&engine, &**inner.facts()),
            requests: RequestsStatus { allowed, reported, rejected },
            bodies: BodiesStatus {
                bytes: inner.body_memory.used(),
                max_bytes: inner.body_memory.bound(&engine),
                overloaded: inner.body_memory.overloaded(),
            },
            dropped_events: inner.sinks.iter().map(|sink| sink.lost()).sum(),
        };
        status.ready = status.is_ready();
        status
    }
}

impl Status {
    /// Whether the store and all tables of the rules are available: the store replied to the last batch, and every table
    /// that a rule names is loaded. A failed reload does not count: the configuration in force stays.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let named = self.facts.clouds.iter().chain(&self.facts.lists).map(|table| table.state);
        self.store.available && named.chain(self.facts.countries).all(|table| table == Table::Loaded)
    }

    /// The status as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Serialising text, numbers and lists of them does not fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl FactsStatus {
    fn of(engine: &Engine, facts: &dyn NetworkFacts) -> Self {
        // Whether a table is loaded does not depend on the address.
        let any_address = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        let facts_used = engine.required_tables();
        let cloud = |name: &&str| Table::of(&facts.cloud(name, any_address, &mut |_| false));
        let list = |name: &&str| Table::of(&facts.listed(name, any_address));
        let named = |name: &&str, state: Table| NamedTable { name: (*name).into(), state };
        Self {
            countries: facts_used.countries.then(|| Table::of(&facts.country(any_address))),
            clouds: facts_used.clouds.iter().map(|name| named(name, cloud(name))).collect(),
            lists: facts_used.lists.iter().map(|name| named(name, list(name))).collect(),
        }
    }
}

impl Table {
    fn of<T>(fact: &Fact<T>) -> Self {
        match fact {
            Fact::Missing => Self::Missing,
            Fact::Value(_) => Self::Loaded,
        }
    }
}

/// A hash of the configuration without a secret, to compare processes.
fn hash(config: &Config) -> String {
    struct HashWriter(SipHasher13);

    impl fmt::Write for HashWriter {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.write(text.as_bytes());
            Ok(())
        }
    }

    let mut writer = HashWriter(SipHasher13::new());
    // Hashing does not fail; equal configurations have equal debug output.
    let _ = write!(writer, "{config:?}");
    format!("{:016x}", writer.0.finish())
}
