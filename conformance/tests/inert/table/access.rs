//! Cases for `[client]`, `[site]`, `[access]`, `[trap]` and `[emergency]`.

use crate::field_case::{ATTACK, FACTS, FORWARDED, FieldCase, PLAIN, field_case};

pub(super) const FIELD_CASES: &[FieldCase] = &[
    field_case("passive", "", "passive = false", "passive = true", &[ATTACK]),
    field_case("shadow", "", "", "shadow = [\"suspicious_activity\"]", &[ATTACK]),
    field_case("exclude_paths", "", "", "exclude_paths = ['/']", &[ATTACK]),
    field_case("strict_routes", "", "", "strict_routes = true", &[PLAIN]),
    field_case("client.trusted_proxies", "", "", "client.trusted_proxies = ['192.0.2.7']", &[FORWARDED]),
    field_case(
        "client.proxy_depth",
        "client.trusted_proxies = ['192.0.2.7', '203.0.113.2']",
        "client.proxy_depth = 1",
        "client.proxy_depth = 2",
        &[FORWARDED],
    ),
    field_case(
        "client.header",
        "client.trusted_proxies = ['192.0.2.7']",
        "",
        "client.header = 'forwarded'",
        &[FORWARDED],
    ),
    field_case(
        "client.trust_proto",
        "client.trusted_proxies = ['192.0.2.7']",
        "",
        "client.trust_proto = true",
        &[FORWARDED],
    ),
    field_case(
        "client.ipv6_prefix",
        "rate.limit = '1/min'",
        "",
        "client.ipv6_prefix = 128",
        &["target = '/', peer = '[2001:db8::1]'", "target = '/', peer = '[2001:db8::2]'"],
    ),
    field_case("client.on_unknown", "", "", "client.on_unknown = 'allow'", &["target = '/', peer = 'unix'"]),
    field_case(
        "site.hosts",
        "",
        "",
        "site.hosts = ['example.com']",
        &["target = '/', headers = [['host', 'other.example']]"],
    ),
    field_case(
        "site.https",
        "site.hosts = ['example.com']",
        "",
        "site.https = true",
        &["target = '/', headers = [['host', 'example.com:8080']]"],
    ),
    field_case(
        "site.https_port",
        "site.https = true\nsite.hosts = ['example.com']",
        "",
        "site.https_port = 8443",
        &["target = '/', headers = [['host', 'example.com:8080']]"],
    ),
    field_case(
        "site.insecure_redirect_to_any_host",
        "site.https = true",
        "site.insecure_redirect_to_any_host = true",
        "",
        &["target = '/', headers = [['host', 'example.com:8080']]"],
    )
    .permission_for("site.https"),
    field_case("emergency.enabled", "", "", "emergency.enabled = true", &[PLAIN]),
    field_case(
        "emergency.allow",
        "emergency.enabled = true",
        "",
        "emergency.allow = ['192.0.2.7']",
        &[PLAIN],
    ),
    field_case("access.allow", "", "", "access.allow = ['10.0.0.0/8']", &[PLAIN]),
    field_case("access.deny", "", "", "access.deny = ['192.0.2.7']", &[PLAIN]),
    field_case("access.exempt", "rate.limit = '1/min'", "", "access.exempt = ['192.0.2.7']", &[PLAIN, PLAIN]),
    field_case(
        "access.deny_user_agents",
        "",
        "",
        "access.deny_user_agents = ['bot']",
        &["target = '/', headers = [['user-agent', 'bot']]"],
    ),
    field_case(
        "access.allow_countries",
        "",
        "access.allow_countries = ['DE']",
        "access.allow_countries = ['FR']",
        &[PLAIN],
    )
    .facts(FACTS),
    field_case(
        "access.deny_countries",
        "",
        "access.deny_countries = ['DE']",
        "access.deny_countries = ['FR']",
        &[PLAIN],
    )
    .facts(FACTS),
    field_case(
        "access.deny_clouds",
        "",
        "access.deny_clouds = ['AWS']",
        "access.deny_clouds = ['AWS:!eu-west-1']",
        &[PLAIN],
    )
    .facts(FACTS),
    field_case(
        "access.deny_lists",
        "",
        "access.deny_lists = ['tor']",
        "access.deny_lists = ['vpn']",
        &[PLAIN],
    )
    .facts(FACTS),
    field_case(
        "access.on_missing_facts",
        "access.deny_countries = ['DE']",
        "",
        "access.on_missing_facts = 'deny'",
        &[PLAIN],
    ),
    field_case("trap.paths", "", "", "trap.paths = ['/.env']", &["target = '/.env'"]),
    field_case(
        "trap.ban_for",
        "trap.paths = ['/.env']",
        "trap.ban_for = '1s'",
        "trap.ban_for = '2h'",
        &["target = '/.env'", "at = '10s', target = '/'"],
    ),
];
