use std::vec::Vec;

use super::names;
use crate::detect::decode::work::assert_linear;
use crate::detect::gate::{word, word_kind_at};
use crate::detect::{Class, ClassSet, Finding, Input, Location, Scanner};

fn scan(location: Location, value: &[u8]) -> Option<Finding> {
    let input = Input { location, name: b"", value };
    Scanner::new().scan(&input, ClassSet::NONE.with(Class::SensitiveFile))
}

#[test]
fn only_the_path_of_the_request_is_looked_at() {
    assert!(scan(Location::Path, b"/.env").is_some());
    for location in [Location::Query, Location::Header, Location::Json, Location::Text, Location::FileName] {
        assert_eq!(scan(location, b"/.env"), None, "{location}");
    }
}

#[test]
fn spellings_that_servers_undo_are_seen_through() {
    for path in [
        "/.%65nv",
        "/.ENV",
        "/x/..;/.env",
        "/.env/",
        "/.env%00.html",
        "/.env;.css",
        "/%252e%65nv",
        "//.git//config",
    ] {
        assert!(scan(Location::Path, path.as_bytes()).is_some(), "{path}");
    }
}

#[test]
fn files_of_hosted_source_may_have_any_name() {
    assert_eq!(scan(Location::Path, b"/acme/app/blob/main/.env"), None);
    assert!(scan(Location::Path, b"/blob/.env").is_some());
}

/// The gate opens on words: a name without one would never be found.
#[test]
fn every_name_holds_a_word_that_opens_the_gate() {
    let known = |name: &str| {
        let bytes = name.as_bytes();
        (0..bytes.len()).any(|at| {
            bytes[at].is_ascii_alphabetic()
                && !bytes[..at].last().is_some_and(u8::is_ascii_alphabetic)
                && word_kind_at(&bytes[at..]) & word::SECRET_FILE != 0
        })
    };
    let pairs = [names::SECRET_PLACES, names::SYSTEM, names::HOLES].concat();
    let all: Vec<&str> = [names::REPOSITORIES, names::SECRETS, names::PROGRAMS, names::SETTINGS]
        .concat()
        .into_iter()
        .chain(pairs.iter().map(|(directory, _)| *directory))
        .chain(names::TOOL_DIRECTORIES.iter().chain(names::TOOL_FILES).copied())
        .chain([".env.local", "a.sql"])
        .collect();
    let unknown: Vec<&str> = all.into_iter().filter(|name| !known(name)).collect();
    assert_eq!(unknown, [""; 0]);
}

#[test]
fn hostile_repetition_is_linear() {
    for unit in
        ["/", "a/", ".env.example/", "/.", "%2e", ";", "\\", "etc/", "blob/", " ", "wp-config.php.bak/"]
    {
        assert_linear(unit.as_bytes(), b"/.env", 12, |value| drop(scan(Location::Path, value)));
    }
}
