//! Runs the examples of every rule.

use std::boxed::Box;
use std::vec::Vec;

use super::decode::work::{assert_linear, work_of};
use super::{Class, ClassSet, Input, Location, Rule, ScanOptions, Scanner, View, evidence, is_clean};
use crate::detect::evidence::MAX_THRESHOLD;

fn scan(value: &str) -> Option<super::Finding> {
    let input = Input { location: Location::Json, name: b"q", value: value.as_bytes() };
    Scanner::new().scan(&input, ClassSet::ALL)
}

/// Look for an attack of the rule's class in the location of its examples.
fn scan_for(rule: &Rule, value: &str) -> Option<super::Finding> {
    let input = Input { location: rule.location, name: rule.name.as_bytes(), value: value.as_bytes() };
    Scanner::new().scan(&input, ClassSet::NONE.with(rule.class))
}

#[test]
fn rules_have_distinct_ids_of_their_class_and_examples() {
    let mut ids: Vec<_> = Rule::all().map(|rule| rule.id).collect();
    for rule in Rule::all() {
        assert!(
            rule.id.starts_with(&format!("{}.", rule.class)),
            "`{}` does not start with its class",
            rule.id
        );
        assert!(!rule.attacks.is_empty(), "`{}` has no attack example", rule.id);
        assert!(!rule.benign.is_empty(), "`{}` has no benign example", rule.id);
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), Rule::all().count(), "two rules share an id");
}

#[test]
fn every_attack_example_is_found_with_its_rule() {
    for rule in Rule::all() {
        for attack in rule.attacks {
            let finding = scan_for(rule, attack).unwrap_or_else(|| panic!("`{}` misses {attack:?}", rule.id));
            assert!(
                finding.rules.iter().any(|id| id == rule.id),
                "{attack:?} is found by {:?}, not `{}`",
                finding.rules,
                rule.id
            );
        }
    }
}

#[test]
fn every_benign_example_passes() {
    for rule in Rule::all() {
        for benign in rule.benign {
            let input =
                Input { location: rule.location, name: rule.name.as_bytes(), value: benign.as_bytes() };
            let found = Scanner::new().scan(&input, ClassSet::DEFAULT.with(rule.class));
            assert_eq!(found, None, "`{}`: {benign:?} is benign", rule.id);
        }
    }
}

#[test]
fn rules_beyond_those_that_are_kept_change_no_verdict() {
    for class in Class::ALL {
        let mut weights: Vec<u16> =
            Rule::all().filter(|rule| rule.class == class).map(|rule| rule.weight).collect();
        weights.sort_unstable();
        let kept = weights.len() <= evidence::MAX_ITEMS;
        let lightest: u16 = weights.iter().take(evidence::MAX_ITEMS).sum();
        assert!(kept || lightest >= MAX_THRESHOLD, "{class}: {lightest}");
    }
}

fn scan_at(threshold: u16, value: &[u8]) -> Option<Box<super::Finding>> {
    let input = Input { location: Location::Json, name: b"q", value };
    Scanner::new().scan_with(
        View::raw(&input, b""),
        &input,
        ClassSet::ALL,
        &ScanOptions { threshold, ..ScanOptions::default() },
    )
}

#[test]
fn what_is_clean_at_a_glance_is_clean_on_a_closer_look() {
    let texts = Rule::all().flat_map(|rule| rule.attacks.iter().chain(rule.benign)).flat_map(|text| {
        let cuts = [0, text.len() / 3, text.len() / 2].map(|at| text.ceil_char_boundary(at));
        cuts.map(|at| [&text[at..], &text[..at]])
    });
    let mut clean = 0;
    for value in texts.flatten() {
        let input = Input { location: Location::Field, name: b"q", value: value.as_bytes() };
        let mut view = View::raw(&input, b"");
        if is_clean(&mut view, ClassSet::ALL) {
            clean += 1;
            let options = ScanOptions { threshold: 50, ..ScanOptions::default() };
            let view = View::raw(&input, b"");
            let found = Scanner::new().scan_with(view, &input, ClassSet::ALL, &options);
            assert_eq!(found, None, "{value:?}");
        }
    }
    assert!(clean > 100, "{clean}");
}

#[test]
fn a_threshold_finds_what_weighs_as_much_and_nothing_else() {
    for rule in Rule::all() {
        for value in rule.attacks.iter().chain(rule.benign) {
            let scores = [50, 75, 100, 150, 200, 400, MAX_THRESHOLD].map(|threshold| {
                let finding = scan_at(threshold, value.as_bytes());
                let score = finding.map(|finding| (finding.score * 100.0).round() as u16);
                assert!(score.is_none_or(|score| score >= threshold), "{value:?} at {threshold}: {score:?}");
                score
            });
            let found = scores.map(|score| score.is_some());
            assert!(found.is_sorted_by(|less, more| less >= more), "{value:?}: {scores:?}");
        }
    }
}

#[test]
fn reading_goes_on_until_a_raised_threshold_is_reached() {
    // Each reader stops at what is enough; what follows must count where it is not.
    let value = b"1' union select password from users; drop table users--";
    let (least, most) = (scan_at(50, value).unwrap(), scan_at(250, value).unwrap());
    assert!(least.rules.len() < most.rules.len(), "{:?} {:?}", least.rules, most.rules);
    let html = b"<script>alert(document.cookie)</script><img src=x onerror=eval(name)>";
    assert!(scan_at(100, html).unwrap().score < scan_at(200, html).unwrap().score);
    assert_eq!(scan_at(MAX_THRESHOLD, b"<script>alert(1)</script>"), None);
}

#[test]
fn work_stays_linear_when_nothing_is_ever_enough() {
    for unit in [
        "<script>alert(1)</script>",
        "<a href=javascript:alert(1)>",
        "' or 1=1 -- ",
        ";cat /etc/passwd|sh",
        "../",
        "', $or: [",
        "*)(|(uid=",
        "PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg/",
        "eyJhIjpbIicgb3IgMT0xIiwiPGI-eCJdfQ.",
        "eyJhIjoiZXlKaUlqb2llQ2NnTFMwaUxDSmpJam9pTVNKOSJ9.",
    ] {
        assert_linear(unit.as_bytes(), b"'", 120, |value| drop(scan_at(MAX_THRESHOLD, value)));
    }
}

#[test]
fn strings_of_json_in_base64_are_values_of_their_own() {
    for (value, rule) in [
        (
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIGFuZCBzbGVlcCg1KSIsImlhdCI6MTUxNjIzOTAyMn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
            "sqli.sleep",
        ),
        (
            "eyJhbGciOiJIUzI1NiIsImtpZCI6IngnIC0tIn0.eyJzdWIiOiIxIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
            "sqli.quote-comment",
        ),
        ("data:application/json;base64,eyJhIjpbMSwiXHUwMDI0KGlkKSJdfQ", "command_injection.substitution"),
        ("eyJwYWdlIjoyLCJzb3J0IjoiYWRtaW4nIC0tIn0", "sqli.quote-comment"),
    ] {
        assert_eq!(scan(value).map(|finding| finding.rule.into_owned()).as_deref(), Some(rule), "{value}");
    }
    for value in [
        "eyJhbGciOiJSUzI1NiIsImtpZCI6IjIwMTEtMDQtMjk9PSIsImprdSI6Imh0dHBzOi8vaWQuZXhhbXBsZS5jb20va2V5cyJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUuY29tL3JlYWxtcy9tYWluIiwiYXVkIjpbIndlYiIsImFwaSJdLCJzdWIiOiJhdXRoMHw1ZjdjOGVjN2MzM2M2YzAwNGJiYWZlODIiLCJlbWFpbCI6ImFubkBleGFtcGxlLmNvbSIsInNjb3BlIjoib3BlbmlkIHByb2ZpbGUiLCJleHAiOjE1MTYyMzkwMjJ9.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwOi8vbG9jYWxob3N0OjgwODAvcmVhbG1zL2RldiIsIm5hbWUiOiJBbm4gTydIYXJhIiwicm9sZXMiOlsiYWRtaW4iLCJ1c2VyIl0sInBpY3R1cmUiOiJodHRwczovL2Nkbi5leGFtcGxlLmNvbS9hLnBuZz9zaXplPTImeD0xIiwiaHR0cHM6Ly9leGFtcGxlLmNvbS9jbGFpbXMiOnsiYSI6ImIgYyJ9fQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
        "eyJxIjoic2VsZWN0IGEgc2l6ZSBhbmQgc2xlZXAgd2VsbCIsImFmdGVyIjoiMjAyNC0wMS0wMVQwMDowMDowMFoiLCJuIjpbMSwyXX0",
    ] {
        assert_eq!(scan(value), None, "{value}");
        assert_eq!(scan(&["Bearer ", value].concat()), None, "{value}");
    }
}

/// What attackers repeat to make a recogniser look back or ahead.
const ATOMS: [&str; 79] = [
    "$or:",
    "[$ne]",
    "{$gt:",
    "this.",
    ")(",
    "(cn=",
    "]|//",
    "name(",
    "aGVsbG8gdGhlcmUs",
    "\n",
    " ",
    "\t",
    ";",
    "&",
    "|",
    "`",
    "$(",
    "${",
    "(",
    ")",
    "{",
    "<",
    ">",
    "'",
    "\"",
    "\\",
    "/",
    "../",
    "%25",
    "&#",
    "&lt;",
    "\\u00",
    "=",
    "--",
    "#",
    "/*",
    "*/",
    "/*!",
    "@",
    ",",
    "cat",
    "or ",
    "select ",
    "<a ",
    "on=",
    "javascript:",
    "\u{ff1c}",
    "\\\n",
    "0x",
    "::int",
    "[a]",
    "%a in (",
    "if ",
    "x=1;$x",
    ".php",
    "url(",
    "<!",
    "<!ENTITY a \"",
    "http:",
    "://",
    "\r\nTo: ",
    "[::",
    "x@",
    "{{",
    "{%",
    "${",
    "<?",
    "$a[",
    "@{[",
    "!!",
    "O:1:",
    "<!--#",
    "__proto__",
    "system(",
    "java.",
    "o<x>n",
    "document.a(",
    "alias ",
    "${a#",
];

#[test]
fn checklist_37_no_repetition_makes_work_grow_faster_than_the_value() {
    for before in ["cat ", "1' or ", "<a href=\"", "/etc/passwd ", "<!ENTITY e ", "http://"] {
        for first in ATOMS {
            for second in ["", "\n", "'", "(", "a", "/*"] {
                let unit = [first, second].concat();
                let value = [before, &unit.repeat(4_000 / unit.len()), ")"].concat();
                let work = work_of(|| drop(scan(&value)));
                assert!(work <= 200 * value.len(), "{before:?} {unit:?}: {work} for {} bytes", value.len());
            }
        }
    }
}
