//! Cases for `[hooks]`, `[log]` and `[events]`.

use crate::field_case::{ATTACK, FieldCase, PLAIN, Setup, field_case};

pub(super) const FIELD_CASES: &[FieldCase] = &[
    field_case("hooks.before", "", "", "hooks.before = ['teapot']", &[PLAIN]),
    field_case("hooks.after", "", "", "hooks.after = ['teapot']", &[PLAIN]),
    field_case("hooks.on_failure", "hooks.before = ['fails']", "", "hooks.on_failure = 'allow'", &[PLAIN]),
    field_case(
        "hooks.verifier",
        "",
        "[hooks]\nverifier = 'letmein'\n[[route]]\npattern = '/p'\ncredential = 'bearer'",
        "[hooks]\nverifier = 'fails'\n[[route]]\npattern = '/p'\ncredential = 'bearer'",
        &["target = '/p', headers = [['authorization', 'Bearer letmein']]"],
    ),
    field_case("log.requests", "", "", "log.requests = 'info'", &[PLAIN]).on(Setup::Service),
    field_case("log.rejections", "", "", "log.rejections = 'off'", &[ATTACK]).on(Setup::Service),
    field_case("log.muted_checks", "", "", "log.muted_checks = ['suspicious_activity']", &[ATTACK])
        .on(Setup::Service),
    field_case("events.enabled", "", "", "events.enabled = false", &[ATTACK]),
    field_case("events.muted", "", "", "events.muted = ['penetration_attempt']", &[ATTACK]),
    field_case("events.metrics", "", "", "events.metrics = false", &[PLAIN]).on(Setup::Service),
    field_case("events.muted_metrics", "", "", "events.muted_metrics = ['request_count']", &[PLAIN])
        .on(Setup::Service),
    field_case("events.enrich", "", "", "events.enrich = true", &[ATTACK]).on(Setup::Service),
    field_case("events.project", "events.enrich = true", "", "events.project = 'p'", &[ATTACK])
        .on(Setup::Service),
    field_case("events.service", "events.enrich = true", "", "events.service = 's'", &[ATTACK])
        .on(Setup::Service),
    field_case("events.environment", "events.enrich = true", "", "events.environment = 'e'", &[ATTACK])
        .on(Setup::Service),
];
