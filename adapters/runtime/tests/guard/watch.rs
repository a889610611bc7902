//! The configuration from a file: what is loaded, what is rejected, and when.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use portcullis_runtime::{Config, Guard, MAX_CONFIG_BYTES, Rate, ReloadError};

use crate::support::NOW;

/// A directory that is removed with the test.
struct TempDir(PathBuf);

impl TempDir {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("portcullis-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn guard() -> Guard {
    let clock = portcullis_runtime::ManualClock::new(NOW);
    Guard::builder(Config::default()).clock(clock).build().unwrap()
}

fn limit(guard: &Guard) -> Option<Rate> {
    guard.engine().config().rate.limit
}

/// Wait until `done`, with a timeout for a busy machine.
async fn until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..2000 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{what} did not happen");
}

const EVERY: Duration = Duration::from_millis(10);

#[test]
fn a_file_is_taken_over_in_the_format_of_its_name() {
    let (directory, guard) = (TempDir::new(), guard());
    assert_eq!(guard.last_reload(), None);
    let toml = directory.write("guard.toml", "rate.limit = \"7/min\"");
    assert!(guard.reload_file(&toml).unwrap());
    assert_eq!(limit(&guard), Some(Rate::per_minute(7)));
    assert!(!guard.reload_file(&toml).unwrap(), "the same again changes nothing");
    let json = directory.write("guard.json", r#"{"rate": {"limit": "8/min"}}"#);
    assert!(guard.reload_file(&json).unwrap());
    assert_eq!(limit(&guard), Some(Rate::per_minute(8)));
    assert_eq!(guard.status().config.generation, 2);
    let last = guard.last_reload().unwrap();
    assert_eq!((last.at, last.error), (NOW, None));
}

#[test]
fn an_invalid_file_changes_nothing_and_returns_its_error() {
    let (directory, guard) = (TempDir::new(), guard());
    guard.reload_file(directory.write("good.toml", "rate.limit = \"7/min\"")).unwrap();
    let large = format!("# {}", "x".repeat(usize::try_from(MAX_CONFIG_BYTES).unwrap()));
    for (path, metadata_of) in [
        (directory.write("empty.toml", ""), "is empty"),
        (directory.write("blank.json", " \n"), "is empty"),
        (directory.write("half.toml", "rate.limit = \"8/"), "not TOML"),
        (directory.write("typo.toml", "rate.limt = \"8/min\""), "did you mean `limit`?"),
        (directory.write("verifier.toml", "hooks.verifier = \"nobody\""), "no verifier `nobody`"),
        (directory.write("binary.toml", [0xff, 0xfe]), "is not UTF-8"),
        (directory.write("large.toml", large), "is larger than 1048576 bytes"),
        (directory.write("guard.yaml", "rate: {}"), "name it `.toml` or `.json`"),
        (directory.0.join("missing.toml"), "could not be read"),
        (directory.0.clone().join("good.toml").join("x.toml"), "could not be read"),
    ] {
        let error = guard.reload_file(&path).unwrap_err();
        assert!(error.to_string().contains(metadata_of), "{error}");
        assert_eq!(guard.last_reload().unwrap().error, Some(error.to_string()));
        assert_eq!(limit(&guard), Some(Rate::per_minute(7)), "what was in force stays: {error}");
    }
    let status = guard.status().config;
    assert_eq!((status.generation, status.failed_reloads), (1, 10));
    assert!(matches!(guard.reload_file("x"), Err(ReloadError::Format(_))));
}

#[tokio::test]
async fn a_watched_file_is_followed_through_mistakes() {
    let (directory, guard) = (TempDir::new(), guard());
    let path = directory.write("guard.toml", "rate.limit = \"7/min\"");
    let watcher = guard.watch_every(&path, EVERY);
    until("the first reading", || limit(&guard) == Some(Rate::per_minute(7))).await;

    directory.write("guard.toml", "");
    until("an error about an empty file", || watcher.last().unwrap().error.is_some()).await;
    assert_eq!(limit(&guard), Some(Rate::per_minute(7)));

    fs::remove_file(&path).unwrap();
    let missing = || watcher.last().unwrap().error.is_some_and(|error| error.contains("could not be read"));
    until("an error about a missing file", missing).await;

    // Replacement by rename, as editors do it.
    fs::rename(directory.write("guard.toml.new", "rate.limit = \"11/min\""), &path).unwrap();
    until("the replacement", || limit(&guard) == Some(Rate::per_minute(11))).await;
    until("its report", || watcher.last().unwrap().error.is_none()).await;

    let failed = guard.status().config.failed_reloads;
    assert_eq!(failed, 2, "a mistake is reported once, not at every look");
}

#[tokio::test]
async fn a_watcher_that_is_dropped_watches_no_more() {
    let (directory, guard) = (TempDir::new(), guard());
    let path = directory.write("guard.toml", "rate.limit = \"7/min\"");
    let watcher = guard.watch_every(&path, EVERY);
    until("the first reading", || limit(&guard) == Some(Rate::per_minute(7))).await;
    drop(watcher);
    directory.write("guard.toml", "rate.limit = \"111/min\"");
    tokio::time::sleep(10 * EVERY).await;
    assert_eq!(limit(&guard), Some(Rate::per_minute(7)));
}

#[cfg(unix)]
#[tokio::test]
async fn a_hangup_reads_the_file_at_once() {
    let (directory, guard) = (TempDir::new(), guard());
    let path = directory.write("guard.toml", "rate.limit = \"7/min\"");
    let watcher = guard.watch_every(&path, Duration::from_secs(3600));
    until("the first reading", || watcher.last().is_some()).await;
    directory.write("guard.toml", "rate.limit = \"12/min\"");
    let process = std::process::id().to_string();
    // The task may not listen yet; a signal that comes early is kept for it.
    assert!(std::process::Command::new("kill").args(["-HUP", &process]).status().unwrap().success());
    until("the reload", || limit(&guard) == Some(Rate::per_minute(12))).await;
}
