//! Hostile documents: large, deep, broken. They are rejected without a panic and in bounded time.

use std::string::String;
use std::vec::Vec;

use crate::config::Config;

const MEGABYTE: usize = 1 << 20;

fn rejected(toml: &str) -> String {
    let errors = Config::from_toml(toml).expect_err("rejected");
    errors.iter().next().expect("a reason").problem().into()
}

#[test]
fn deep_nesting_is_rejected() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = open.repeat(MEGABYTE / open.len());
        assert!(Config::from_json(&deep).is_err());
        let closed = std::format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        let errors = Config::from_json(&closed).unwrap_err();
        assert!(errors.iter().next().unwrap().problem().contains("recursion limit"), "{errors}");
    }
    rejected(&std::format!("a = {}", "[".repeat(MEGABYTE)));
    rejected(&std::format!("a = {}1{}", "[".repeat(100_000), "]".repeat(100_000)));
    rejected(&std::format!("a = {}", "{a=".repeat(MEGABYTE / 3)));
    rejected(&std::format!("{}a = 1", "a.".repeat(MEGABYTE / 2)));
    rejected(&std::format!("[{}a]", "a.".repeat(MEGABYTE / 2)));
}

#[test]
fn nesting_that_the_parsers_allow_is_rejected_by_its_kind() {
    for depth in 1..120 {
        let lists = std::format!("{{\"access\": {{\"deny\": {}{}}}}}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(Config::from_json(&lists).is_ok(), depth == 1, "{depth}");
        let tables = std::format!("{}1{}", "{\"rate\":".repeat(depth), "}".repeat(depth));
        assert!(Config::from_json(&tables).is_err(), "{depth}");
    }
}

#[test]
fn a_megabyte_of_anything_is_rejected() {
    for unit in
        ["x", "\"", "'", "\n\u{1}", "=", "[a]\n", "{", "\u{feff}", "é", "\\", "# \u{0}\n", "passive=true\n"]
    {
        let text = unit.repeat(MEGABYTE / unit.len());
        rejected(&text);
        assert!(Config::from_json(&text).is_err());
    }
    let long = "a".repeat(MEGABYTE);
    rejected(&std::format!("{long} = 1"));
    rejected(&std::format!("[client]\nheader = '{long} '"));
    assert!(Config::from_json(&std::format!("{{\"{long}\": 1}}")).is_err());
}

#[test]
fn a_megabyte_of_unknown_fields_is_rejected_in_time() {
    let many: Vec<String> = (0..60_000).map(|n| std::format!("\"field{n:06}\":1")).collect();
    let errors = Config::from_json(&std::format!("{{{}}}", many.join(","))).unwrap_err();
    assert_eq!(errors.iter().count(), 60_000);
    let many: Vec<String> = (0..60_000).map(|n| std::format!("field{n:06}=1")).collect();
    assert_eq!(Config::from_toml(&many.join("\n")).unwrap_err().iter().count(), 60_000);
}

const VALID_TOML: &str = r#"
passive = false
[client]
trusted_proxies = ["10.0.0.0/8", "unix"]
proxy_depth = 2
trust_proto = true
[access]
deny = ["192.0.2.0/24"]
[rate]
limit = "120/min"
key = ["client", "header:x-api-key"]
fields = "always"
[[rate.endpoint]]
path = "/login"
methods = ["POST"]
limit = "5/10s"
[ban]
window = "10min"
[[ban.class]]
class = "sqli"
threshold = 2
[detect]
classes = ["sqli", "xss"]
[[detect.exclude]]
path = "/cms"
field = "body"
class = "xss"
[body]
limit = "64KiB"
[headers]
frame_options = "DENY"
[headers.custom]
x-team = "a"
[errors.bodies]
403 = "no: {reference}"
"#;

const VALID_JSON: &str = r#"{"passive":false,"client":{"proxy_depth":2,"trusted_proxies":["10.0.0.0/8"]},
"rate":{"limit":null,"endpoint":[{"path":"/login","limit":"5/10s"}]},"ban":{"duration":"2h"},
"headers":{"hsts":{"max_age":0},"custom":{"x-a":"\u00e9b"}},"errors":{"reference_header":null}}"#;

/// A fixed sequence of pseudo-random numbers.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

fn mutated(text: &str, numbers: &mut Numbers) -> String {
    const PIECES: [&str; 14] =
        ["[", "]", "{", "}", "\"", "'", "=", ",", "\n", "-1", "99999999999999999999", "null", "\\u0000", "é"];
    let mut text: Vec<char> = text.chars().collect();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(text.len());
        match numbers.below(4) {
            0 => drop(text.remove(at)),
            1 => text[at] = char::from(numbers.below(128) as u8),
            2 => drop(text.splice(at..at, PIECES[numbers.below(PIECES.len())].chars())),
            _ => {
                let end = (at + numbers.below(40)).min(text.len());
                let piece: Vec<char> = text[at..end].to_vec();
                let to = numbers.below(text.len());
                drop(text.splice(to..to, piece));
            }
        }
    }
    text.into_iter().collect()
}

#[test]
fn a_mutated_document_is_read_whole_or_rejected_with_a_reason() {
    assert!(Config::from_toml(VALID_TOML).is_ok());
    assert!(Config::from_json(VALID_JSON).is_ok());
    let mut numbers = Numbers(7);
    let (mut accepted, mut rejected) = (0, 0);
    for _ in 0..3000 {
        let documents = [
            Config::from_toml(&mutated(VALID_TOML, &mut numbers)),
            Config::from_json(&mutated(VALID_JSON, &mut numbers)),
        ];
        for document in documents {
            match document {
                Ok(config) => {
                    accepted += 1;
                    assert!(config.compile().is_ok(), "what is read without an error compiles");
                }
                Err(errors) => {
                    rejected += 1;
                    assert!(errors.iter().next().is_some_and(|error| !error.problem().is_empty()));
                }
            }
        }
    }
    assert!(
        accepted > 100 && rejected > 1000,
        "{accepted} accepted, {rejected} rejected: the mutations test both"
    );
}
