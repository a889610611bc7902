//! Every name of the family has the same effect here, or the report explains why not.

use std::string::{String, ToString};
use std::vec::Vec;

use super::names::ROWS;
use super::{Outcome, Owner, Setting, convert, names};
use crate::config::{Config, HumanDuration, OnIncomplete, OnUnavailable};
use crate::detect::Class;

fn config(json: &str) -> Config {
    convert(json).unwrap_or_else(|errors| panic!("{json}: {errors}")).config
}

fn errors(json: &str) -> Vec<String> {
    convert(json).expect_err(json).iter().map(ToString::to_string).collect()
}

fn outcome(json: &str, name: &str) -> Outcome {
    convert(json).unwrap().report.of(name).cloned().unwrap_or_else(|| panic!("{name} is not reported"))
}

#[test]
fn all_131_names_are_there_once() {
    let mut names: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), 131);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 131);
    assert_eq!(super::names().lines().count(), 133);
}

#[test]
fn the_fact_sheet_has_no_other_names() {
    let Some(path) = crate::compat::shared("facts/config.md") else { return };
    let sheet = std::fs::read_to_string(path).unwrap();
    let fields = sheet.split("\n## 2.").nth(1).unwrap().split("\n## 3.").next().unwrap();
    let rows = fields.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let mut found = 0;
    for name in rows {
        assert!(ROWS.iter().any(|row| row.name == name), "{name}");
        found += 1;
    }
    assert!(found >= 120, "{found}");
}

#[test]
fn an_empty_document_is_the_familys_defaults() {
    let converted = convert("{}").unwrap();
    let config = &converted.config;
    assert_eq!(config.rate.limit.unwrap().to_string(), "10/min");
    assert_eq!((config.ban.threshold, config.ban.duration), (10, HumanDuration::secs(3600)));
    assert_eq!((config.body.limit.0, config.body.timeout), (262_144, HumanDuration::secs(3)));
    assert_eq!(config.detect.on_incomplete, OnIncomplete::Allow);
    assert_eq!(config.exclude_paths.len(), 6);
    assert_eq!(config.headers.cross_origin_embedder_policy.as_deref(), Some("require-corp"));
    assert_eq!((config.headers.hsts.max_age, config.site.https_port), (31_536_000, None));
    assert_eq!(config.rate.on_unavailable, OnUnavailable::Deny, "Redis is on and fails closed");
    let own = ["ssi", "open_redirect", "graphql", "scanner", "session_fixation"];
    let expected = Class::ALL.map(Class::name).into_iter().filter(|name| !own.contains(name));
    let classes: Vec<_> = config.detect.classes.iter().map(|class| class.name()).collect();
    assert_eq!(classes, expected.collect::<Vec<_>>(), "all classes of the family");
    assert_eq!(converted.setting("redis_prefix").and_then(Setting::text), Some("guard_core:"));
    assert_eq!(converted.setting("dynamic_rule_interval"), Some(&Setting::Number(300)));
    assert_eq!(converted.setting("rate_limit"), None);
    config.clone().compile().unwrap();
}

#[test]
fn values_are_coerced_as_pydantic_does() {
    let json = r#"{"rate_limit": "5", "rate_limit_window": 10.0, "passive_mode": "yes", "enable_cors": 1,
        "custom_error_responses": {"400": "no"}, "endpoint_rate_limits": {"/a": ["5", 60]}, "body_read_timeout": "1.5"}"#;
    let config = config(json);
    assert_eq!(config.rate.limit.unwrap().to_string(), "5/10s");
    assert!(config.passive && config.cors.enabled);
    assert_eq!(config.errors.bodies["400"], "no");
    assert_eq!(config.rate.endpoint[0].limit.to_string(), "5/min");
    assert_eq!(config.body.timeout.to_string(), "1500ms");
}

#[test]
fn all_values_that_the_family_rejects_are_reported_at_once() {
    let json = r#"{"whitelist": "10.0.0.1", "trusted_proxy_depth": 0, "rate_limit": "many", "passive_mode": "maybe"}"#;
    assert_eq!(
        errors(json),
        [
            "trusted_proxy_depth: 0 is out of range",
            "whitelist: expected a list of strings, found a string",
            "rate_limit: expected a whole number, found a string",
            "passive_mode: expected true or false, found a string",
        ]
    );
    for (json, expected) in [
        (r#"{"blacklist": ["10.0.0.0/8", "x"]}"#, "blacklist[1]: `x` is not an address or network"),
        (r#"{"emergency_whitelist": ["x"]}"#, "emergency_whitelist[0]: `x` is not an address or network"),
        (r#"{"trusted_proxies": ["x"]}"#, "trusted_proxies[0]: `x` is not an address"),
        (r#"{"block_cloud_providers": ["aws"]}"#, "block_cloud_providers: `aws` is not one of `AWS`"),
        (r#"{"enable_agent": true}"#, "enable_agent: needs `agent_api_key`"),
        (r#"{"enable_dynamic_rules": true}"#, "enable_dynamic_rules: needs `enable_agent`"),
        (r#"{"enable_enrichment": true}"#, "enable_enrichment: needs `enable_agent`"),
        (
            r#"{"enabled_detection_categories": ["cats"]}"#,
            "enabled_detection_categories: `cats` is not a category",
        ),
        (r#"{"threat_ban_config": {"cats": {}}}"#, "threat_ban_config.cats: is not a category"),
        (
            r#"{"threat_ban_config": {"sqli": {"threshold": 0, "duration": 1}}}"#,
            "threat_ban_config.sqli: `threshold`: 0 is out of range; write 1 or more",
        ),
        (
            r#"{"enable_cors": true, "cors_allow_credentials": true}"#,
            "cors_allow_credentials: the origin `*` is incompatible with credentials",
        ),
        (r#"{"rate_limit": 0}"#, "rate_limit: would reject every request"),
        (r#"{"rate_limit_window": -1}"#, "rate_limit: needs a window of 1 to 2678400 seconds"),
        (
            r#"{"endpoint_rate_limits": {"/a": [1, 2, 3]}}"#,
            "endpoint_rate_limits./a: expected a limit and a window",
        ),
        (r#"{"dynamic_rules_cache_path": " "}"#, "dynamic_rules_cache_path: must not be empty"),
        (r#"{"muted_check_logs": ["cats"]}"#, "muted_check_logs[0]: `cats` is not a check"),
        (r#"{"log_request_level": "warning"}"#, "log_request_level: `warning` is not one of `DEBUG`"),
        (
            r#"{"global_behavior_rules": [{"rule_type": "return_pattern", "threshold": 1, "pattern": "json:a==1"}]}"#,
            "global_behavior_rules[0]: a pattern that is not `status:` needs `behavior_scan_response_body`",
        ),
        (r#"{"auto_ban_threshold": 5000000000}"#, "auto_ban_threshold: 5000000000 is out of range"),
        ("[]", "expected a table of names, found a list"),
    ] {
        let found = errors(json);
        assert!(found[0].starts_with(expected), "{json}: {found:?}");
    }
}

#[test]
fn the_report_has_an_outcome_for_every_given_name() {
    for row in ROWS {
        let json = std::format!("{{\"{}\": {}}}", row.name, row.default);
        let converted = convert(&json).unwrap_or_else(|errors| panic!("{json}: {errors}"));
        assert!(converted.report.of(row.name).is_some(), "{}", row.name);
        assert!(!converted.report.iter().any(|entry| matches!(entry.outcome, Outcome::Unknown(_))));
        assert_eq!(converted.config, config("{}"), "{}: an explicit default changes nothing", row.name);
    }
    assert_eq!(outcome(r#"{"redis_url": "x"}"#, "redis_url"), Outcome::External(Owner::Store));
    assert_eq!(outcome(r#"{"raet_limit": 1}"#, "raet_limit"), Outcome::Unknown(Some("rate_limit")));
    assert_eq!(outcome(r#"{"passive_mode": true}"#, "passive_mode"), Outcome::Mapped("passive"));
    let inert = r#"{"whitelist": ["10.0.0.1"], "blacklist": ["10.0.0.2"], "exempt_ips": ["10.0.0.3"],
        "whitelist_countries": ["DE"], "blocked_countries": ["KP"], "enable_ip_banning": false,
        "enable_rate_limit_auto_ban": true, "trust_x_forwarded_proto": true, "excluded_detection_headers": ["x-a"]}"#;
    let names = [
        "blacklist",
        "exempt_ips",
        "blocked_countries",
        "enable_rate_limit_auto_ban",
        "trust_x_forwarded_proto",
    ];
    for name in names {
        assert!(matches!(outcome(inert, name), Outcome::NoEffect(_)), "{name}");
    }
    assert!(config(inert).compile().is_ok());
}

#[test]
fn contradictions_that_the_family_accepts_convert_and_are_reported() {
    for (json, name) in [
        (r#"{"block_cloud_providers": ["AWS", "AWS:!eu-west-1"]}"#, "block_cloud_providers"),
        (r#"{"cors_allow_origins": ["*", "https://a.example"]}"#, "cors_allow_origins"),
        (r#"{"enable_cors": true, "cors_allow_origins": []}"#, "cors_allow_origins"),
        (r#"{"cors_allow_methods": ["GET", "*"]}"#, "cors_allow_methods"),
        (
            r#"{"enable_cors": true, "cors_allow_origins": ["https://a.example"], "cors_allow_credentials": true,
                "cors_expose_headers": ["*"]}"#,
            "cors_expose_headers",
        ),
        (r#"{"enable_cors": true, "cors_max_age": 604800}"#, "cors_max_age"),
        (r#"{"custom_error_responses": {"200": "fine"}}"#, "custom_error_responses"),
        (
            r#"{"security_headers": {"hsts": {"max_age": 60}, "custom": {"Strict-Transport-Security": "max-age=1"}}}"#,
            "security_headers",
        ),
        (r#"{"exclude_paths": ["/a//b", "/static"]}"#, "exclude_paths"),
        (r#"{"endpoint_rate_limits": {"login": [5, 60]}}"#, "endpoint_rate_limits"),
        (r#"{"muted_metric_types": ["bandwidth_usage", "error_rate"]}"#, "muted_metric_types"),
        (
            r#"{"enable_rate_limit_auto_ban": false, "threat_ban_config": {"rate_limit": {"threshold": 1, "duration": 1}}}"#,
            "threat_ban_config",
        ),
        (
            r#"{"enable_penetration_detection": true, "enabled_detection_categories": []}"#,
            "enabled_detection_categories",
        ),
    ] {
        let reported = outcome(json, name);
        assert!(matches!(reported, Outcome::NoEffect(_) | Outcome::Approximated(_)), "{json}: {reported:?}");
        assert!(config(json).compile().is_ok(), "{json}");
    }
    let carved = config(r#"{"block_cloud_providers": ["AWS", "AWS:!eu-west-1"]}"#);
    assert_eq!(carved.access.deny_clouds[0].to_string(), "AWS:!eu-west-1");
    assert_eq!(config(r#"{"exclude_paths": ["/a//b", "/static"]}"#).exclude_paths, ["/static"]);
}

#[test]
fn a_map_of_headers_replaces_the_defaults_and_loses_hsts() {
    let partial = r#"{"security_headers": {"frame_options": "DENY", "permissions_policy": null,
        "csp": {"default-src": ["'self'"], "upgrade-insecure-requests": []}, "custom": {"x-a": "b"}}}"#;
    let headers = config(partial).headers;
    assert_eq!((headers.hsts.max_age, headers.frame_options.as_deref()), (0, Some("DENY")));
    assert_eq!(headers.permissions_policy, None);
    assert_eq!(headers.referrer_policy.as_deref(), Some("strict-origin-when-cross-origin"));
    assert_eq!(headers.content_security_policy.unwrap().0, "default-src 'self'; upgrade-insecure-requests");
    assert_eq!(headers.custom["x-a"], "b");
    let Outcome::Approximated(why) = outcome(partial, "security_headers") else { panic!("not reported") };
    assert!(why.contains("no `Strict-Transport-Security`"), "{why}");
    for off in ["{}", "null", r#"{"enabled": false}"#] {
        assert!(!config(&std::format!("{{\"security_headers\": {off}}}")).headers.enabled, "{off}");
    }
    let hsts = config(
        r#"{"security_headers": {"hsts": {"max_age": 60, "include_subdomains": false, "preload": true}}}"#,
    );
    assert_eq!((hsts.headers.hsts.preload, hsts.headers.hsts.include_subdomains), (false, true));
}

#[test]
fn categories_map_to_classes_with_the_strictest_threshold() {
    let json = r#"{"threat_ban_config": {"path_traversal": {"threshold": 5, "duration": 60},
        "file_inclusion": {"threshold": 2, "duration": 90}, "ldap": {"threshold": 1, "duration": 1}}}"#;
    let config = config(json);
    let bans: Vec<_> =
        config.ban.class.iter().map(|ban| (ban.class.unwrap().name(), ban.threshold, ban.duration)).collect();
    assert_eq!(
        bans,
        [("path_traversal", 2, HumanDuration::secs(90)), ("ldap_injection", 1, HumanDuration::secs(1))]
    );
    let Outcome::Approximated(why) = outcome(json, "threat_ban_config") else { panic!("not reported") };
    assert!(why.contains("share the lowest threshold"), "{why}");
}

#[test]
fn only_the_strictest_thresholds_are_kept() {
    // The last category has the lowest threshold. Three categories are traversal.
    let mut categories: Vec<_> = Class::ALL.iter().flat_map(|class| class.family_categories()).collect();
    categories.sort_unstable();
    let entries = categories.iter().rev().enumerate().map(|(at, category)| {
        std::format!("\"{category}\": {{\"threshold\": {}, \"duration\": 60}}", at + 1)
    });
    let entries: Vec<_> = entries.collect();
    let json = std::format!("{{\"threat_ban_config\": {{{}}}}}", entries.join(", "));
    let config = config(&json);
    assert_eq!(config.ban.class.len(), 12);
    assert!(config.ban.class.iter().all(|ban| ban.threshold <= 12), "{:?}", config.ban.class);
    assert!(config.ban.class.iter().any(|ban| ban.class == Some(Class::Xss.into()) && ban.threshold == 1));
    let Outcome::Approximated(why) = outcome(&json, "threat_ban_config") else { panic!("not reported") };
    assert!(why.contains("at most 12 classes") && why.contains("`code_injection`"), "{why}");
    config.compile().unwrap();
}

#[test]
fn headers_that_the_family_excludes_are_excluded() {
    let excluded = config(r#"{"excluded_detection_headers": ["x-callback"]}"#).detect.exclude;
    assert!(excluded.iter().any(|exclude| {
        exclude.header.as_ref().is_some_and(|name| name == "x-callback") && exclude.class == Some(Class::Ssrf)
    }));
}

#[test]
fn https_redirects_to_any_host_and_reports_it() {
    let config = config(r#"{"enforce_https": true}"#);
    assert!(config.site.https && config.site.insecure_redirect_to_any_host);
    assert!(matches!(outcome(r#"{"enforce_https": true}"#, "enforce_https"), Outcome::Approximated(_)));
}

#[test]
fn secrets_are_not_shown() {
    let converted =
        convert(r#"{"agent_api_key": "hush-hush", "redis_url": "redis://:hush-hush@cache"}"#).unwrap();
    assert!(!std::format!("{converted:?}").contains("hush"));
    assert_eq!(converted.setting("agent_api_key").and_then(Setting::text), Some("hush-hush"));
}

#[test]
fn configurations_of_the_familys_own_suites_convert() {
    let Some(path) = crate::compat::shared("vectors/guard") else { return };
    let entries = std::fs::read_dir(path).unwrap();
    let mut converted = 0;
    for entry in entries.map(|entry| entry.unwrap().path()) {
        let name = entry.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("pipeline_") && name != "event_stream.json" {
            continue;
        }
        let suite: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(&entry).unwrap()).unwrap();
        each_config(&suite, &mut |config| {
            let text = config.to_string();
            // The test harness passes dynamic rules and categories to the engine beside the configuration.
            if let Err(errors) = convert(&text) {
                let allowed = ["cors_allow_credentials", "enable_dynamic_rules"];
                assert!(
                    errors.iter().all(|error| allowed.contains(&error.path())),
                    "{name}: {text}: {errors}"
                );
            }
            converted += 1;
        });
    }
    assert!(converted > 10, "{converted}");
}

fn each_config(value: &serde_json::Value, visit: &mut dyn FnMut(&serde_json::Value)) {
    match value {
        serde_json::Value::Array(values) => values.iter().for_each(|value| each_config(value, visit)),
        serde_json::Value::Object(map) => {
            for (name, value) in map {
                if name == "config" && value.is_object() {
                    visit(value);
                }
                each_config(value, visit);
            }
        }
        _ => {}
    }
}

#[test]
fn the_table_of_names_has_every_mapping() {
    let table = names();
    assert!(table.contains("| `rate_limit` | `10` | `rate.limit` |\n"));
    assert!(table.contains("| `rate_limit_window` | `60` | with `rate_limit` |\n"));
    assert!(table.contains("| `redis_retries` | `1` | for the store |\n"));
}
