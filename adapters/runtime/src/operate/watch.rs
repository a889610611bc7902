//! The configuration from a file, again when the file changes.
//!
//! The file is looked at every few seconds and when the process gets a SIGHUP. What cannot be read, is empty or does not
//! compile is reported, and what was in force stays in force: a mistake in a file must not open a service. A change is acted
//! upon once the file has stood still for a moment, because editors and copies write in pieces.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use portcullis_core::Config;
use portcullis_core::config::ConfigErrors;
use tokio::task::{AbortHandle, spawn_blocking};
use tokio::time::{sleep, timeout};

use crate::guard::Guard;
use crate::operate::counters::ReloadOutcome;

/// The most bytes that a configuration file may have.
pub const MAX_CONFIG_BYTES: u64 = 1 << 20;
/// How often a watched file is looked at, unless said otherwise.
pub const WATCH_EVERY: Duration = Duration::from_secs(2);
/// How long a file must stand still before it is read.
const SETTLED: Duration = Duration::from_millis(200);

impl Guard {
    /// Replace the configuration by that of a file, TOML or JSON by its extension, and say whether that changed anything.
    /// Blocks on the file; in async code, call it where blocking is allowed or use [`Guard::watch`].
    ///
    /// # Errors
    /// A file that is missing, unreadable, empty or too large; every problem of the configuration. Then nothing changes.
    pub fn reload_file(&self, path: impl AsRef<Path>) -> Result<bool, ReloadError> {
        let path = path.as_ref();
        let result = self.take_over(path);
        let now = self.0.clock.now();
        self.0.operations.reloaded(now, result.as_ref().err().map(ToString::to_string));
        match &result {
            Ok(false) => {}
            Ok(true) => tracing::info!(
                target: "portcullis",
                path = %path.display(),
                generation = self.0.operations.generation(),
                "configuration reloaded"
            ),
            Err(error) => tracing::error!(
                target: "portcullis",
                path = %path.display(),
                "configuration not reloaded, the one in force stays: {error}"
            ),
        }
        result
    }

    fn take_over(&self, path: &Path) -> Result<bool, ReloadError> {
        let config = read(path)?;
        // Dynamic rules may lie over it: the engine's configuration is not what a file said.
        if config == *self.0.lock_rules().base() {
            return Ok(false);
        }
        self.reload(config).map_err(ReloadError::Config)?;
        Ok(true)
    }

    /// Watch a configuration file: now, every [`WATCH_EVERY`], and on Unix whenever the process gets a SIGHUP.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use portcullis_runtime::{Config, Guard};
    ///
    /// let guard = Guard::build(Config::from_toml(&std::fs::read_to_string("guard.toml")?)?)?;
    /// // Dropping the watcher ends it.
    /// let _watcher = guard.watch("guard.toml");
    /// # Ok(()) }
    /// ```
    ///
    /// # Panics
    /// Outside of a Tokio runtime with its time driver enabled.
    #[must_use = "dropping the watcher ends it"]
    pub fn watch(&self, path: impl Into<PathBuf>) -> Watcher {
        self.watch_every(path, WATCH_EVERY)
    }

    /// [`Guard::watch`] at another pace (a millisecond at least).
    ///
    /// # Panics
    /// Outside of a Tokio runtime with its time driver enabled.
    #[must_use = "dropping the watcher ends it"]
    pub fn watch_every(&self, path: impl Into<PathBuf>, every: Duration) -> Watcher {
        let every = every.max(Duration::from_millis(1));
        // Before the task runs: a SIGHUP that nobody listens to ends the process.
        let signal = Hangup::listen();
        let task = tokio::spawn(watch(self.clone(), path.into().into(), every, signal));
        Watcher { guard: self.clone(), task: task.abort_handle() }
    }

    /// What became of the last reload from a file.
    #[must_use]
    pub fn last_reload(&self) -> Option<ReloadOutcome> {
        self.0.operations.reloads().last
    }
}

/// A watch over a file; it ends when this is dropped.
#[derive(Debug)]
pub struct Watcher {
    guard: Guard,
    task: AbortHandle,
}

impl Watcher {
    /// What became of the last reload; `None` before the file was first read.
    #[must_use]
    pub fn last(&self) -> Option<ReloadOutcome> {
        self.guard.last_reload()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn watch(guard: Guard, path: Arc<Path>, every: Duration, mut signal: Hangup) {
    let mut acted_on = None;
    loop {
        let stamp = look(&path).await;
        if acted_on != Some(stamp) {
            sleep(SETTLED.min(every)).await;
            if look(&path).await != stamp {
                continue;
            }
            let (guard, path) = (guard.clone(), Arc::clone(&path));
            // It reports its own outcome; the task cannot fail but by a panic, which has been written already.
            let _ = spawn_blocking(move || guard.reload_file(&path)).await;
            acted_on = Some(stamp);
        }
        if timeout(every, signal.received()).await.is_ok() {
            acted_on = None;
        }
    }
}

/// What changes when a file is written, replaced or removed. Content that was exchanged without any of it changing is found
/// on the next SIGHUP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    inode: u64,
}

async fn look(path: &Arc<Path>) -> Option<Stamp> {
    let path = Arc::clone(path);
    let metadata = spawn_blocking(move || std::fs::metadata(&path)).await.ok()?.ok()?;
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
    #[cfg(not(unix))]
    let inode = 0;
    Some(Stamp { modified: metadata.modified().ok(), length: metadata.len(), inode })
}

/// The signal by which operators ask a process to read its configuration again.
struct Hangup {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Hangup {
    #[cfg(unix)]
    fn listen() -> Self {
        let signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup());
        if let Err(error) = &signal {
            tracing::warn!(target: "portcullis", "SIGHUP does not reload the configuration: {error}");
        }
        Self { signal: signal.ok() }
    }

    #[cfg(not(unix))]
    fn listen() -> Self {
        Self {}
    }

    /// The next signal; where there are none, never.
    async fn received(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.signal
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}

/// Read a configuration file, all of it and no more than [`MAX_CONFIG_BYTES`].
fn read(path: &Path) -> Result<Config, ReloadError> {
    let parse: fn(&str) -> Result<Config, ConfigErrors> =
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("toml") => Config::from_toml,
            Some("json") => Config::from_json,
            _ => return Err(ReloadError::Format(path.into())),
        };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| ReloadError::Unreadable(path.into(), error))?;
    file.take(MAX_CONFIG_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| ReloadError::Unreadable(path.into(), error))?;
    if bytes.len() as u64 > MAX_CONFIG_BYTES {
        return Err(ReloadError::TooLarge(path.into()));
    }
    let text = String::from_utf8(bytes).map_err(|_| ReloadError::NotText(path.into()))?;
    if text.trim().is_empty() {
        return Err(ReloadError::Empty(path.into()));
    }
    parse(&text).map_err(ReloadError::Config)
}

/// Why the configuration was not taken over from a file.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReloadError {
    /// The file could not be read.
    Unreadable(PathBuf, io::Error),
    /// The file has more than [`MAX_CONFIG_BYTES`].
    TooLarge(PathBuf),
    /// The file is empty: an editor that is not done, or a disk that is full, and surely not a wish for the defaults.
    Empty(PathBuf),
    /// The file is not UTF-8.
    NotText(PathBuf),
    /// The file is neither `.toml` nor `.json`.
    Format(PathBuf),
    /// The configuration has problems.
    Config(ConfigErrors),
}

impl fmt::Display for ReloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path, error) => write!(f, "`{}` could not be read: {error}", path.display()),
            Self::TooLarge(path) => {
                write!(f, "`{}` is larger than {MAX_CONFIG_BYTES} bytes", path.display())
            }
            Self::Empty(path) => {
                write!(f, "`{}` is empty; for the defaults, write a comment into it", path.display())
            }
            Self::NotText(path) => write!(f, "`{}` is not UTF-8", path.display()),
            Self::Format(path) => {
                write!(f, "`{}` is of no known format; name it `.toml` or `.json`", path.display())
            }
            Self::Config(errors) => errors.fmt(f),
        }
    }
}

impl std::error::Error for ReloadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable(_, error) => Some(error),
            Self::Config(errors) => Some(errors),
            _ => None,
        }
    }
}
