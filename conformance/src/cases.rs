//! Recorded requests with their expected outcome: reproductions of attacks and of false positives.
//!
//! A case is a line of the JSON that `portcullis-inspect` reads, with `expect`, and optionally `config` (TOML). Consecutive
//! cases with the same `config` whose ids differ only after the last dot share one engine and one store, so that a sequence
//! tests limits and bans. The runner evaluates a case on the engine with an in-memory store and compares the outcome.
//!
//! `conformance/cases` contains the regressions of this project. A directory of further cases is read if it is present.

pub mod expectation;

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use portcullis_core::{Clock, Config, Engine, Head, Peer, Scratch, Timestamp, Verdict};
use portcullis_runtime::MemoryStore;
use serde::Deserialize;

use crate::cases::expectation::Expectation;
use crate::targets::routes::Routes;

/// A recorded request and its expected outcome.
#[derive(Debug, Deserialize)]
pub struct RecordedCase {
    /// The name; up to the last dot that of its sequence.
    pub id: String,
    /// The configuration in TOML; `None` for the defaults.
    #[serde(default)]
    pub config: Option<String>,
    method: String,
    path: String,
    #[serde(default)]
    query: Option<String>,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    body_b64: Option<String>,
    #[serde(default)]
    peer: Option<IpAddr>,
    #[serde(default)]
    at: Option<u64>,
    /// The expected outcome.
    pub expect: Expectation,
}

impl RecordedCase {
    fn sequence(&self) -> &str {
        self.id.rsplit_once('.').map_or(&self.id, |(sequence, _)| sequence)
    }

    fn body(&self) -> Result<Bytes, String> {
        match (&self.body, &self.body_b64) {
            (Some(text), None) => Ok(text.clone().into()),
            (_, Some(text)) => {
                BASE64.decode(text).map(Bytes::from).map_err(|error| format!("body_b64: {error}"))
            }
            (None, None) => Ok(Bytes::new()),
        }
    }
}

/// The cases in the files of a directory that end in `.jsonl`, by file.
///
/// # Errors
/// A file that cannot be read, and a line that is no case.
pub fn read(directory: &Path) -> Result<Vec<(PathBuf, Vec<RecordedCase>)>, String> {
    let error = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let entries = fs::read_dir(directory).map_err(|io| error(directory, &io))?;
    let mut files: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    let mut read = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).map_err(|io| error(&path, &io))?;
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let cases: Result<Vec<RecordedCase>, String> = lines
            .map(|(at, line)| {
                serde_json::from_str(line).map_err(|json| error(&path, &format!("line {}: {json}", at + 1)))
            })
            .collect();
        read.push((path, cases?));
    }
    Ok(read)
}

/// Run cases in order; for each, what differs from the expectation.
pub fn run(cases: &[RecordedCase]) -> Vec<(&RecordedCase, Result<(), String>)> {
    let mut state: Option<(&str, Option<&str>, Service)> = None;
    let mut results = Vec::new();
    for case in cases {
        let config = case.expect.config().or(case.config.as_deref());
        if !state
            .as_ref()
            .is_some_and(|(sequence, known, _)| *sequence == case.sequence() && *known == config)
        {
            state = match Service::new(config) {
                Ok(service) => Some((case.sequence(), config, service)),
                Err(error) => {
                    results.push((case, Err(error)));
                    continue;
                }
            };
        }
        let Some((_, _, service)) = &mut state else { continue };
        let result = service.evaluate(case).and_then(|verdict| case.expect.compare(&verdict));
        results.push((case, result));
    }
    results
}

/// An engine and its state.
struct Service {
    engine: Engine,
    routes: Routes<String>,
    store: MemoryStore,
    scratch: Scratch,
    last: Timestamp,
}

/// The instant of requests without `at`: they follow one another by a millisecond.
const START: u64 = 1_760_000_000_000;

struct Fixed(Timestamp);

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        self.0
    }
}

impl Service {
    fn new(config: Option<&str>) -> Result<Self, String> {
        let config = config.map_or_else(|| Ok(Config::default()), Config::from_toml);
        let engine = config.and_then(Config::compile).map_err(|errors| format!("config: {errors}"))?;
        let routes = Routes::new(engine.route_patterns().map(|pattern| (pattern.into(), pattern.into())));
        let last = Timestamp::from_millis(START);
        Ok(Self { engine, routes, store: MemoryStore::default(), scratch: Scratch::new(), last })
    }

    fn evaluate(&mut self, case: &RecordedCase) -> Result<Verdict, String> {
        let next = Timestamp::from_millis(self.last.as_millis() + 1);
        let now = case.at.map_or(next, Timestamp::from_millis);
        self.last = now;
        let body = case.body()?;
        let (path, in_path) = case.path.split_once('?').map_or((&*case.path, None), |(a, b)| (a, Some(b)));
        let query = case.query.as_deref().filter(|query| !query.is_empty()).or(in_path);
        let peer = case.peer.unwrap_or(IpAddr::from([192, 0, 2, 7]));
        let head = Head::new(&case.method, path, &case.headers)
            .query(query)
            .peer(Peer::Address(peer))
            .has_body(!body.is_empty())
            .route(self.routes.find(path).map(String::as_str));
        Ok(self.engine.evaluate_head(head, body, &self.store, &Fixed(now), &mut self.scratch))
    }
}
