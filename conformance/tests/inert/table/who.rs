//! Witnesses of who asks, and where.

use crate::witness::{ATTACK, FACTS, FORWARDED, PLAIN, Witness, witness};

pub(super) const WITNESSES: &[Witness] = &[
    witness("passive", "", "passive = false", "passive = true", &[ATTACK]),
    witness("shadow", "", "", "shadow = [\"suspicious_activity\"]", &[ATTACK]),
    witness("exclude_paths", "", "", "exclude_paths = ['/']", &[ATTACK]),
    witness("strict_routes", "", "", "strict_routes = true", &[PLAIN]),
    witness("client.trusted_proxies", "", "", "client.trusted_proxies = ['192.0.2.7']", &[FORWARDED]),
    witness(
        "client.proxy_depth",
        "client.trusted_proxies = ['192.0.2.7', '203.0.113.2']",
        "client.proxy_depth = 1",
        "client.proxy_depth = 2",
        &[FORWARDED],
    ),
    witness(
        "client.header",
        "client.trusted_proxies = ['192.0.2.7']",
        "",
        "client.header = 'forwarded'",
        &[FORWARDED],
    ),
    witness(
        "client.trust_proto",
        "client.trusted_proxies = ['192.0.2.7']",
        "",
        "client.trust_proto = true",
        &[FORWARDED],
    ),
    witness(
        "client.ipv6_prefix",
        "rate.limit = '1/min'",
        "",
        "client.ipv6_prefix = 128",
        &["target = '/', peer = '[2001:db8::1]'", "target = '/', peer = '[2001:db8::2]'"],
    ),
    witness("client.on_unknown", "", "", "client.on_unknown = 'allow'", &["target = '/', peer = 'unix'"]),
    witness(
        "site.hosts",
        "",
        "",
        "site.hosts = ['example.com']",
        &["target = '/', headers = [['host', 'other.example']]"],
    ),
    witness(
        "site.https",
        "site.hosts = ['example.com']",
        "",
        "site.https = true",
        &["target = '/', headers = [['host', 'example.com:8080']]"],
    ),
    witness(
        "site.https_port",
        "site.https = true\nsite.hosts = ['example.com']",
        "",
        "site.https_port = 8443",
        &["target = '/', headers = [['host', 'example.com:8080']]"],
    ),
    witness(
        "site.insecure_redirect_to_any_host",
        "site.https = true",
        "site.insecure_redirect_to_any_host = true",
        "",
        &["target = '/', headers = [['host', 'example.com:8080']]"],
    )
    .permitting("site.https"),
    witness("emergency.enabled", "", "", "emergency.enabled = true", &[PLAIN]),
    witness("emergency.allow", "emergency.enabled = true", "", "emergency.allow = ['192.0.2.7']", &[PLAIN]),
    witness("access.allow", "", "", "access.allow = ['10.0.0.0/8']", &[PLAIN]),
    witness("access.deny", "", "", "access.deny = ['192.0.2.7']", &[PLAIN]),
    witness("access.exempt", "rate.limit = '1/min'", "", "access.exempt = ['192.0.2.7']", &[PLAIN, PLAIN]),
    witness(
        "access.deny_user_agents",
        "",
        "",
        "access.deny_user_agents = ['bot']",
        &["target = '/', headers = [['user-agent', 'bot']]"],
    ),
    witness(
        "access.allow_countries",
        "",
        "access.allow_countries = ['DE']",
        "access.allow_countries = ['FR']",
        &[PLAIN],
    )
    .knowing(FACTS),
    witness(
        "access.deny_countries",
        "",
        "access.deny_countries = ['DE']",
        "access.deny_countries = ['FR']",
        &[PLAIN],
    )
    .knowing(FACTS),
    witness(
        "access.deny_clouds",
        "",
        "access.deny_clouds = ['AWS']",
        "access.deny_clouds = ['AWS:!eu-west-1']",
        &[PLAIN],
    )
    .knowing(FACTS),
    witness("access.deny_lists", "", "access.deny_lists = ['tor']", "access.deny_lists = ['vpn']", &[PLAIN])
        .knowing(FACTS),
    witness(
        "access.on_missing_facts",
        "access.deny_countries = ['DE']",
        "",
        "access.on_missing_facts = 'deny'",
        &[PLAIN],
    ),
    witness("trap.paths", "", "", "trap.paths = ['/.env']", &["target = '/.env'"]),
    witness(
        "trap.ban_for",
        "trap.paths = ['/.env']",
        "trap.ban_for = '1s'",
        "trap.ban_for = '2h'",
        &["target = '/.env'", "at = '10s', target = '/'"],
    ),
];
