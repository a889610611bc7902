use std::boxed::Box;
use std::string::{String, ToString};
use std::vec::Vec;

use super::*;
use crate::config::{ConfigErrors, Pattern};
use crate::detect::decode::work::assert_linear;
use crate::detect::tuning::{CustomRules, InstalledRecognisers};
use crate::detect::{ClassSet, Decodings, Finding, Input, ScanOptions, Scanner, View};

fn compile(list: &[Pattern]) -> Result<CustomRules, Vec<String>> {
    let mut errors = ConfigErrors::default();
    let custom = crate::compile::detect::custom_patterns(list, "detect.pattern", &mut errors);
    let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let custom = CustomRules::new(custom, InstalledRecognisers::default());
    if texts.is_empty() { Ok(custom) } else { Err(texts) }
}

fn scan(custom: &CustomRules, location: Location, value: &str) -> Option<Box<Finding>> {
    let input = Input { location, name: b"q", value: value.as_bytes() };
    let options = ScanOptions { custom: Some(custom), ..ScanOptions::default() };
    Scanner::new().scan_with(View::raw(&input, b""), &input, ClassSet::ALL, &options)
}

#[test]
fn a_match_is_a_finding_that_names_the_pattern() {
    let custom = compile(&[Pattern::new("acme-1", "(?i)acme[0-9]+")]).unwrap();
    let finding = scan(&custom, Location::Query, "an+ACME42+here").unwrap();
    assert_eq!((finding.class, &*finding.rule, finding.score), (Class::Custom, "acme-1", 1.0));
    assert_eq!((finding.decodings, finding.span), (Decodings::RAW, (3, 9)));
    assert_eq!(finding.rules, ["acme-1"]);
    assert!(finding.excerpt.contains("ACME42"), "{}", finding.excerpt);
    assert_eq!(scan(&custom, Location::Query, "an+acme+here"), None);
}

#[test]
fn values_are_searched_as_they_came_and_fully_decoded() {
    let custom = compile(&[Pattern::new("raw", "%41cme"), Pattern::new("decoded", "acme <b>")]).unwrap();
    assert_eq!(scan(&custom, Location::Query, "%41cme").unwrap().rule, "raw");
    for spelled in ["acme+<b>", "%61cme%20%3Cb%3E", "a%2563me &lt;b&gt;", "\u{ff41}cme \\u003cb\\x3e"] {
        let finding = scan(&custom, Location::Query, spelled).expect(spelled);
        assert_eq!(finding.rule, "decoded", "{spelled}");
    }
}

#[test]
fn built_in_classes_come_first() {
    let custom = compile(&[Pattern::new("any", ".")]).unwrap();
    let class = |value| scan(&custom, Location::Query, value).unwrap().class;
    assert_eq!((class("<script>alert(1)</script>"), class("plain")), (Class::Xss, Class::Custom));
}

#[test]
fn a_pattern_applies_to_its_places_only() {
    let all = [
        (Location::Path, PatternLocation::Path),
        (Location::Segment, PatternLocation::Path),
        (Location::Query, PatternLocation::Query),
        (Location::QueryName, PatternLocation::Query),
        (Location::Header, PatternLocation::Header),
        (Location::Cookie, PatternLocation::Cookie),
        (Location::Field, PatternLocation::Body),
        (Location::FieldName, PatternLocation::Body),
        (Location::Json, PatternLocation::Body),
        (Location::JsonKey, PatternLocation::Body),
        (Location::Text, PatternLocation::Body),
        (Location::Message, PatternLocation::Body),
    ];
    let everywhere = compile(&[Pattern::new("acme", "acme")]).unwrap();
    for part in PatternLocation::ALL {
        let one = [Pattern::new("acme", "acme").locations([part]), Pattern::new("other", "other")];
        let custom = compile(&one).unwrap();
        for (location, of) in all {
            assert_eq!(scan(&custom, location, "acme").is_some(), of == part, "{location} {part:?}");
            assert!(scan(&everywhere, location, "acme").is_some(), "{location}");
            let only = compile(&one[..1]).unwrap();
            assert_eq!(only.applies_to(location), of == part, "{location} {part:?}");
        }
    }
}

#[test]
fn a_pattern_that_is_off_hides_no_other() {
    let custom = compile(&[Pattern::new("first", "acme"), Pattern::new("second", "acme")]).unwrap();
    let input = Input { location: Location::Query, name: b"q", value: b"acme" };
    let off = |class: Class, id: &str| class == Class::Custom && id == "first";
    let options = ScanOptions { custom: Some(&custom), off: Some(&off), ..ScanOptions::default() };
    let finding = Scanner::new().scan_with(View::raw(&input, b""), &input, ClassSet::ALL, &options).unwrap();
    assert_eq!(finding.rule, "second");
}

#[test]
fn what_cannot_be_a_pattern_is_rejected_under_its_path() {
    let long = "x".repeat(65);
    let cases = [
        (Pattern::new("", "a"), "detect.pattern[1].id: must be 1 to 64 letters"),
        (Pattern::new("a b", "a"), "detect.pattern[1].id: must be 1 to 64 letters"),
        (Pattern::new(&*long, "a"), "detect.pattern[1].id: must be 1 to 64 letters"),
        (Pattern::new("fine", "a"), "detect.pattern[1].id: there is a pattern `fine` already"),
        (Pattern::new("sqli", "a"), "detect.pattern[1].id: `sqli` is the name of something built in"),
        (Pattern::new("xss.call", "a"), "detect.pattern[1].id: `xss.call` is the name of something built in"),
        (Pattern::new("p", "(a"), "detect.pattern[1].pattern: `(a` is no pattern: unclosed group"),
        (Pattern::new("p", "((a{99}){99}){99}"), "detect.pattern[1].pattern: is too large"),
        (Pattern::new("p", ""), "detect.pattern[1].pattern: matches empty text"),
        (Pattern::new("p", "a*"), "detect.pattern[1].pattern: matches empty text"),
        (Pattern::new("p", "a").locations([]), "detect.pattern[1].locations: names no location to look in"),
    ];
    for (pattern, problem) in cases {
        let problems = compile(&[Pattern::new("fine", "fine"), pattern]).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with(problem), "{problems:?}");
    }
    let many: Vec<Pattern> = (0..=MAX_PATTERNS).map(|at| Pattern::new(format!("p{at}"), "a")).collect();
    assert_eq!(compile(&many).unwrap_err(), ["detect.pattern: 1001 patterns; at most 1000 fit"]);
    assert!(compile(&many[1..]).is_ok());
}

#[test]
fn excerpts_of_secrets_are_masked() {
    let custom = compile(&[Pattern::new("acme", "acme")]).unwrap();
    let input = Input { location: Location::Field, name: b"password", value: b"my acme secret" };
    let options = ScanOptions { custom: Some(&custom), ..ScanOptions::default() };
    let finding = Scanner::new().scan_with(View::raw(&input, b""), &input, ClassSet::ALL, &options).unwrap();
    assert_eq!(finding.excerpt, "[masked]");
}

#[test]
fn base64_is_searched_once_and_not_all_around_it_again() {
    let custom = compile(&[Pattern::new("acme", "acme")]).unwrap();
    // `hello there, acme`
    let finding = scan(&custom, Location::Json, "t=aGVsbG8gdGhlcmUsIGFjbWU=").expect("a match");
    assert_eq!((&*finding.rule, finding.span, finding.at), ("acme", (13, 17), (18, 25)));
    assert_linear(b"aGVsbG8gdGhlcmUs ", b"", 40, |value| {
        assert_eq!(scan(&custom, Location::Json, str::from_utf8(value).unwrap()), None);
    });
}
