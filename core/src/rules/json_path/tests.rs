use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::JsonPath;

fn throttles(path: &str, document: &str) -> bool {
    JsonPath::parse(path).unwrap().matches(document.as_bytes())
}

#[test]
fn a_path_names_one_place_of_a_document() {
    let document =
        r#"{"a": {"b": [{"c": 1}, {"c": "Two"}], "c": null}, "d": [[true]], "e.f": "x", "\u0067": "y\nz"}"#;
    for (path, expected) in [
        ("a.b[].c==1", true),
        ("a.b[].c==two", true),
        ("a.b[].c=='TWO'", true),
        ("a.b.c==1", false),
        ("a.c==null", true),
        ("b[].c==1", false),
        ("a.b[].c==null", false),
        ("d[][]==true", true),
        ("d[]==true", false),
        ("d==true", false),
        ("g==y\nz", true),
        ("c==1", false),
    ] {
        assert_eq!(throttles(path, document), expected, "{path}");
    }
    assert!(throttles("[].id==7", r#"[{"id":5},{"id":7}]"#));
    assert!(!throttles("id==7", r#"[{"id":7}]"#));
}

#[test]
fn what_comes_after_a_nested_value_is_judged_by_its_own_place() {
    assert!(throttles("a.b==2", r#"{"a": {"x": {"b": 1}, "b": 2}}"#));
    assert!(!throttles("a.b==2", r#"{"a": {"x": {"b": 2}}, "b": 2}"#));
    assert!(!throttles("a.b==2", r#"{"a": 1, "x": {"b": 2}}"#));
    assert!(!throttles("a==b", r#"{"a": {"x": "b"}}"#));
}

#[test]
fn a_value_that_does_not_end_matches_nothing() {
    for document in [r#"{"a": "no"#, r#"{"a": 40"#, r#"{"a": "no\"#, r#"{"a""#, "{", ""] {
        assert!(!throttles("a==no", document) && !throttles("a==40", document), "{document}");
    }
    assert!(throttles("a==40", r#"{"a": 40,"#));
}

#[test]
fn a_path_that_names_nothing_is_rejected() {
    for pattern in ["a.b", "==1", "a..b==1", ".a==1", ""] {
        assert!(JsonPath::parse(pattern).is_err(), "{pattern}");
    }
    assert!(JsonPath::parse(&format!("{}==1", ["a"; 33].join("."))).is_err());
}

/// A document and the text of the value at `path`, by a parser that keeps the whole document.
fn truth(document: &serde_json::Value, path: &[&str]) -> Vec<String> {
    let Some((step, rest)) = path.split_first() else {
        return match document {
            serde_json::Value::String(text) => vec![text.clone()],
            serde_json::Value::Array(_) | serde_json::Value::Object(_) => Vec::new(),
            other => vec![format!("{other}")],
        };
    };
    match (document, *step) {
        (serde_json::Value::Array(items), "[]") => items.iter().flat_map(|item| truth(item, rest)).collect(),
        (serde_json::Value::Object(map), key) if key != "[]" => {
            map.get(key).map(|value| truth(value, rest)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

fn document() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        "[ab\"\\\\]{0,2}".prop_map(serde_json::Value::from),
        (0_u8..3).prop_map(serde_json::Value::from),
        any::<bool>().prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::vec(("[ab]", inner), 0..4)
                .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_well_formed_document_is_read_as_a_parser_reads_it(
        document in document(),
        path in prop::collection::vec(prop_oneof![Just("a"), Just("b"), Just("[]")], 1..5),
        text in prop_oneof![Just("a"), Just("b"), Just("1"), Just("true"), Just("")],
    ) {
        let mut written = String::new();
        for step in &path {
            written.push_str(if *step == "[]" || written.is_empty() { "" } else { "." });
            written.push_str(step);
        }
        let pattern = JsonPath::parse(&format!("{written}=={text}")).unwrap();
        let expected = truth(&document, &path).iter().any(|found| found == text);
        for spaced in [format!("{document}"), format!("{document:#}")] {
            prop_assert_eq!(pattern.matches(spaced.as_bytes()), expected, "{} in {}", written, spaced);
        }
    }

    #[test]
    fn no_document_is_too_odd(document in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = JsonPath::parse("a[].b==1").unwrap().matches(&document);
    }
}
