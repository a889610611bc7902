//! Every name of a Guard `SecurityConfig`: its type, its default in the family, and its equivalent here.
//!
//! One row per name. The converter reads values by it, and the table of names in the documentation is generated from
//! it.

use super::conversion::Conversion;
use super::convert;
use super::report::Owner;
use super::value::Kind::{self, *};

/// A name of the family.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// The family's default, as JSON.
    pub(super) default: &'static str,
    pub(super) mapping: Mapping,
}

/// The equivalent of a name.
pub(super) enum Mapping {
    /// It sets these fields.
    Field(&'static str, fn(&mut Conversion<'_>)),
    /// It modifies another name.
    Modifier(&'static str),
    /// It is passed to another component.
    External(Owner),
    /// It is passed to another component and sets these fields.
    Both(Owner, &'static str, fn(&mut Conversion<'_>)),
    /// It has no effect.
    Unsupported(&'static str),
}

use Mapping::{Both, External, Field, Modifier, Unsupported};

const fn row(name: &'static str, kind: Kind, default: &'static str, mapping: Mapping) -> Row {
    Row { name, kind, default, mapping }
}

const MONITOR: &str = "measures the run time of regular expressions; detection here takes linear time";
const BUDGET: &str = "limits the cost of detection, which is linear here: the whole input is inspected";
const SEMANTIC: &str = "there is no separate analyser to tune: recognisers parse the languages";
const LOGFIRE: &str = "is a Python product";
const EXPORT: &str = "the application exports, by a sink or by `tracing`";

const LEVELS: Kind = Choice(&["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], true);

/// The names, in the order of the family's model, by area.
pub(super) const ROWS: &[Row] = &[
    // The client's address.
    row("trusted_proxies", Texts, "[]", Field("client.trusted_proxies", convert::proxies)),
    row("trusted_proxy_depth", Int(1, i64::MAX), "1", Field("client.proxy_depth", convert::proxy_depth)),
    row("trust_x_forwarded_proto", Bool, "false", Field("client.trust_proto", convert::proto)),
    // Lists of addresses.
    row("whitelist", MaybeTexts, "null", Field("access.allow", convert::allow)),
    row("blacklist", Texts, "[]", Field("access.deny", convert::deny)),
    row("exempt_ips", Texts, "[]", Field("access.exempt", convert::exempt)),
    row("emergency_mode", Bool, "false", Field("emergency.enabled", convert::emergency)),
    row("emergency_whitelist", Texts, "[]", Field("emergency.allow", convert::emergency_allow)),
    row(
        "exclude_paths",
        Texts,
        r#"["/docs","/redoc","/openapi.json","/openapi.yaml","/favicon.ico","/static"]"#,
        Field("exclude_paths", convert::exclude_paths),
    ),
    // Countries and clouds.
    row("blocked_countries", MaybeTexts, "[]", Field("access.deny_countries", convert::deny_countries)),
    row("whitelist_countries", MaybeTexts, "[]", Field("access.allow_countries", convert::allow_countries)),
    row(
        "geo_ip_handler",
        Object,
        "null",
        Unsupported("is a Python object; facts come from `GuardBuilder::facts`"),
    ),
    row("ipinfo_token", MaybeText, "null", External(Owner::Feeds)),
    row("ipinfo_db_path", MaybeText, "\"data/ipinfo/country_asn.mmdb\"", External(Owner::Feeds)),
    row("geo_ip_db_max_age", Int(3600, 604_800), "86400", External(Owner::Feeds)),
    row("block_cloud_providers", MaybeTexts, "null", Field("access.deny_clouds", convert::clouds)),
    row("cloud_ip_refresh_interval", Int(60, 86_400), "3600", External(Owner::Feeds)),
    row(
        "cloud_ip_store",
        Object,
        "null",
        Unsupported("is a Python object; facts come from `GuardBuilder::facts`"),
    ),
    row(
        "lazy_init",
        Bool,
        "true",
        Unsupported("defers downloads in Python; feeds load in the background here"),
    ),
    // Limits.
    row("enable_rate_limiting", Bool, "true", Field("rate.enabled", convert::rate_enabled)),
    row("rate_limit", Int(i64::MIN, i64::MAX), "10", Field("rate.limit", convert::rate_limit)),
    row("rate_limit_window", Int(i64::MIN, i64::MAX), "60", Modifier("rate_limit")),
    row("endpoint_rate_limits", Map, "{}", Field("rate.endpoint", convert::endpoints)),
    row("enable_rate_limit_auto_ban", Bool, "false", Field("rate.strikes", convert::strikes)),
    // Bans.
    row("enable_ip_banning", Bool, "true", Field("ban.enabled", convert::ban_enabled)),
    row(
        "auto_ban_threshold",
        Int(1, i64::MAX),
        "10",
        Field("ban.threshold, ban.window", convert::ban_threshold),
    ),
    row("auto_ban_duration", Int(1, i64::MAX), "3600", Field("ban.duration", convert::ban_duration)),
    row("threat_ban_config", Map, "{}", Field("ban.class", convert::class_bans)),
    // Detection.
    row("enable_penetration_detection", Bool, "true", Field("detect.enabled", convert::detect_enabled)),
    row(
        "enabled_detection_categories",
        Texts,
        r#"["cmd_injection","cms_probing","code_injection","deserialization","dir_traversal","file_inclusion","file_upload","http_split","ldap","nosql","path_traversal","proto_pollution","recon","sensitive_file","sqli","ssrf","template","xml","xss"]"#,
        Field("detect.classes", convert::classes),
    ),
    row(
        "detection_threat_score_threshold",
        Float(0.0, 10.0),
        "1.0",
        Field("detect.threshold", convert::threshold),
    ),
    row("detection_semantic_threshold", Float(0.0, 1.0), "0.7", Unsupported(SEMANTIC)),
    row("detection_scan_body", Bool, "true", Field("body.inspect", convert::scan_body)),
    row(
        "detection_max_body_inspect_bytes",
        Int(1024, 10_485_760),
        "262144",
        Field("body.limit, detect.on_incomplete", convert::body_limit),
    ),
    row("detection_max_content_length", Int(1000, 100_000), "10000", Unsupported(BUDGET)),
    row("detection_max_scan_values", Int(2, 100_000), "512", Unsupported(BUDGET)),
    row("detection_max_scan_chars", Int(1024, 262_144), "65536", Unsupported(BUDGET)),
    row("detection_max_scan_seconds", Float(0.1, 60.0), "10.0", Unsupported(BUDGET)),
    row(
        "detection_max_json_depth",
        Int(1, 1000),
        "32",
        Unsupported("the depth of bodies is bounded by the engine itself"),
    ),
    row("detection_binary_min_run_length", Int(4, 1024), "16", Unsupported(BUDGET)),
    row(
        "detection_preserve_attack_patterns",
        Bool,
        "true",
        Unsupported("values are not truncated before inspection"),
    ),
    row("detection_compiler_timeout", Float(0.1, 10.0), "2.0", Unsupported(MONITOR)),
    row("detection_pattern_validation_cache_path", MaybeText, "null", Unsupported(MONITOR)),
    row("detection_anomaly_threshold", Float(1.0, 10.0), "3.0", Unsupported(MONITOR)),
    row("detection_slow_pattern_threshold", Float(0.01, 1.0), "0.1", Unsupported(MONITOR)),
    row("detection_monitor_history_size", Int(100, 10_000), "1000", Unsupported(MONITOR)),
    row("detection_max_tracked_patterns", Int(100, 5000), "1000", Unsupported(MONITOR)),
    row("detection_anomaly_emission_cooldown", Float(1.0, 3600.0), "60.0", Unsupported(MONITOR)),
    row("detection_min_samples_for_anomaly", Int(10, 1000), "30", Unsupported(MONITOR)),
    row("excluded_detection_headers", Texts, "[]", Field("detect.exclude", convert::excluded_headers)),
    row("excluded_semantic_detection_headers", Texts, "[]", Unsupported(SEMANTIC)),
    row("excluded_detection_params", Texts, "[]", Field("detect.exclude", convert::excluded_params)),
    row("excluded_detection_body_fields", Texts, "[]", Field("detect.exclude", convert::excluded_fields)),
    // Behaviour.
    row("global_behavior_rules", Entries, "[]", Field("behaviour.rule", convert::behaviour)),
    row(
        "behavior_scan_response_body",
        Bool,
        "false",
        Field("behaviour.inspect_responses", convert::inspect_responses),
    ),
    row(
        "behavior_max_response_body_inspect_bytes",
        Int(1024, 10_485_760),
        "262144",
        Field("behaviour.response_prefix", convert::response_prefix),
    ),
    // HTTPS, headers, CORS.
    row(
        "enforce_https",
        Bool,
        "false",
        Field("site.https, site.https_port, site.insecure_redirect_to_any_host", convert::https),
    ),
    row(
        "security_headers",
        MaybeMap,
        r#"{"enabled":true,"hsts":{"max_age":31536000,"include_subdomains":true,"preload":false},"csp":null,"frame_options":"SAMEORIGIN","content_type_options":"nosniff","xss_protection":"1; mode=block","referrer_policy":"strict-origin-when-cross-origin","permissions_policy":"geolocation=(), microphone=(), camera=()","custom":null}"#,
        Field("headers", convert::headers),
    ),
    row("enable_cors", Bool, "false", Field("cors.enabled", convert::cors_enabled)),
    row("cors_allow_origins", Texts, r#"["*"]"#, Field("cors.origins", convert::cors_origins)),
    row(
        "cors_allow_methods",
        Texts,
        r#"["GET","POST","PUT","PATCH","DELETE","OPTIONS"]"#,
        Field("cors.methods", convert::cors_methods),
    ),
    row("cors_allow_headers", Texts, r#"["*"]"#, Field("cors.headers", convert::cors_headers)),
    row("cors_allow_credentials", Bool, "false", Field("cors.credentials", convert::cors_credentials)),
    row("cors_expose_headers", Texts, "[]", Field("cors.expose", convert::cors_expose)),
    row("cors_max_age", Int(0, i64::MAX), "600", Field("cors.max_age", convert::cors_max_age)),
    // Responses and callbacks.
    row("custom_error_responses", Map, "{}", Field("errors.bodies", convert::error_bodies)),
    row(
        "custom_request_check",
        Object,
        "null",
        Unsupported("is a Python object; register a hook and name it in `hooks.after`"),
    ),
    row(
        "custom_response_modifier",
        Object,
        "null",
        Unsupported("is a Python object; pass a function to `GuardBuilder::modify`"),
    ),
    row(
        "auth_verifier",
        Object,
        "null",
        Unsupported("is a Python object; register a verifier and name it in `hooks.verifier`"),
    ),
    row(
        "on_block",
        Object,
        "null",
        Unsupported("is a Python object; pass a function to `GuardBuilder::on_block`"),
    ),
    row("on_error", Object, "null", Unsupported("is a Python object; register a sink")),
    // Modes and failures.
    row("passive_mode", Bool, "false", Field("passive", convert::passive)),
    row("fail_secure", Bool, "true", Field("hooks.on_failure, client.on_unknown", convert::fail_secure)),
    row(
        "redis_fail_open",
        Bool,
        "false",
        Both(Owner::Store, "rate.on_unavailable, ban.on_unavailable", convert::fail_open),
    ),
    row("route_resolution_strict", Bool, "false", Field("strict_routes", convert::strict_routes)),
    row("body_read_timeout", Float(0.001, 30.0), "3.0", Field("body.timeout", convert::body_timeout)),
    row("sync_body_read_max_concurrent", Int(1, 10_000), "64", Unsupported("limits WSGI threads in Python")),
    // Redis.
    row("enable_redis", Bool, "true", External(Owner::Store)),
    row("redis_url", MaybeText, "\"redis://localhost:6379\"", External(Owner::Store)),
    row("redis_prefix", Text, "\"guard_core:\"", External(Owner::Store)),
    row(
        "redis_socket_connect_timeout",
        MaybeFloat(f64::MIN_POSITIVE, f64::MAX),
        "2.0",
        External(Owner::Store),
    ),
    row("redis_socket_timeout", MaybeFloat(f64::MIN_POSITIVE, f64::MAX), "2.0", External(Owner::Store)),
    row("redis_health_check_interval", Int(0, i64::MAX), "30", External(Owner::Store)),
    row("redis_max_connections", MaybeInt(1, i64::MAX), "null", External(Owner::Store)),
    row("redis_retries", Int(0, i64::MAX), "1", External(Owner::Store)),
    // Logging.
    row("custom_log_file", MaybeText, "null", External(Owner::Subscriber)),
    row("log_format", Choice(&["text", "json"], false), "\"text\"", External(Owner::Subscriber)),
    row("log_suspicious_level", LEVELS, "\"WARNING\"", Field("log.rejections", convert::log_rejections)),
    row("log_request_level", LEVELS, "null", Field("log.requests", convert::log_requests)),
    row("log_country_check_level", LEVELS, "\"INFO\"", Unsupported("allowed countries are not logged here")),
    row("muted_check_logs", Texts, "[]", Field("log.muted_checks", convert::muted_checks)),
    row("log_sensitive_headers", Texts, "[]", Field("detect.sensitive", convert::sensitive_headers)),
    row("log_sensitive_params", Texts, "[]", Field("detect.sensitive", convert::sensitive_params)),
    row("log_sensitive_body_fields", Texts, "[]", Field("detect.sensitive", convert::sensitive_fields)),
    row("blocked_user_agents", Texts, "[]", Field("access.deny_user_agents", convert::user_agents)),
    // The agent.
    row("enable_agent", Bool, "false", Both(Owner::Agent, "needs `agent_api_key`", convert::agent)),
    row("agent_api_key", MaybeText, "null", External(Owner::Agent)),
    row("agent_endpoint", Text, "\"https://api.guard-core.com\"", External(Owner::Agent)),
    row("agent_project_id", MaybeText, "null", Both(Owner::Agent, "events.project", convert::project)),
    row("agent_project_encryption_key", MaybeText, "null", External(Owner::Agent)),
    row("agent_payload_signing_secret", MaybeText, "null", External(Owner::Agent)),
    row("agent_buffer_size", Int(i64::MIN, i64::MAX), "100", External(Owner::Agent)),
    row("agent_flush_interval", Int(i64::MIN, i64::MAX), "30", External(Owner::Agent)),
    row("agent_enable_events", Bool, "true", Both(Owner::Agent, "events.enabled", convert::events)),
    row("agent_enable_metrics", Bool, "true", Both(Owner::Agent, "events.metrics", convert::metrics)),
    row("agent_timeout", Int(i64::MIN, i64::MAX), "30", External(Owner::Agent)),
    row("agent_retry_attempts", Int(i64::MIN, i64::MAX), "3", External(Owner::Agent)),
    row("agent_backoff_factor", MaybeFloat(f64::MIN, f64::MAX), "null", External(Owner::Agent)),
    row("agent_high_watermark_ratio", MaybeFloat(f64::MIN, f64::MAX), "null", External(Owner::Agent)),
    row("agent_max_concurrent_flushes", MaybeInt(i64::MIN, i64::MAX), "null", External(Owner::Agent)),
    row(
        "agent_buffer_overflow_policy",
        Choice(&["drop", "block", "raise"], true),
        "null",
        External(Owner::Agent),
    ),
    row("agent_sensitive_headers", MaybeTexts, "null", External(Owner::Agent)),
    row("agent_max_payload_size", MaybeInt(i64::MIN, i64::MAX), "null", External(Owner::Agent)),
    row("agent_compression_enabled", MaybeBool, "null", External(Owner::Agent)),
    row("agent_compression_threshold", MaybeInt(i64::MIN, i64::MAX), "null", External(Owner::Agent)),
    row("agent_install_id", MaybeText, "null", External(Owner::Agent)),
    row("agent_guard_version", MaybeText, "null", External(Owner::Agent)),
    row("agent_status_interval", Int(60, 86_400), "300", External(Owner::Agent)),
    row("agent_strict", Bool, "false", External(Owner::Agent)),
    row(
        "enable_dynamic_rules",
        Bool,
        "false",
        Both(Owner::Agent, "needs `enable_agent`", convert::dynamic_rules),
    ),
    row("dynamic_rule_interval", Int(60, i64::MAX), "300", External(Owner::Agent)),
    row("dynamic_rules_cache_path", MaybeText, "null", Both(Owner::Agent, "not empty", convert::cache_path)),
    row("enable_enrichment", Bool, "false", Field("events.enrich", convert::enrich)),
    row("muted_event_types", Texts, "[]", Field("events.muted", convert::muted_events)),
    row("muted_metric_types", Texts, "[]", Field("events.muted_metrics", convert::muted_metrics)),
    // OpenTelemetry and Logfire.
    row("enable_otel", Bool, "false", Unsupported(EXPORT)),
    row("otel_service_name", Text, "\"guard-core\"", Field("events.service", convert::service)),
    row("otel_exporter_endpoint", MaybeText, "null", Unsupported(EXPORT)),
    row("otel_resource_attributes", Map, "{}", Unsupported(EXPORT)),
    row("enable_logfire", Bool, "false", Unsupported(LOGFIRE)),
    row("logfire_service_name", Text, "\"guard-core\"", Unsupported(LOGFIRE)),
];

/// The last column of the table of names.
pub(super) fn describe_mapping(row: &Row) -> alloc::string::String {
    use alloc::format;
    let fields = |names: &str| {
        let names: alloc::vec::Vec<_> = names.split(", ").map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    match &row.mapping {
        Field(names, _) => fields(names),
        Modifier(name) => format!("with `{name}`"),
        External(owner) => format!("for {}", owner.phrase()),
        Both(owner, names, _) if names.contains(' ') => format!("for {}; {names}", owner.phrase()),
        Both(owner, names, _) => format!("for {}; {}", owner.phrase(), fields(names)),
        Unsupported(why) => format!("no effect: {why}"),
    }
}
