//! A policy built in code equals one parsed from a document.

use core::time::Duration;
use std::format;

use super::*;
use crate::config::{BehaviourAction, Config};

fn country(code: &str) -> Country {
    code.parse().unwrap()
}

#[test]
fn every_method_sets_its_field() {
    let new = RoutePolicy::new;
    let five = || Rate::per_minute(5);
    let usage = BehaviourRule::usage(5, Duration::from_secs(60), BehaviourAction::Throttle);
    let returns =
        BehaviourRule::returns(StatusPattern::from(404), 5, Duration::from_secs(60), BehaviourAction::Ban);
    let field = Exclude { field: Some("html".into()), class: Some(Class::Xss), ..Exclude::default() };
    let frequent = BehaviourRule { kind: crate::config::BehaviourKind::Frequency, ..usage.clone() };
    for (built, written) in [
        (new().rate(five()), "rate = [{ limit = '5/min' }]"),
        (
            new().rate_by([RateKey::Cookie("id".into())], five()),
            "rate = [{ limit = '5/min', key = ['cookie:id'] }]",
        ),
        (
            new().rate(RouteRate::per_minute(5).key([RateKey::Principal])),
            "rate = [{ limit = '5/min', key = ['principal'] }]",
        ),
        (new().rate_outcomes([401_u16], five()), "rate = [{ limit = '5/min', outcomes = ['401'] }]"),
        (new().country_rate(country("DE"), five()), "country_rate = { DE = '5/min' }"),
        (new().country_rate_else(five()), "country_rate = { '*' = '5/min' }"),
        (new().allow("10.0.0.0/8".parse().unwrap()), "allow = ['10.0.0.0/8']"),
        (new().deny("10.0.0.0/8".parse().unwrap()), "deny = ['10.0.0.0/8']"),
        (new().allow_country(country("DE")), "allow_countries = ['DE']"),
        (new().deny_country(country("DE")), "deny_countries = ['DE']"),
        (new().deny_cloud("AWS:!eu-west-1".parse().unwrap()), "deny_clouds = ['AWS:!eu-west-1']"),
        (new().deny_list("tor"), "deny_lists = ['tor']"),
        (new().deny_user_agent("sqlmap"), "deny_user_agents = ['sqlmap']"),
        (new().bypass(Bypass::IpBan).bypass(Bypass::Clouds), "bypass = ['ip_ban', 'clouds']"),
        (new().require_https(), "https = true"),
        (new().verify(Credential::Bearer, "v"), "credential = 'bearer'\nverifier = 'v'"),
        (
            new().require(Credential::Header(http::HeaderName::from_static("x-key"))),
            "credential = 'header:x-key'",
        ),
        (new().require_presence(Credential::Basic), "credential = 'basic'\npresence_only = true"),
        (new().require_header("x-a"), "required_headers = { x-a = true }"),
        (new().require_header_value("x-a", "1"), "required_headers = { x-a = '1' }"),
        (new().referrer("example.com"), "referrers = ['example.com']"),
        (new().max_body(ByteSize::kib(1)), "max_body = '1KiB'"),
        (new().content_type("image/*"), "content_types = ['image/*']"),
        (
            new().hours(Hours::new(TimeOfDay::new(8, 0), TimeOfDay::new(17, 59))),
            "hours = [{ from = '08:00', to = '17:59' }]",
        ),
        (
            new().hours(
                Hours::default().zone("Europe/Berlin".parse::<TimeZone>().unwrap()).days([Weekday::Sat]),
            ),
            "hours = [{ zone = 'Europe/Berlin', days = ['sat'] }]",
        ),
        (new().detect(false), "detect = false"),
        (new().classes([Class::Sqli]), "classes = ['sqli']"),
        (new().exclude(field), "exclude = [{ field = 'html', class = 'xss' }]"),
        (new().body(BodyRule::Skip), "body = 'skip'"),
        (new().honeypot("website"), "honeypot = ['website']"),
        (new().behaviour(usage), "behaviour = [{ threshold = 5, window = '1min', action = 'throttle' }]"),
        (
            new().behaviour(frequent),
            "behaviour = [{ kind = 'frequency', threshold = 5, window = '1min', action = 'throttle' }]",
        ),
        (
            new().behaviour(returns),
            "behaviour = [{ kind = 'return_pattern', pattern = 'status:404', threshold = 5, window = '1min', action = 'ban' }]",
        ),
        (new().validator("a"), "validators = ['a']"),
        (new().hook("a"), "hooks = ['a']"),
    ] {
        let around = "site.hosts = ['example.com']\nhooks.verifier = 'v'";
        let document = format!("{around}\n[[route]]\npattern = '/x'\n{written}");
        let config = Config::from_toml(&document).unwrap_or_else(|errors| panic!("{written}: {errors}"));
        assert_eq!(config.route[0].policy, built, "{written}");
        assert_ne!(built, new(), "{written}");
    }
}
