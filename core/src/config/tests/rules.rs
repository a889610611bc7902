//! Constraints beyond a single field: ranges, contradictions, and policies under a configuration.

use std::string::{String, ToString};
use std::vec::Vec;

use super::{texts, toml};
use crate::config::policy::RoutePolicy;
use crate::config::{
    BehaviourAction, BehaviourRule, Config, Exclude, Rate, RateKey, ReturnPattern, StatusPattern,
};
use crate::detect::Rule;

/// Section, field, valid values, invalid values, and the end of the message.
type Range = (&'static str, &'static str, &'static [&'static str], &'static [&'static str], &'static str);

/// The `client` section with the proxies that its other fields require.
const PROXIED: &str = "client]\ntrusted_proxies = ['unix']\n#";

#[test]
fn every_range_ends_at_its_bounds() {
    let cases: [Range; 11] = [
        (PROXIED, "proxy_depth", &["1", "16"], &["0", "17", "256", "-1"], "write 1 to 16"),
        ("client", "ipv6_prefix", &["32", "128"], &["31", "129", "300"], "write 32 to 128"),
        ("body", "timeout", &["'10ms'", "'5min'"], &["'9ms'", "'300001ms'"], "write 10ms to 5min"),
        ("body", "limit", &["1024", "'1GiB'"], &["1023", "1073741825"], "write 1024 to 1073741824"),
        ("ban", "window", &["'1s'", "'31d'"], &["'999ms'", "'2678400001ms'"], "write 1s to 31d"),
        ("ban", "duration", &["'1s'", "'366d'"], &["'999ms'", "'31622400001ms'"], "write 1s to 366d"),
        ("ban", "threshold", &["1", "4294967295"], &["0"], "write 1 to 4294967295"),
        ("ban", "threshold", &["1"], &["4294967296", "-1"], "write 0 to 4294967295"),
        ("ban.class", "threshold", &["1"], &["0"], "write 1 to 4294967295"),
        ("ban.class", "duration", &["'1s'", "'366d'"], &["'0s'", "'367d'"], "write 1s to 366d"),
        ("rate", "key", &["['client']", "['client', 'client', 'client', 'client']"], &[], ""),
    ];
    for (section, field, good, bad, advice) in cases {
        let (head, path) = if section == "ban.class" {
            (String::from("[[ban.class]]\nclass = 'sqli'\n"), std::format!("ban.class[0].{field}"))
        } else {
            let name = section.split(']').next().unwrap();
            (std::format!("[{section}]\n"), std::format!("{name}.{field}"))
        };
        for value in good {
            let document = std::format!("{head}{field} = {value}");
            assert!(Config::from_toml(&document).is_ok(), "{document}");
        }
        for value in bad {
            let errors = toml(&std::format!("{head}{field} = {value}"));
            assert_eq!(errors.len(), 1, "{errors:?}");
            let (shown, tail) = (value.trim_matches('\''), std::format!("is out of range; {advice}"));
            let starts = std::format!("{path}: ");
            assert!(errors[0].starts_with(&starts) && errors[0].ends_with(&tail), "{errors:?}");
            // The displayed value may be in another unit.
            assert!(errors[0].contains(shown) || shown == "0s", "{errors:?}");
        }
    }
}

#[test]
fn a_key_has_one_to_four_known_parts() {
    let few = "rate.key: must have one to four parts, such as `[\"client\"]`";
    assert_eq!(toml("[rate]\nkey = []"), [few]);
    assert_eq!(toml("[rate]\nkey = ['client', 'client', 'client', 'client', 'client']"), [few]);
    let known = "is not one of `client`, `principal`, `header:NAME`, `cookie:NAME`";
    for (part, meant) in [
        ("ip", ""),
        ("header:", "header:NAME"),
        ("cookie:", "cookie:NAME"),
        ("header", "header:NAME"),
        ("heder:x", "header:NAME"),
        ("Client", "client"),
        ("query:q", ""),
        ("", ""),
    ] {
        let errors = toml(&std::format!("[rate]\nkey = ['principal', '{part}']"));
        let hint = if meant.is_empty() { String::new() } else { std::format!("; did you mean `{meant}`?") };
        assert_eq!(errors, [std::format!("rate.key[1]: `{part}` {known}{hint}")]);
    }
    let errors = toml("[rate]\nkey = ['header:x key']");
    assert_eq!(errors, ["rate.key[0]: `x key` is not a header name"]);
    let config = Config::from_toml("[rate]\nkey = ['header:X-Key']").unwrap();
    assert_eq!(config.rate.key, ["header:x-key".parse().unwrap()], "header names have no case");
    let errors = toml("[[rate.endpoint]]\npath = '/a'\nkey = ['header:x', 'cookies']");
    assert_eq!(
        errors,
        [std::format!("rate.endpoint[0].key[1]: `cookies` {known}; did you mean `cookie:NAME`?")]
    );
}

#[test]
fn fields_that_contradict_each_other_are_rejected() {
    for (document, expected) in [
        (
            "[access]\nallow = ['10.0.0.0/8']\ndeny = ['10.1.0.0/16']",
            "access.deny: has no effect while `access.allow` is not empty; remove one of them",
        ),
        (
            "[client]\ntrust_proto = true",
            "client.trust_proto: has no effect without `client.trusted_proxies`",
        ),
        (
            "[headers.hsts]\npreload = true\nmax_age = 31535999",
            "headers.hsts.preload: needs `max_age` of at least 31536000 and `include_subdomains`",
        ),
        (
            "[headers.hsts]\npreload = true\ninclude_subdomains = false",
            "headers.hsts.preload: needs `max_age` of at least 31536000 and `include_subdomains`",
        ),
        (
            "[client]\ntrusted_proxies = ['10.0.0.0/8', 'Unix', 'unix']",
            "client.trusted_proxies[1]: `Unix` is not an address or network; write `192.0.2.1` or \
             `2001:db8::/32`, or `unix`",
        ),
        ("[client]\nheader = 'x forwarded'", "client.header: `x forwarded` is not a header name"),
        (
            "[detect]\nclasses = ['sqli', 'xxs']",
            "detect.classes[1]: there is no class `xxs`; did you mean `xss`?",
        ),
        (
            "[[ban.class]]\nclass = 'xss'\n[[ban.class]]\nclass = 'xss'",
            "ban.class[1].class: `xss` has a threshold already",
        ),
        (
            "[[ban.class]]\nclass = 'sqli'\n[[ban.class]]\nthreshold = 2",
            "ban.class[1].class: is missing; write a class such as `sqli`",
        ),
        (
            "[[detect.pattern]]\nid = 'p'\npattern = 'a'\nlocations = ['qeury']",
            "detect.pattern[0].locations[0]: `qeury` is not one of `query`, `path`, `header`, `cookie`, `body`; did \
             you mean `query`?",
        ),
        (
            "[[ban.class]]\nclass = 'ratelimit'",
            "ban.class[0].class: there is no class `ratelimit`; did you mean `rate_limit`?",
        ),
    ] {
        assert_eq!(toml(document), [expected], "{document}");
    }
}

#[test]
fn a_field_without_effect_is_rejected() {
    for (document, expected) in [
        ("client.proxy_depth = 2", "client.proxy_depth: has no effect without `client.trusted_proxies`"),
        ("client.header = 'forwarded'", "client.header: has no effect without `client.trusted_proxies`"),
        (
            "rate.strikes = true\nban.enabled = false",
            "rate.strikes: has no effect while `ban.enabled` is false",
        ),
        ("rate.limit = false\nrate.key = ['principal']", "rate.key: has no effect without `rate.limit`"),
        ("trap.ban_for = '2h'", "trap.ban_for: has no effect without `trap.paths`"),
        (
            "behaviour.throttle_for = '2h'",
            "behaviour.throttle_for: has no effect without `behaviour.not_found` or `behaviour.enumeration`",
        ),
        (
            "access.allow = ['10.0.0.0/8']\naccess.exempt = ['10.1.0.0/16']",
            "access.exempt: has no effect while `access.allow` is not empty; remove one of them",
        ),
    ] {
        assert_eq!(toml(document), [expected], "{document}");
    }
}

#[test]
fn a_field_of_a_route_without_effect_is_rejected() {
    let rate = "with the bypass `rate_limit`";
    let ip = "with the bypass `ip`";
    let penetration = "with the bypass `penetration`";
    for (fields, field, why) in [
        ("bypass = ['rate_limit']\nrate = [{ limit = '5/min' }]", "rate", rate),
        ("bypass = ['rate_limit']\ncountry_rate = { DE = '5/min' }", "country_rate", rate),
        ("bypass = ['ip']\nallow = ['10.0.0.0/8']", "allow", ip),
        ("bypass = ['ip']\ndeny = ['10.0.0.0/8']", "deny", ip),
        ("bypass = ['ip']\nallow_countries = ['DE']", "allow_countries", ip),
        ("bypass = ['ip']\ndeny_countries = ['DE']", "deny_countries", ip),
        ("bypass = ['ip']\ndeny_lists = ['tor']", "deny_lists", ip),
        ("bypass = ['clouds']\ndeny_clouds = ['AWS']", "deny_clouds", "with the bypass `clouds`"),
        ("bypass = ['penetration']\ndetect = true", "detect", penetration),
        ("bypass = ['penetration']\nclasses = ['sqli']", "classes", penetration),
        ("detect = false\nclasses = ['sqli']", "classes", "while `detect` is false"),
        ("detect = false\nexclude = [{ class = 'sqli', query = 'q' }]", "exclude", "while `detect` is false"),
        (
            "body = 'skip'\nhoneypot = ['website']",
            "honeypot",
            "where bodies are not read; set `body` to inspect them",
        ),
    ] {
        let expected = format!("route[0].{field}: has no effect {why}");
        assert_eq!(toml(&format!("[[route]]\npattern = '/x'\n{fields}")), [expected], "{fields}");
    }
    let whole = "body.inspect = false\n[[route]]\npattern = '/x'\nhoneypot = ['website']";
    assert_eq!(toml(whole).len(), 1, "{whole}");
    for fields in [
        "bypass = ['ip']\ndeny_clouds = ['AWS']\nrate = [{ limit = '5/min' }]",
        "detect = false\nhoneypot = ['website']",
        "body = { prefix = '1KiB' }\nhoneypot = ['website']",
        "bypass = ['all']\nrate = [{ limit = '5/min' }]",
    ] {
        let document = format!("[[route]]\npattern = '/x'\n{fields}");
        assert_eq!(Config::from_toml(&document).map(drop), Ok(()), "{fields}");
    }
}

#[test]
fn a_switch_that_is_off_keeps_its_section_prepared() {
    for document in [
        "client.proxy_depth = 1\nclient.header = 'x-forwarded-for'",
        "ban.enabled = false\nban.threshold = 3\n[[ban.class]]\nclass = 'sqli'",
        "rate.enabled = false\nrate.limit = '3/s'\nrate.strikes = true",
        "cors.origins = ['https://a.example']\ncors.credentials = true",
        "detect.enabled = false\ndetect.on_incomplete = 'allow'",
        "body.inspect = false\nbody.limit = '2MiB'",
        "emergency.allow = ['10.0.0.0/8']",
        "events.enabled = false\nevents.muted = ['ip_blocked']",
    ] {
        assert_eq!(Config::from_toml(document).map(drop), Ok(()), "{document}");
    }
}

#[test]
fn only_known_names_are_muted() {
    for (document, expected) in [
        (
            "log.muted_checks = ['rate_limt']",
            "log.muted_checks[0]: there is no check `rate_limt`; did you mean",
        ),
        (
            "events.muted = ['ip_banedd']",
            "events.muted[0]: there is no kind of event `ip_banedd`; did you mean `ip_banned`?",
        ),
        (
            "events.muted_metrics = ['request_count', 'requests']",
            "events.muted_metrics[1]: `requests` is not one of `response_time`, `request_count`, `error_rate`",
        ),
    ] {
        let found = toml(document);
        assert!(found.len() == 1 && found[0].starts_with(expected), "{document}: {found:?}");
    }
}

#[test]
fn an_exclusion_that_could_match_nothing_is_rejected() {
    let rule = Rule::all().next().unwrap();
    assert_eq!(rule.class.name(), "sqli");
    let two = "no value is in two locations; give one of `query`, `header`, `cookie` and `field`";
    let path = "must start with `/` and be written without escapes, dots or empty segments";
    let other = |class: &str| std::format!("`{}` is a rule of `sqli`, which is not what is {class}", rule.id);
    for (head, exclude, at, problem) in [
        ("", "query = 'a'\nfield = 'a'", "", two.into()),
        ("", "header = 'a'\ncookie = 'a'", "", two.into()),
        ("", "", "", "excludes nothing or everything; name a location, a class or a rule".into()),
        ("", "path = 'admin'", ".path", path.into()),
        ("", "path = '/a/../b'", ".path", path.into()),
        ("", "path = '/a%20b'", ".path", path.into()),
        ("", "path = '/a//b'", ".path", path.into()),
        (
            "",
            "query = 'q'\nclass = 'sqly'",
            ".class",
            "there is no class `sqly`; did you mean `sqli`?".into(),
        ),
        (
            "[detect]\nclasses = ['xss']\n",
            "class = 'sqli'",
            ".class",
            "`sqli` is not looked for, so there is nothing to exclude".into(),
        ),
        ("", "rule = 'no.such.rule.anywhere'", ".rule", "there is no rule `no.such.rule.anywhere`".into()),
        ("", &std::format!("class = 'xss'\nrule = '{}'", rule.id), ".rule", other("excluded here")),
        (
            "[detect]\nclasses = ['xss']\n",
            &std::format!("rule = '{}'", rule.id),
            ".rule",
            other("excluded here"),
        ),
        ("", "header = 'x y'", ".header", "`x y` is not a header name".into()),
        ("", "header = 'Cookie'", ".header", "cookies are inspected one by one; use `cookie`".into()),
    ] {
        let errors = toml(&std::format!("{head}[[detect.exclude]]\n{exclude}"));
        assert_eq!(errors, [std::format!("detect.exclude[0]{at}: {problem}")], "{exclude}");
    }
}

#[test]
fn line_breaks_reach_no_header() {
    let problem_text = "holds a character that no header value may hold, such as a line break";
    for (document, expected) in [
        (
            "[headers]\nframe_options = \"DENY\\r\\nset-cookie: a=b\"",
            std::format!("headers.frame_options: {problem_text}"),
        ),
        (
            "[headers]\ncontent_security_policy = \"default-src\\n\"",
            std::format!("headers.content_security_policy: {problem_text}"),
        ),
        ("[headers.custom]\nx-team = \"a\\rb\"", std::format!("headers.custom.x-team: {problem_text}")),
        ("[headers.custom]\n\"x-team\\r\\nset-cookie\" = \"a\"", {
            "headers.custom.x-team\r\nset-cookie: is not a header name (RFC 9110 section 5.6.2)".into()
        }),
        (
            "[errors]\ncontent_type = \"text/plain\\r\\nx: y\"",
            "errors.content_type: is not a header value".into(),
        ),
        (
            "[errors]\nreference_header = \"x-ref: 1\\r\\nx\"",
            "errors.reference_header: `x-ref: 1\r\nx` is not a header name".into(),
        ),
        ("[errors.bodies]\n399 = \"x\"", "errors.bodies.399: is not a status of 400 to 599".into()),
        ("[errors.bodies]\n\"40 3\" = \"x\"", "errors.bodies.40 3: is not a status of 400 to 599".into()),
    ] {
        assert_eq!(toml(document), [expected], "{document}");
    }
    let longest = "a".repeat(8192);
    assert!(Config::from_toml(&std::format!("[headers]\nframe_options = '{longest}'")).is_ok());
    let errors = toml(&std::format!("[headers]\nframe_options = '{longest}a'"));
    assert_eq!(errors, ["headers.frame_options: is longer than 8192 bytes"]);
}

#[test]
fn a_policy_that_needs_too_many_look_ups_names_itself() {
    let engine = Config::default().compile().unwrap();
    let rates = |n| (0..n).fold(RoutePolicy::new(), |policy, _| policy.rate(Rate::per_minute(5)));
    assert!(engine.with_policy("fits", &rates(14)).is_ok());
    let errors = texts(&engine.with_policy("login", &rates(15)).unwrap_err());
    let expected = "policy `login`: needs 17 lookups a request, 1 for the ban, 1 for `rate.limit`, \
                    15 for `rate` of the route; at most 16";
    assert_eq!(errors, [expected]);

    let mut config = Config::default();
    config.rate.endpoint.push(crate::config::EndpointRate::new("/a", Rate::per_minute(1)));
    let errors = texts(&config.clone().compile().unwrap().with_policy("x", &rates(14)).unwrap_err());
    assert_eq!(errors.len(), 1, "an endpoint limit on the same path needs one more");
    for _ in 0..14 {
        config.rate.endpoint.push(crate::config::EndpointRate::new("/a", Rate::per_minute(1)));
    }
    let errors = texts(&config.compile().unwrap_err());
    assert_eq!(
        errors,
        [
            "rate.endpoint: needs 17 lookups a request, 1 for the ban, 1 for `rate.limit`, 15 for `rate.endpoint` on one \
          path; at most 16"
        ]
    );
}

#[test]
fn no_more_rules_are_taken_than_can_be_numbered() {
    let mut config = Config::default();
    let endpoint = |n: usize| crate::config::EndpointRate::new(std::format!("/{n}"), Rate::per_minute(1));
    config.rate.endpoint = (0..=1 << 16).map(endpoint).collect();
    let errors = texts(&config.clone().compile().unwrap_err());
    assert_eq!(errors, ["rate.endpoint: has 65537 entries; at most 65536 fit"]);
    config.rate.endpoint.pop();
    assert!(config.compile().is_ok());

    let mut config = Config::default();
    config.behaviour.rule = std::vec![BehaviourRule::default(); 4097];
    let errors = texts(&config.compile().unwrap_err());
    assert_eq!(errors, ["behaviour.rule: has 4097 entries; at most 4096 fit"]);
}

#[test]
fn limits_by_country_need_a_look_up_as_well() {
    let mut config = Config::default();
    for _ in 0..14 {
        config.rate.endpoint.push(crate::config::EndpointRate::new("/a", Rate::per_minute(1)));
    }
    let engine = config.compile().unwrap();
    assert!(engine.with_policy("fits", &RoutePolicy::new()).is_ok());
    let mut policy = RoutePolicy::new();
    policy.country_rate.insert("DE".into(), Rate::per_minute(1));
    let errors = texts(&engine.with_policy("full", &policy).unwrap_err());
    assert!(errors[0].starts_with("policy `full`: needs 17 lookups a request"), "{errors:?}");
}

#[test]
fn every_mistake_of_a_policy_is_reported_with_its_name() {
    let engine = Config::default().compile().unwrap();
    let exclude = Exclude { rule: Some("nosuchthing".into()), ..Exclude::default() };
    let policy = RoutePolicy::new()
        .rate_by([RateKey::Cookie(String::new())], Rate::per_minute(1))
        .classes([])
        .exclude(exclude)
        .body(crate::BodyRule::Inspect(crate::ByteSize(0)));
    let errors = engine.with_policy("shop", &policy).unwrap_err();
    let paths: Vec<&str> = errors.iter().map(super::super::error::ConfigError::path).collect();
    assert_eq!(
        paths,
        [
            "policy `shop`: classes",
            "policy `shop`: body",
            "policy `shop`: rate[0].key[0]",
            "policy `shop`: exclude[0].rule",
        ]
    );
}

#[test]
fn a_status_in_code_is_one_that_can_be_written() {
    let engine = Config::default().compile().unwrap();
    for status in [0_u16, 99, 600] {
        let policy = RoutePolicy::new().rate_outcomes([401, status], Rate::per_minute(1));
        let errors = texts(&engine.with_policy("shop", &policy).unwrap_err());
        let problem = std::format!("`{status}` is not a status; write `404` or `4xx`");
        assert_eq!(errors, [std::format!("policy `shop`: rate[0].outcomes[1]: {problem}")]);
        let rule = BehaviourRule::returns(
            StatusPattern::from(status),
            1,
            core::time::Duration::from_secs(60),
            BehaviourAction::Log,
        );
        let errors = texts(&engine.with_policy("shop", &RoutePolicy::new().behaviour(rule)).unwrap_err());
        assert_eq!(errors, [std::format!("policy `shop`: behaviour[0].pattern: {problem}")]);
    }
}

#[test]
fn a_pattern_of_responses_is_written_as_it_is_read() {
    for (text, pattern) in [
        ("status:404", ReturnPattern::Status(404.into())),
        ("status:4xx", StatusPattern::CLIENT_ERROR.into()),
        ("json:a.b[]==c", ReturnPattern::Json("a.b[]==c".into())),
        ("regex:a:b", ReturnPattern::Regex("a:b".into())),
        ("error: denied", ReturnPattern::Text("error: denied".into())),
    ] {
        assert_eq!(pattern.to_string(), text);
        assert_eq!(text.parse(), Ok(pattern));
    }
    for text in ["status:40x", "status:10xx", "status:600", "status:"] {
        let errors = toml(&std::format!("[[behaviour.rule]]\nkind = 'return_pattern'\npattern = '{text}'"));
        let status = text.trim_start_matches("status:");
        let problem = std::format!("`{status}` is not a status; write `404` or `4xx`");
        assert_eq!(errors, [std::format!("behaviour.rule[0].pattern: {problem}")]);
    }
}
