use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::detect::decode::work::{assert_linear, work_of};
use crate::detect::is_ambiguous;

fn canonical(path: &str) -> String {
    canonical_path(path, &mut String::new()).to_string()
}

#[test]
fn every_spelling_has_one_canonical_path() {
    for (path, expected) in [
        // Already canonical.
        ("/", "/"),
        ("/a/b.c", "/a/b.c"),
        ("/a/.../.b", "/a/.../.b"),
        ("/A", "/A"),
        ("/é", "/é"),
        ("*", "*"),
        ("", ""),
        // Escapes, once and in any case.
        ("/%61", "/a"),
        ("/%6A%6a", "/jj"),
        ("/%2561", "/%61"),
        ("/%25%36%31", "/%61"),
        ("/%%361", "/%61"),
        ("/%6", "/%6"),
        ("/%", "/%"),
        ("/%zz", "/%zz"),
        ("/%u0061", "/%u0061"),
        ("/%c3%a9", "/é"),
        ("/%3Fx", "/?x"),
        ("/%23x", "/#x"),
        ("/a+b", "/a+b"),
        // Empty segments and closing slashes.
        ("//", "/"),
        ("//a", "/a"),
        ("/a//b///", "/a/b"),
        ("/a/", "/a"),
        ("/a%2fb%2F", "/a/b"),
        ("%2fa", "/a"),
        ("a/b", "/a/b"),
        // Dot segments.
        ("/.", "/"),
        ("/./a/.", "/a"),
        ("/..", "/"),
        ("/../../a", "/a"),
        ("/a/b/../c", "/a/c"),
        ("/a/b/../../../c/..", "/"),
        ("/a/%2e/b/%2E%2e/c", "/a/c"),
        ("/a/.%2e", "/"),
        ("/%252e%252e/a", "/%2e%2e/a"),
        // Parameters.
        ("/a;x", "/a"),
        ("/a;x=1;y/b;", "/a/b"),
        ("/;x/a", "/a"),
        ("/a/..;x/b", "/b"),
        ("/a%3bx", "/a"),
        // Backslashes.
        ("/\\a\\b", "/a/b"),
        ("/a%5c..%5Cb", "/b"),
        // What is no character, and control characters.
        ("/a%00", "/a\0"),
        ("/a%00/../b", "/b"),
        ("/%0a", "/\n"),
        ("/%ff", "/\u{fffd}"),
        ("/%c0%af", "/\u{fffd}\u{fffd}"),
        ("/%e2%82é", "/\u{fffd}é"),
    ] {
        assert_eq!(canonical(path), expected, "{path}");
        assert_eq!(is_canonical(path), path == expected && !path.contains('%'), "{path}");
    }
}

#[test]
fn a_canonical_path_is_borrowed_after_one_pass() {
    let path = "/a/bc".repeat(1_000);
    let mut buffer = String::new();
    let work = work_of(|| assert!(core::ptr::eq(canonical_path(&path, &mut buffer), &raw const *path)));
    assert_eq!((work, buffer.capacity()), (path.len(), 0));
}

#[test]
fn work_is_linear_and_a_buffer_is_reused() {
    for unit in ["/a/..", "/../a", "a;/", "//", "%2e%2e/a%2f", "%ff", "/a/b/../c/../..", "\\"] {
        assert_linear(unit.as_bytes(), b"/..", 2, |path| {
            let path = std::str::from_utf8(path).unwrap();
            canonical(path);
        });
    }
    let mut buffer = String::with_capacity(64);
    let before = buffer.as_ptr();
    assert_eq!(canonical_path("//a/%62", &mut buffer), "/a/b");
    assert_eq!(buffer.as_ptr(), before);
}

#[test]
fn a_configured_path_is_canonical_or_an_error_that_names_the_fix() {
    for (path, expected) in [
        ("/", "/"),
        ("/a/", "/a"),
        ("//a//b", "/a/b"),
        ("/caf%C3%A9", "/café"),
        ("/100%25", "/100%"),
        ("/é", "/é"),
    ] {
        assert_eq!(configured_path(path).as_deref(), Ok(expected));
    }
    for (path, fix) in [
        ("/a/../b", "/b"),
        ("/a/%2e%2e/b", "/b"),
        ("/./a", "/a"),
        ("/a;x", "/a"),
        ("/a%3Bx", "/a"),
        ("/a\\b", "/a/b"),
        ("/a%5cb", "/a/b"),
        ("/a%2Fb", "/a/b"),
    ] {
        let error = configured_path(path).unwrap_err();
        assert!(error.contains(&format!("write `{fix}`")), "{error}");
    }
    assert_eq!(configured_path("a").unwrap_err(), "must start with `/`");
}

/// Paths from the pieces that readings differ about.
fn paths() -> impl Strategy<Value = String> {
    const PIECES: [&str; 28] = [
        "/", "/", "/", "a", "b", ".", "..", ";", ";x=1", "\\", "%", "%61", "%2F", "%2f", "%2e", "%2E", "%5c",
        "%5C", "%3b", "%25", "%2561", "%252f", "%00", "%ff", "%c3", "%a9", "é", "?",
    ];
    let pieces = prop::collection::vec(prop::sample::select(&PIECES[..]), 0..12);
    pieces.prop_map(|pieces| format!("/{}", pieces.concat()))
}

/// The reading of a router that decodes the segments of a path, as Rocket does.
fn segments(path: &str) -> Vec<String> {
    let decode = |segment: &str| {
        let mut bytes = Vec::new();
        let mut rest = segment.as_bytes();
        while let [first, ..] = rest {
            let (byte, read) = escape(rest).map_or((*first, 1), |byte| (byte, 3));
            bytes.push(byte);
            rest = &rest[read..];
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    path.split('/').filter(|segment| !segment.is_empty()).map(decode).collect()
}

proptest! {
    #[test]
    fn the_canonical_path_is_no_longer_than_the_path_and_has_no_other_spelling_left(path in paths()) {
        let result = canonical(&path);
        prop_assert!(result.len() <= path.len(), "{result:?}");
        prop_assert!(result.starts_with('/') && (result.len() == 1 || !result.ends_with('/')));
        prop_assert!(!result.contains("//") && !result.contains(['\\', ';']));
        prop_assert!(result.split('/').all(|segment| !matches!(segment, "." | "..")));
        prop_assert_eq!(is_canonical(&path), result == path && !path.contains('%'));
    }

    #[test]
    fn paths_that_a_router_reads_as_one_have_one_canonical_path(path in paths(), other in paths()) {
        let (one, two) = (segments(&path), segments(&other));
        if one == two {
            prop_assert_eq!(canonical(&path), canonical(&other));
        }
        // A route is written without escapes; whatever a router takes for it has its canonical path.
        let route = format!("/{}", one.join("/"));
        if !route.contains('%') {
            prop_assert_eq!(canonical(&path), canonical(&route));
        }
    }

    #[test]
    fn a_path_with_one_reading_is_canonical_but_for_its_closing_slash(path in paths()) {
        if !is_ambiguous(&path) {
            let plain = path.strip_suffix('/').filter(|plain| !plain.is_empty()).unwrap_or(&path);
            prop_assert!(is_canonical(plain), "{plain}");
        }
    }
}
