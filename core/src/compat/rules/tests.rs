//! Documents applied to a configuration and removed again.

use alloc::boxed::Box;
use core::time::Duration;
use std::string::{String, ToString};
use std::vec::Vec;

use proptest::prelude::*;

use super::{DocumentEffects, DocumentOutcome, DynamicRules, IgnoreReason, RuleDocument};
use crate::config::{Config, HumanDuration};
use crate::event::EventKind;
use crate::state::Op;
use crate::time::Timestamp;

const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000); // 2026-01-01T00:00:00Z
const LATER: Timestamp = Timestamp::from_millis(1_767_312_000_000); // a day later

fn document(json: &str) -> RuleDocument {
    RuleDocument::from_json(json, NOW).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn applied(rules: &mut DynamicRules, json: &str) -> Box<DocumentEffects> {
    match rules.receive(&document(json), NOW) {
        Ok(DocumentOutcome::Apply(applied)) => applied,
        other => panic!("{json}: {other:?}"),
    }
}

fn ignored(rules: &mut DynamicRules, json: &str) -> IgnoreReason {
    match rules.receive(&document(json), NOW) {
        Ok(DocumentOutcome::Ignore(why)) => why,
        other => panic!("{json}: {other:?}"),
    }
}

fn base() -> DynamicRules {
    DynamicRules::new(Config::default())
}

#[test]
fn absent_fields_have_the_familys_defaults() {
    assert_eq!(document(r#"{"rule_id": "r1"}"#), RuleDocument::new("r1", 1, NOW));
    assert_eq!(document(r#"{"ttl": 300}"#), RuleDocument::new("default-rule", 1, NOW));
}

#[test]
fn values_are_coerced_and_instants_read_in_every_form() {
    let coerced = document(
        r#"{"rule_id": "r", "version": "3", "emergency_mode": "yes", "endpoint_rate_limits": {"/a": ["5", "60"]}}"#,
    );
    assert_eq!((coerced.version, coerced.emergency_mode), (3, true));
    assert_eq!(coerced.endpoint_rate_limits["/a"], (5, 60));
    for at in [
        "\"2026-01-02T00:00:00Z\"",
        "\"2026-01-02 00:00:00+00:00\"",
        "\"2026-01-02T00:00:00\"",
        "\"2026-01-02T01:00:00.000000+01:00\"",
        "1767312000",
        "1767312000.0",
    ] {
        let ends = document(&std::format!("{{\"rule_id\": \"r\", \"expires_at\": {at}}}")).expires_at;
        assert_eq!(ends, Some(LATER), "{at}");
    }
}

#[test]
fn documents_that_the_agent_rejects_are_rejected() {
    for json in [
        "{}",
        "[]",
        "<html>",
        r#"{"version": "abc"}"#,
        r#"{"rule_id": 5}"#,
        r#"{"auto_ban_threshold": 0}"#,
        r#"{"ip_blacklist": null}"#,
        r#"{"endpoint_rate_limits": {"/a": [1, 2, 3]}}"#,
        r#"{"expires_at": "tomorrow"}"#,
        r#"{"timestamp": null}"#,
    ] {
        assert!(RuleDocument::from_json(json, NOW).is_err(), "{json}");
    }
    let many = std::format!("{{\"ip_blacklist\": [{}\"10.0.0.1\"]}}", "\"10.0.0.1\",".repeat(10_000));
    assert!(RuleDocument::from_json(&many, NOW).unwrap_err().to_string().contains("at most 10000"));
}

#[test]
fn the_vectors_of_the_agent_are_parsed_alike() {
    let Some(path) = crate::compat::shared("vectors/agent/03_dynamic_rules_responses.json") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let vectors: serde_json::Value = serde_json::from_str(&text).unwrap();
    for case in vectors["cases"].as_array().unwrap() {
        if case["status"] != 200 {
            continue; // A concern of the transport.
        }
        let read = RuleDocument::from_json(case["response_body_utf8"].as_str().unwrap(), NOW);
        let expected = &case["parsed"];
        let Ok(document) = read else {
            assert!(expected.is_null(), "{}", case["name"]);
            continue;
        };
        let snapshot: serde_json::Value = serde_json::from_str(&document.to_snapshot()).unwrap();
        for (key, value) in snapshot["rules"].as_object().unwrap() {
            let expected = &expected[key];
            if expected != "<now>" {
                assert_eq!(value, expected, "{}: {key}", case["name"]);
            }
        }
    }
}

#[test]
fn a_snapshot_is_read_strictly() {
    let mut rules =
        document(r#"{"rule_id": "r", "version": 2, "emergency_mode": true, "expires_at": 1767312000.25}"#);
    rules.endpoint_rate_limits.insert("/a".into(), (5, 60));
    let snapshot = rules.to_snapshot();
    assert!(snapshot.starts_with(
        r#"{"schema_version":1,"rules":{"rule_id":"r","version":2,"timestamp":"2026-01-01T00:00:00Z","#
    ));
    assert!(snapshot.contains(r#""expires_at":"2026-01-02T00:00:00.250000Z""#), "{snapshot}");
    assert_eq!(RuleDocument::from_snapshot(&snapshot).unwrap(), rules);
    for (from, to, problem) in [
        ("\"schema_version\":1", "\"schema_version\":2", "`schema_version`: 2 is not supported"),
        ("\"ttl\"", "\"message\"", "`message` is not a key"),
        ("\"rule_id\":\"r\",", "", "`rule_id` is missing"),
        ("\"rules\"", "\"rule\"", "has no `rules`"),
    ] {
        let error = RuleDocument::from_snapshot(&snapshot.replace(from, to)).unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
    }
    assert!(
        RuleDocument::from_json(r#"{"rule_id": "r", "unknown": 1}"#, NOW).is_ok(),
        "the wire is read leniently"
    );
}

#[test]
fn only_a_higher_version_or_another_id_is_applied() {
    let mut rules = base();
    applied(&mut rules, r#"{"rule_id": "a", "version": 5, "global_rate_limit": 7}"#);
    assert_eq!(
        ignored(&mut rules, r#"{"rule_id": "a", "version": 5, "global_rate_limit": 9}"#),
        IgnoreReason::Known
    );
    assert_eq!(ignored(&mut rules, r#"{"rule_id": "a", "version": 4}"#), IgnoreReason::Known);
    let news = applied(&mut rules, r#"{"rule_id": "a", "version": 6, "global_rate_window": 10}"#);
    assert_eq!(
        news.config.rate.limit,
        Config::default().rate.limit,
        "over the base, and a window alone has no effect"
    );
    let other = applied(&mut rules, r#"{"rule_id": "b", "version": 1, "global_rate_limit": 3}"#);
    assert_eq!(other.config.rate.limit.unwrap().to_string(), "3/min");
}

#[test]
fn every_field_of_a_document_changes_the_configuration() {
    let mut rules = base();
    let applied = applied(
        &mut rules,
        r#"{"rule_id": "r", "blocked_countries": ["kp"], "global_rate_limit": 100,
            "global_rate_window": 10, "endpoint_rate_limits": {"/login": [5, 60]},
            "blocked_cloud_providers": ["AWS", "GCP:!us-central1"], "blocked_user_agents": ["badbot"],
            "suspicious_patterns": ["evil-[0-9]+"], "enable_penetration_detection": true, "enable_ip_banning": true,
            "enable_rate_limiting": true, "auto_ban_threshold": 6, "auto_ban_duration": 600,
            "enable_rate_limit_auto_ban": true, "emergency_mode": true, "emergency_whitelist": ["10.0.0.0/8"]}"#,
    );
    let config = &applied.config;
    assert_eq!(applied.warnings, Vec::<String>::new());
    assert_eq!(config.access.deny_countries[0].code(), "KP");
    assert_eq!(config.access.deny_clouds.len(), 2);
    assert_eq!(config.access.deny_user_agents, ["badbot"]);
    assert_eq!(config.rate.limit.unwrap().to_string(), "100/10s");
    assert_eq!(config.rate.endpoint[0].path, "/login");
    assert_eq!(config.detect.pattern[0].pattern, "(?i)evil-[0-9]+");
    assert_eq!(
        (config.ban.threshold, config.ban.duration),
        (3, HumanDuration::secs(600)),
        "halved in emergency mode"
    );
    assert!(config.rate.strikes && config.emergency.enabled);
    assert_eq!(config.emergency.allow.len(), 1);
    assert!(config.clone().compile().is_ok());
}

#[test]
fn the_allow_list_of_countries_disables_the_block_list() {
    let both = applied(
        &mut base(),
        r#"{"rule_id": "r", "blocked_countries": ["KP", "DE"], "whitelist_countries": ["DE"]}"#,
    );
    assert_eq!(both.config.access.allow_countries[0].code(), "DE");
    assert!(both.config.access.deny_countries.is_empty());
    assert_eq!(both.warnings.len(), 1, "{:?}", both.warnings);

    let mut config = Config::default();
    config.access.allow_countries = ["DE", "KP"].map(|code| code.parse().unwrap()).into();
    let stricter = applied(
        &mut DynamicRules::new(config),
        r#"{"rule_id": "r", "blocked_countries": ["KP", "CU"], "emergency_mode": true}"#,
    );
    let denied = &stricter.config.access.deny_countries;
    assert_eq!(
        (denied.len(), denied[0].code()),
        (1, "KP"),
        "the base's allow list and the block list both apply"
    );
    assert!(stricter.warnings[0].contains("`CU` is already denied"), "{:?}", stricter.warnings);
    assert!(stricter.config.emergency.enabled && stricter.config.compile().is_ok());

    let mut config = Config::default();
    config.access.deny_countries.push("KP".parse().unwrap());
    let with_rules =
        applied(&mut DynamicRules::new(config), r#"{"rule_id": "r", "whitelist_countries": ["DE"]}"#);
    assert!(with_rules.config.access.deny_countries.is_empty(), "the base's own list too");

    let mut config = Config::default();
    config.access.allow_countries = ["DE", "FR"].map(|code| code.parse().unwrap()).into();
    config.access.deny_countries.push("FR".parse().unwrap());
    let silent = applied(&mut DynamicRules::new(config), r#"{"rule_id": "r", "global_rate_limit": 3}"#);
    assert_eq!(silent.config.access.deny_countries.len(), 1, "a document without countries changes none");
    assert!(silent.warnings.is_empty());
}

#[test]
fn an_excepted_region_takes_precedence_over_its_whole_provider() {
    let json = r#"{"rule_id": "r", "blocked_cloud_providers": ["AWS", "GCP", "AWS:!eu-west-1"]}"#;
    let applied = applied(&mut base(), json);
    let clouds: Vec<String> = applied.config.access.deny_clouds.iter().map(ToString::to_string).collect();
    assert_eq!(clouds, ["GCP", "AWS:!eu-west-1"]);
    assert!(applied.warnings[0].contains("`AWS` has no effect"), "{:?}", applied.warnings);
}

#[test]
fn an_empty_list_leaves_the_base() {
    let mut config = Config::default();
    config.access.deny_user_agents.push("bad".into());
    config.ban.threshold = 1;
    let mut rules = DynamicRules::new(config);
    let applied =
        applied(&mut rules, r#"{"rule_id": "r", "blocked_user_agents": [], "emergency_mode": true}"#);
    assert_eq!(applied.config.access.deny_user_agents, ["bad"]);
    assert_eq!(applied.config.ban.threshold, 1, "the half of one is one");
}

#[test]
fn an_invalid_entry_is_dropped_with_a_warning_and_the_rest_applies() {
    let mut rules = base();
    let applied = applied(
        &mut rules,
        r#"{"rule_id": "r", "ip_blacklist": ["invalid", "127.0.0.1", "203.0.113.7"], "blocked_countries": ["Germany", "KP"],
            "blocked_cloud_providers": ["Cloudy"], "blocked_user_agents": ["(", "ok"], "suspicious_patterns": ["(?=a)"],
            "endpoint_rate_limits": {"login": [1, 1], "/a": [0, 60]}, "global_rate_limit": -1,
            "enable_ip_banning": false, "enable_rate_limit_auto_ban": true}"#,
    );
    assert_eq!(applied.warnings.len(), 10, "{:#?}", applied.warnings);
    assert_eq!(applied.commands.len(), 1);
    assert_eq!(applied.config.access.deny_countries.len(), 1);
    assert_eq!(applied.config.access.deny_user_agents, ["ok"]);
    assert!(applied.config.detect.pattern.is_empty() && applied.config.rate.endpoint.is_empty());
    assert!(applied.config.clone().compile().is_ok());
}

#[test]
fn bans_apply_to_networks_and_are_sent_once() {
    let mut rules = base();
    let json = r#"{"rule_id": "r", "version": 2, "ip_blacklist": ["203.0.113.7", "198.51.100.0/24"],
        "ip_whitelist": ["192.0.2.1"], "ip_ban_duration": 7200}"#;
    let applied = applied(&mut rules, json);
    let ops: Vec<String> = applied.commands.iter().map(|command| std::format!("{:?}", command.op)).collect();
    assert_eq!(ops.len(), 3);
    assert!(
        matches!(applied.commands[1].op, Op::Ban { target, term } if target.prefix_len() == 24 && term.as_secs() == 7200)
    );
    assert!(matches!(applied.commands[2].op, Op::Unban { .. }));
    assert_eq!(applied.commands[2].done.as_ref().unwrap().reason, "dynamic_rule_whitelist");
    assert_eq!(ignored(&mut rules, json), IgnoreReason::Known);
}

#[test]
fn events_have_the_familys_texts() {
    let mut rules = base();
    let json = r#"{"rule_id": "r", "version": 3, "ip_blacklist": ["203.0.113.7"], "emergency_mode": true,
        "emergency_whitelist": ["10.0.0.1"]}"#;
    let events = applied(&mut rules, json).events;
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.name()).collect();
    assert_eq!(kinds, ["dynamic_rule_updated", "emergency_mode_activated", "dynamic_rule_applied"]);
    let reasons: Vec<&str> = events.iter().map(|event| event.reason.as_str()).collect();
    let activated = "[EMERGENCY MODE] activated via dynamic rules";
    assert_eq!(reasons, ["Received updated rules r v3", activated, "Applied dynamic rules r v3"]);
    assert_eq!(events[1].metadata[1], ("whitelist", alloc::vec![String::from("10.0.0.1")].into()));
    let names: Vec<&str> = events[2].metadata.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["rule_id", "version", "ip_bans", "country_blocks", "emergency_mode"]);
    assert_eq!(
        (events[0].action, events[1].action, events[2].action),
        ("rules_received", "emergency_lockdown", "rules_updated")
    );

    let mut config = Config::default();
    config.events.muted = alloc::vec![EventKind::DynamicRuleUpdated, EventKind::IpBanned];
    let applied = applied(&mut DynamicRules::new(config), json);
    assert!(applied.events.iter().all(|event| event.kind != EventKind::DynamicRuleUpdated));
    assert!(applied.commands[0].done.is_none());
}

#[test]
fn rules_end_and_the_base_is_restored() {
    let mut rules = base();
    let json =
        r#"{"rule_id": "r", "version": 2, "emergency_mode": true, "expires_at": "2026-01-02T00:00:00"}"#;
    assert!(applied(&mut rules, json).config.emergency.enabled);
    let just_before = Timestamp::from_millis(LATER.as_millis() - 1);
    assert!(rules.expire(just_before).is_none());
    assert_eq!(rules.expire(LATER), Some(Config::default()));
    assert!(rules.expire(LATER).is_none() && rules.current().is_none());
    assert_eq!(ignored(&mut rules, json), IgnoreReason::Known);
    let ended = r#"{"rule_id": "r", "version": 3, "expires_at": "2025-12-31T23:59:59Z"}"#;
    assert_eq!(ignored(&mut rules, ended), IgnoreReason::Expiry { reported: false });
    assert_eq!(ignored(&mut rules, ended), IgnoreReason::Expiry { reported: true });
}

#[test]
fn a_document_that_does_not_compile_changes_nothing() {
    let mut config = Config::default();
    config.detect.pattern.push(crate::config::Pattern::new("dynamic.0", "x"));
    let mut rules = DynamicRules::new(config);
    let clash =
        document(r#"{"rule_id": "r", "suspicious_patterns": ["y"], "ip_blacklist": ["203.0.113.7"]}"#);
    assert!(rules.receive(&clash, NOW).is_err());
    assert!(rules.current().is_none());
    applied(&mut rules, r#"{"rule_id": "r", "global_rate_limit": 3}"#);
}

#[test]
fn a_reloaded_base_keeps_the_rules_over_it() {
    let mut rules = base();
    applied(&mut rules, r#"{"rule_id": "r", "global_rate_limit": 3}"#);
    let mut config = Config { passive: true, ..Config::default() };
    let with_rules = rules.rebase(config.clone()).unwrap();
    assert!(with_rules.passive);
    assert_eq!(with_rules.rate.limit.unwrap().to_string(), "3/min");
    config.ban.threshold = 0;
    assert!(rules.rebase(config).is_err());
    assert_eq!(rules.base().ban.threshold, 10);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn no_two_legal_entries_contradict_each_other(
        picks in proptest::collection::vec(any::<[bool; 4]>(), 4),
        switches in any::<[Option<bool>; 4]>(),
    ) {
        let picked = |row: usize, from: [&str; 4]| -> Vec<String> {
            from.iter().zip(picks[row]).filter(|(_, picked)| *picked).map(|(entry, _)| (*entry).into()).collect()
        };
        let mut document = RuleDocument::new("r", 1, NOW);
        document.blocked_countries = picked(0, ["DE", "FR", "KP", "US"]);
        document.whitelist_countries = picked(1, ["DE", "FR", "GB", "US"]);
        document.blocked_cloud_providers = picked(2, ["AWS", "AWS:!eu-west-1", "GCP", "GCP:!us-central1"]);
        document.suspicious_patterns = picked(3, ["a", "b", "a|b", "c+"]);
        document.enable_penetration_detection = switches[0];
        document.enable_ip_banning = switches[1];
        document.enable_rate_limiting = switches[2];
        document.enable_rate_limit_auto_ban = switches[3];
        let mut config = Config::default();
        config.rate.strikes = true;
        config.ban.class.push(crate::config::ClassBan::new(crate::config::StrikeReason::RateLimit, 2, Duration::from_secs(60)));
        let received = DynamicRules::new(config).receive(&document, NOW);
        prop_assert!(matches!(received, Ok(DocumentOutcome::Apply(_))), "{received:?}");
    }

    #[test]
    fn no_document_panics_and_what_is_applied_compiles(
        texts in proptest::collection::vec(".{0,12}", 0..6),
        numbers in proptest::collection::vec(any::<i64>(), 4),
        switches in any::<[Option<bool>; 4]>(),
    ) {
        let mut document = RuleDocument::new("r", numbers[0], NOW);
        document.ip_blacklist = texts.clone();
        document.blocked_countries = texts.clone();
        document.blocked_cloud_providers = texts.clone();
        document.blocked_user_agents = texts.clone();
        document.emergency_whitelist = texts.clone();
        document.endpoint_rate_limits = texts.iter().map(|text| (text.clone(), (numbers[1], numbers[2]))).collect();
        document.ip_ban_duration = numbers[3];
        document.global_rate_limit = Some(numbers[1]);
        document.auto_ban_threshold = Some(numbers[2].max(1));
        document.enable_ip_banning = switches[0];
        document.enable_rate_limiting = switches[1];
        document.enable_rate_limit_auto_ban = switches[2];
        document.emergency_mode = switches[3].unwrap_or(false);
        prop_assert_eq!(&RuleDocument::from_snapshot(&document.to_snapshot()).unwrap(), &document);
        let received = base().receive(&document, NOW).unwrap();
        prop_assert!(matches!(received, DocumentOutcome::Apply(applied) if applied.config.clone().compile().is_ok()));
    }
}
