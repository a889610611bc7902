//! Whole documents: rejected ones, all errors at once, and coverage of every field.

mod fields;
mod hostile;
mod rules;

use std::string::{String, ToString};
use std::vec::Vec;

use super::{Config, ConfigErrors};

fn texts(errors: &ConfigErrors) -> Vec<String> {
    errors.iter().map(ToString::to_string).collect()
}

/// The problems of a TOML document.
fn toml(document: &str) -> Vec<String> {
    texts(&Config::from_toml(document).expect_err(document))
}

/// The problems of a JSON document.
fn json(document: &str) -> Vec<String> {
    texts(&Config::from_json(document).expect_err(document))
}

const SIX: [&str; 6] = [
    "passive: expected true or false, found a string",
    "client.hedaer: unknown field; did you mean `header`?",
    "rate.limit: `10` is not a rate; write `120/min`, `5/10s` or `1000/h`",
    "client.proxy_depth: 17 is out of range; write 1 to 16",
    "rate.endpoint[1].path: must start with `/`",
    "ban.window: `32d` is out of range; write 1s to 31d",
];

#[test]
fn six_mistakes_of_a_toml_document_are_reported_together() {
    let document = r#"
        passive = "yes"
        [client]
        proxy_depth = 17
        hedaer = "x-real-ip"
        [rate]
        limit = "10"
        [[rate.endpoint]]
        path = "/login"
        [[rate.endpoint]]
        path = "login"
        [ban]
        window = "32d"
    "#;
    assert_eq!(toml(document), SIX);
    let all = Config::from_toml(document).unwrap_err().to_string();
    assert_eq!(all, std::format!("the configuration has 6 errors:\n  {}", SIX.join("\n  ")));
}

#[test]
fn six_mistakes_of_a_json_document_are_reported_together() {
    let document = r#"{
        "passive": "yes",
        "client": {"proxy_depth": 17, "hedaer": "x-real-ip"},
        "rate": {"limit": "10", "endpoint": [{"path": "/login"}, {"path": "login"}]},
        "ban": {"window": "32d"}
    }"#;
    assert_eq!(json(document), SIX);
}

#[test]
fn a_single_mistake_is_a_single_line() {
    let errors = Config::from_toml("passive = 1").unwrap_err();
    let line = "the configuration has an error: passive: expected true or false, found a number";
    assert_eq!(errors.to_string(), line);
    let error = errors.iter().next().unwrap();
    assert_eq!((error.path(), error.problem()), ("passive", "expected true or false, found a number"));
}

#[test]
fn an_unknown_field_comes_with_the_nearest_name_or_with_all() {
    assert_eq!(toml("pasive = true"), ["pasive: unknown field; did you mean `passive`?"]);
    assert!(toml("'' = 1")[0].starts_with("\"\": unknown field; known here: passive, "));
    assert!(toml("[rate]\n'' = 1")[0].starts_with("rate.\"\": unknown field; known here: "));
    assert_eq!(toml("[rate]\nLIMIT = 1"), ["rate.LIMIT: unknown field; did you mean `limit`?"]);
    let [problem] = &toml("redis = \"redis://localhost\"")[..] else { panic!("one problem") };
    assert!(problem.starts_with("redis: unknown field; known here: passive, shadow, "), "{problem}");
    assert!(problem.ends_with(", log, events, route"), "{problem}");
    let known = "known here: max_age, include_subdomains, preload";
    assert_eq!(
        toml("[headers.hsts]\nthisnameisnotlikeanyother = 1"),
        [std::format!("headers.hsts.thisnameisnotlikeanyother: unknown field; {known}")]
    );
    assert_eq!(
        json(r#"{"detect": {"exclude": [{"path": "/a"}, {"feild": "x", "path": "/b"}]}}"#),
        ["detect.exclude[1].feild: unknown field; did you mean `field`?"]
    );
}

#[test]
fn unknown_fields_are_reported_in_the_order_of_the_document() {
    let document =
        r#"{"passive": true, "aaaaaaaaaaaa": 1, "client": {}, "bbbbbbbbbbbb": 2, "cccccccccccc": 3}"#;
    let paths: Vec<String> =
        Config::from_json(document).unwrap_err().iter().map(|error| error.path().into()).collect();
    assert_eq!(paths, ["aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"]);
}

#[test]
fn a_duplicate_key_is_rejected() {
    for document in [
        r#"{"passive": true, "passive": false}"#,
        r#"{"rate": {"limit": "1/s", "limit": "2/s"}}"#,
        r#"{"errors": {"bodies": {"403": "a", "403": "b"}}}"#,
    ] {
        let errors = json(document);
        assert!(errors[0].starts_with("not JSON: duplicate key `"), "{errors:?}");
        assert!(errors[0].contains("in a table; keep one of them"), "{errors:?}");
    }
    assert!(toml("passive = true\npassive = false")[0].starts_with("not TOML: "));
}

#[test]
fn a_syntax_error_has_its_position() {
    for document in ["passive", "[rate", "= 1", "passive = ", "passive = true x", "\u{0}"] {
        let errors = Config::from_toml(document).unwrap_err();
        let error = errors.iter().next().unwrap();
        assert_eq!(error.path(), "");
        assert!(error.problem().starts_with("not TOML: "), "{error}");
    }
    for document in ["", "{", "{\"passive\": true,}", "passive = true", "{} {}", "nul"] {
        let error = json(document).remove(0);
        assert!(error.starts_with("not JSON: ") && error.contains("at line 1 column"), "{error}");
    }
    assert_eq!(
        json("18446744073709551615")[0],
        "not JSON: the number 18446744073709551615 is too large at line 1 column 20"
    );
}

#[test]
fn a_value_of_another_kind_is_rejected_with_its_path() {
    for (document, expected) in [
        ("[]", "expected a table, found a list"),
        ("null", "expected a table, found null"),
        ("3", "expected a table, found a number"),
        (r#"{"rate": []}"#, "rate: expected a table, found a list"),
        (r#"{"rate": null}"#, "rate: expected a table, found null"),
        (r#"{"rate": {"endpoint": {}}}"#, "rate.endpoint: expected a list of tables, found a table"),
        (r#"{"rate": {"endpoint": [3]}}"#, "rate.endpoint[0]: expected a table, found a number"),
        (r#"{"access": {"deny": {}}}"#, "access.deny: expected a list, found a table"),
        (r#"{"headers": {"custom": ["x"]}}"#, "headers.custom: expected a table, found a list"),
        (r#"{"client": {"header": 1}}"#, "client.header: expected a string, found a number"),
        (
            r#"{"ban": {"threshold": "3"}}"#,
            "ban.threshold: expected a whole number, 0 to 4294967295, found a string",
        ),
    ] {
        assert_eq!(json(document), [expected], "{document}");
    }
    assert_eq!(
        toml("passive = 1979-05-27T07:32:00Z"),
        ["passive: expected true or false, found a table"],
        "no field has a date as its value"
    );
}

#[test]
fn both_languages_are_equivalent() {
    let from_toml = Config::from_toml(
        "passive = true\n[client]\nipv6_prefix = 56\n[rate]\nlimit = \"5/10s\"\n[[rate.endpoint]]\npath = \"/a\"\n",
    );
    let from_json = Config::from_json(
        r#"{"passive": true, "client": {"ipv6_prefix": 56}, "rate": {"limit": "5/10s", "endpoint": [{"path": "/a"}]}}"#,
    );
    let config = from_toml.unwrap();
    assert_eq!(from_json.unwrap(), config);
    assert!(config.passive && config.client.ipv6_prefix == 56 && config.rate.endpoint[0].path == "/a");
    assert_eq!(Config::from_toml("").unwrap(), Config::default());
    assert_eq!(Config::from_json("{}").unwrap(), Config::default());
}
