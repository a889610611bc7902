//! Reloads the configuration from a file when the file changes.
//!
//! The file is checked every few seconds and when the process receives a SIGHUP. A file that cannot be read, is empty or
//! does not compile is reported, and the configuration in force stays: a mistake in a file must not disable checks. A change
//! is read once the file has not changed for a moment, because editors and copies write in pieces.

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
use crate::guard::counters::ReloadOutcome;

/// The maximum size of a configuration file.
pub const MAX_CONFIG_BYTES: u64 = 1 << 20;
/// The default interval of checks of a watched file.
pub const WATCH_EVERY: Duration = Duration::from_secs(2);
/// The time for which a file must be unchanged before it is read.
const QUIET: Duration = Duration::from_millis(200);

impl Guard {
    /// Replace the configuration by that of a file, TOML or JSON by its extension, and return whether it changed. Blocks on the
    /// file; in async code, call it where blocking is allowed or use [`Guard::watch`].
    ///
    /// # Errors
    /// A file that is missing, unreadable, empty or too large; every problem of the configuration. Then nothing changes.
    pub fn reload_file(&self, path: impl AsRef<Path>) -> Result<bool, ReloadError> {
        let path = path.as_ref();
        let result = self.reload_from(path);
        let now = self.0.clock.now();
        self.0.operations.record_file_reload(now, result.as_ref().err().map(ToString::to_string));
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

    fn reload_from(&self, path: &Path) -> Result<bool, ReloadError> {
        let config = read(path)?;
        // The engine's configuration may include dynamic rules; a file replaces the base.
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

    /// [`Guard::watch`] with another interval (a millisecond at least).
    ///
    /// # Panics
    /// Outside of a Tokio runtime with its time driver enabled.
    #[must_use = "dropping the watcher ends it"]
    pub fn watch_every(&self, path: impl Into<PathBuf>, every: Duration) -> Watcher {
        let every = every.max(Duration::from_millis(1));
        // Registered before the task runs: without a handler, a SIGHUP ends the process.
        let signal = Hangup::listen();
        let task = tokio::spawn(watch(self.clone(), path.into().into(), every, signal));
        Watcher { guard: self.clone(), task: task.abort_handle() }
    }

    /// The result of the last reload from a file.
    #[must_use]
    pub fn last_reload(&self) -> Option<ReloadOutcome> {
        self.0.operations.reloads().last
    }
}

/// A watch of a file; it ends when this is dropped.
#[derive(Debug)]
pub struct Watcher {
    guard: Guard,
    task: AbortHandle,
}

impl Watcher {
    /// The result of the last reload; `None` before the file was first read.
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
    let mut loaded = None;
    loop {
        let stamp = read_stamp(&path).await;
        if loaded != Some(stamp) {
            sleep(QUIET.min(every)).await;
            if read_stamp(&path).await != stamp {
                continue;
            }
            let (guard, path) = (guard.clone(), Arc::clone(&path));
            // `reload_file` reports its own result; the task fails only by a panic, which the panic hook has reported.
            let _ = spawn_blocking(move || guard.reload_file(&path)).await;
            loaded = Some(stamp);
        }
        if timeout(every, signal.recv()).await.is_ok() {
            loaded = None;
        }
    }
}

/// The metadata that changes when a file is written, replaced or removed. A change of the content without any of these is
/// found on the next SIGHUP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    inode: u64,
}

async fn read_stamp(path: &Arc<Path>) -> Option<Stamp> {
    let path = Arc::clone(path);
    let metadata = spawn_blocking(move || std::fs::metadata(&path)).await.ok()?.ok()?;
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
    #[cfg(not(unix))]
    let inode = 0;
    Some(Stamp { modified: metadata.modified().ok(), length: metadata.len(), inode })
}

/// The signal on which the process reloads its configuration.
struct Hangup {
    #[cfg(all(unix, feature = "signal"))]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Hangup {
    #[cfg(all(unix, feature = "signal"))]
    fn listen() -> Self {
        let signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup());
        if let Err(error) = &signal {
            tracing::warn!(target: "portcullis", "SIGHUP does not reload the configuration: {error}");
        }
        Self { signal: signal.ok() }
    }

    #[cfg(not(all(unix, feature = "signal")))]
    fn listen() -> Self {
        Self {}
    }

    /// The next signal; pending for ever where signals are unsupported.
    async fn recv(&mut self) {
        #[cfg(all(unix, feature = "signal"))]
        if let Some(signal) = &mut self.signal
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}

/// Read a whole configuration file of at most [`MAX_CONFIG_BYTES`].
fn read(path: &Path) -> Result<Config, ReloadError> {
    let parse: fn(&str) -> Result<Config, ConfigErrors> =
        match path.extension().and_then(|extension| extension.to_str()) {
            #[cfg(feature = "toml")]
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

/// Why a configuration file was rejected.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReloadError {
    /// The file could not be read.
    Unreadable(PathBuf, io::Error),
    /// The file has more than [`MAX_CONFIG_BYTES`].
    TooLarge(PathBuf),
    /// The file is empty: an unfinished write or a full disk, not a request for the defaults.
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
