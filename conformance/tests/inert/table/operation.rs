//! Witnesses of the service around the engine.

use crate::witness::{ATTACK, PLAIN, Scene, Witness, witness};

pub(super) const WITNESSES: &[Witness] = &[
    witness("hooks.before", "", "", "hooks.before = ['teapot']", &[PLAIN]),
    witness("hooks.after", "", "", "hooks.after = ['teapot']", &[PLAIN]),
    witness("hooks.on_failure", "hooks.before = ['fails']", "", "hooks.on_failure = 'allow'", &[PLAIN]),
    witness(
        "hooks.verifier",
        "",
        "[hooks]\nverifier = 'letmein'\n[[route]]\npattern = '/p'\ncredential = 'bearer'",
        "[hooks]\nverifier = 'fails'\n[[route]]\npattern = '/p'\ncredential = 'bearer'",
        &["target = '/p', headers = [['authorization', 'Bearer letmein']]"],
    ),
    witness("log.requests", "", "", "log.requests = 'info'", &[PLAIN]).during(Scene::Service),
    witness("log.refusals", "", "", "log.refusals = 'off'", &[ATTACK]).during(Scene::Service),
    witness("log.muted_checks", "", "", "log.muted_checks = ['suspicious_activity']", &[ATTACK])
        .during(Scene::Service),
    witness("events.enabled", "", "", "events.enabled = false", &[ATTACK]),
    witness("events.muted", "", "", "events.muted = ['penetration_attempt']", &[ATTACK]),
    witness("events.metrics", "", "", "events.metrics = false", &[PLAIN]).during(Scene::Service),
    witness("events.muted_metrics", "", "", "events.muted_metrics = ['request_count']", &[PLAIN])
        .during(Scene::Service),
    witness("events.enrich", "", "", "events.enrich = true", &[ATTACK]).during(Scene::Service),
    witness("events.project", "events.enrich = true", "", "events.project = 'p'", &[ATTACK])
        .during(Scene::Service),
    witness("events.service", "events.enrich = true", "", "events.service = 's'", &[ATTACK])
        .during(Scene::Service),
    witness("events.environment", "events.enrich = true", "", "events.environment = 'e'", &[ATTACK])
        .during(Scene::Service),
];
