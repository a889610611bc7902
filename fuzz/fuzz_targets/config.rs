//! Any document of configuration or rules: no panic, errors with a field and a text, and an accepted document compiles and
//! is the same after a round trip.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use portcullis_core::compat::rules::{DocumentOutcome, DynamicRules, RuleDocument};
use portcullis_core::compat::settings;
use portcullis_core::config::ConfigErrors;
use portcullis_core::{Config, RoutePolicy, Timestamp};

#[derive(Arbitrary, Debug)]
struct Document<'a> {
    kind: Kind,
    text: &'a str,
}

#[derive(Arbitrary, Debug)]
enum Kind {
    Toml,
    Json,
    Policy,
    Guard,
    Rules,
}

fn check_round_trip(config: Result<Config, ConfigErrors>) {
    let config = match config {
        Ok(config) => config,
        Err(errors) => return check_errors(&errors),
    };
    assert_eq!(Config::from_toml(&config.to_toml()).as_ref(), Ok(&config), "{}", config.to_toml());
    assert_eq!(Config::from_json(&config.to_json()).as_ref(), Ok(&config), "{}", config.to_json());
    config.compile().expect("what is read without an error compiles");
}

/// Every problem has a text and names its field, unless the document as a whole cannot be read.
fn check_errors(errors: &ConfigErrors) {
    assert!(errors.iter().count() > 0, "rejected without an error");
    for error in errors.iter() {
        let unread = ["not TOML", "not JSON", "expected a table"];
        assert!(!error.problem().is_empty(), "{errors}");
        assert!(
            !error.path().is_empty() || unread.iter().any(|text| error.problem().starts_with(text)),
            "{errors}"
        );
    }
}

fn policy(text: &str) {
    match RoutePolicy::from_toml(text) {
        Ok(policy) => assert_eq!(RoutePolicy::from_toml(&policy.to_toml()).as_ref(), Ok(&policy)),
        Err(errors) => check_errors(&errors),
    }
}

fn rules(text: &str) {
    let now = Timestamp::from_millis(1_800_000_000_000);
    let _ = RuleDocument::from_snapshot(text);
    let Ok(document) = RuleDocument::from_json(text, now) else { return };
    assert_eq!(RuleDocument::from_snapshot(&document.to_snapshot()).as_ref(), Ok(&document));
    let mut book = DynamicRules::new(Config::default());
    match book.receive(&document, now) {
        Ok(DocumentOutcome::Apply(applied)) => drop(applied.config.compile().expect("applied rules compile")),
        Ok(_) => {}
        Err(errors) => check_errors(&errors),
    }
}

fuzz_target!(|document: Document<'_>| match document.kind {
    Kind::Toml => check_round_trip(Config::from_toml(document.text)),
    Kind::Json => check_round_trip(Config::from_json(document.text)),
    Kind::Policy => policy(document.text),
    Kind::Guard => check_round_trip(settings::convert(document.text).map(|converted| converted.config)),
    Kind::Rules => rules(document.text),
});
