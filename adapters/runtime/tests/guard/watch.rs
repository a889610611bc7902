//! The configuration from a file: what is taken over, what is refused, and when.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use portcullis_runtime::{Config, Guard, MAX_CONFIG_BYTES, Rate, ReloadError};

use crate::support::NOW;

/// A directory of its own that goes with the test.
struct Place(PathBuf);

impl Place {
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

impl Drop for Place {
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

/// Wait until `done`, for as long as a busy machine may take.
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
    let (place, guard) = (Place::new(), guard());
    assert_eq!(guard.last_reload(), None);
    let toml = place.write("guard.toml", "rate.limit = \"7/min\"");
    assert!(guard.reload_file(&toml).unwrap());
    assert_eq!(limit(&guard), Some(Rate::per_minute(7)));
    assert!(!guard.reload_file(&toml).unwrap(), "the same again changes nothing");
    let json = place.write("guard.json", r#"{"rate": {"limit": "8/min"}}"#);
    assert!(guard.reload_file(&json).unwrap());
    assert_eq!(limit(&guard), Some(Rate::per_minute(8)));
    assert_eq!(guard.status().config.generation, 2);
    let last = guard.last_reload().unwrap();
    assert_eq!((last.at, last.error), (NOW, None));
}

#[test]
fn a_file_that_is_no_configuration_changes_nothing_and_says_why() {
    let (place, guard) = (Place::new(), guard());
    guard.reload_file(place.write("good.toml", "rate.limit = \"7/min\"")).unwrap();
    let large = format!("# {}", "x".repeat(usize::try_from(MAX_CONFIG_BYTES).unwrap()));
    for (path, says) in [
        (place.write("empty.toml", ""), "is empty"),
        (place.write("blank.json", " \n"), "is empty"),
        (place.write("half.toml", "rate.limit = \"8/"), "not TOML"),
        (place.write("typo.toml", "rate.limt = \"8/min\""), "did you mean `limit`?"),
        (place.write("verifier.toml", "hooks.verifier = \"nobody\""), "no verifier `nobody`"),
        (place.write("binary.toml", [0xff, 0xfe]), "is not UTF-8"),
        (place.write("large.toml", large), "is larger than 1048576 bytes"),
        (place.write("guard.yaml", "rate: {}"), "name it `.toml` or `.json`"),
        (place.0.join("missing.toml"), "could not be read"),
        (place.0.clone().join("good.toml").join("x.toml"), "could not be read"),
    ] {
        let error = guard.reload_file(&path).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(guard.last_reload().unwrap().error, Some(error.to_string()));
        assert_eq!(limit(&guard), Some(Rate::per_minute(7)), "what was in force stays: {error}");
    }
    let status = guard.status().config;
    assert_eq!((status.generation, status.failed_reloads), (1, 10));
    assert!(matches!(guard.reload_file("x"), Err(ReloadError::Format(_))));
}

#[tokio::test]
async fn a_watched_file_is_followed_through_mistakes() {
    let (place, guard) = (Place::new(), guard());
    let path = place.write("guard.toml", "rate.limit = \"7/min\"");
    let watcher = guard.watch_every(&path, EVERY);
    until("the first reading", || limit(&guard) == Some(Rate::per_minute(7))).await;

    place.write("guard.toml", "");
    until("an error about an empty file", || watcher.last().unwrap().error.is_some()).await;
    assert_eq!(limit(&guard), Some(Rate::per_minute(7)));

    fs::remove_file(&path).unwrap();
    let missing = || watcher.last().unwrap().error.is_some_and(|error| error.contains("could not be read"));
    until("an error about a missing file", missing).await;

    // An editor that replaces the file.
    fs::rename(place.write("guard.toml.new", "rate.limit = \"11/min\""), &path).unwrap();
    until("the replacement", || limit(&guard) == Some(Rate::per_minute(11))).await;
    until("its report", || watcher.last().unwrap().error.is_none()).await;

    let failed = guard.status().config.failed_reloads;
    assert_eq!(failed, 2, "a mistake is reported once, not at every look");
}

#[tokio::test]
async fn a_watcher_that_is_dropped_watches_no_more() {
    let (place, guard) = (Place::new(), guard());
    let path = place.write("guard.toml", "rate.limit = \"7/min\"");
    let watcher = guard.watch_every(&path, EVERY);
    until("the first reading", || limit(&guard) == Some(Rate::per_minute(7))).await;
    drop(watcher);
    place.write("guard.toml", "rate.limit = \"111/min\"");
    tokio::time::sleep(10 * EVERY).await;
    assert_eq!(limit(&guard), Some(Rate::per_minute(7)));
}

#[cfg(unix)]
#[tokio::test]
async fn a_hangup_reads_the_file_at_once() {
    let (place, guard) = (Place::new(), guard());
    let path = place.write("guard.toml", "rate.limit = \"7/min\"");
    let watcher = guard.watch_every(&path, Duration::from_secs(3600));
    until("the first reading", || watcher.last().is_some()).await;
    place.write("guard.toml", "rate.limit = \"12/min\"");
    let process = std::process::id().to_string();
    // The task may still be on its way to listening; a signal that comes early is kept for it.
    assert!(std::process::Command::new("kill").args(["-HUP", &process]).status().unwrap().success());
    until("the reload", || limit(&guard) == Some(Rate::per_minute(12))).await;
}
