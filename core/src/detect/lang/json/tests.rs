use alloc::string::String;
use alloc::vec::Vec;
use core::ops::ControlFlow;

use super::*;
use crate::detect::lang::names::MAX_NAMED_DEPTH;

fn leaves(document: &[u8]) -> Vec<(String, String, bool)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut all = Vec::new();
    let _ = walk::<()>(document, &mut Vec::new(), None, &mut |leaf| {
        all.push((text(leaf.name), text(leaf.value), leaf.is_key));
        ControlFlow::Continue(())
    });
    all
}

fn values(document: &str) -> Vec<String> {
    leaves(document.as_bytes())
        .into_iter()
        .filter(|(_, _, is_key)| !is_key)
        .map(|(_, value, _)| value)
        .collect()
}

#[test]
fn names_follow_nesting() {
    let all = leaves(br#"{"a": {"b": ["x", "y"], "c": 1}, "d": "z"}"#);
    let expect = |name: &str, value: &str, key| (String::from(name), String::from(value), key);
    assert_eq!(
        all,
        [
            expect("", "a", true),
            expect("a", "b", true),
            expect("b", "x", false),
            expect("b", "y", false),
            expect("a", "c", true),
            expect("", "d", true),
            expect("d", "z", false),
        ]
    );
}

#[test]
fn duplicate_keys_are_all_visited() {
    assert_eq!(values(r#"{"a":"1st","a":"2nd"}"#), ["1st", "2nd"]);
}

#[test]
fn bare_scalars_are_leaves() {
    assert_eq!(values("\"top\""), ["top"]);
    assert_eq!(values("42"), [""; 0]);
    assert_eq!(values("true"), [""; 0]);
}

#[test]
fn escapes_are_undone_and_broken_ones_kept() {
    assert_eq!(
        values(r#"["\u003cscript\u003e", "a\/b\n\t\"", "\ud83d\ude00", "\ud83d", "\x \u12"]"#),
        ["<script>", "a/b\n\t\"", "😀", "\u{fffd}", r"\x \u12"]
    );
}

#[test]
fn malformed_documents_are_visited_to_the_last_byte() {
    assert_eq!(values(r#"{"a": oops 'x' or 1=1"#), ["oops 'x' or 1=1"]);
    assert_eq!(values(r#"["unterminated <script>"#), ["unterminated <script>"]);
    assert_eq!(values(r#"["ends in a slash \"#), ["ends in a slash \\"]);
    assert_eq!(values(r#"}}}]]"x""#), ["x"]);
}

#[test]
fn depth_is_not_limited() {
    let deep = [b"[".repeat(100_000), b"\"core\"".to_vec(), b"]".repeat(100_000)].concat();
    assert_eq!(leaves(&deep), [(String::new(), String::from("core"), false)]);
    let keys = br#"{"k":"#.repeat(50_000);
    assert_eq!(leaves(&keys).len(), 50_000);
}

#[test]
fn json_is_distinguished_from_other_text() {
    for yes in ["{}", " { \"a\": 1}", "[1]", "[\"a\"]", "[true,\"a\"]", "[null]", "\u{feff}{\"a\":1}", "[-1]"]
    {
        assert!(looks_like_json(yes.as_bytes()), "{yes}");
    }
    for no in ["", "a=1", "{a}", "[b]bold[/b]", "{{name}}", "plain"] {
        assert!(!looks_like_json(no.as_bytes()), "{no}");
    }
}

#[test]
fn a_deep_leaf_does_not_take_the_name_of_its_sibling() {
    for depth in [1, MAX_NAMED_DEPTH - 1, MAX_NAMED_DEPTH, MAX_NAMED_DEPTH + 1, 3 * MAX_NAMED_DEPTH] {
        let document = format!(r#"{}{{"id": [{{"html": 0}}, "attack"]}}"#, "[".repeat(depth));
        let all = leaves(document.as_bytes());
        let (name, ..) = all.iter().find(|(_, value, _)| value == "attack").unwrap();
        assert_ne!(name, "html", "{depth}");
    }
}
