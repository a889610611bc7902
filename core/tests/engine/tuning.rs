//! Tuning of detection: custom patterns, rules in shadow, the threshold.

use portcullis_core::config::{ClassBan, Exclude, Pattern};
use portcullis_core::event::MetaValue;
use portcullis_core::{Clock, Config, Engine, RoutePolicy, Scratch, Timestamp, Verdict};

use crate::support::{NOW, Request, Store, engine, events, with_policy};

const SQL: &str = "1'+union+select+password+from+users--";
const XSS: &str = "%3Cscript%3Ealert(1)%3C/script%3E";

struct Now;

impl Clock for Now {
    fn now(&self) -> Timestamp {
        NOW
    }
}

fn acme(edit: impl FnOnce(&mut Config)) -> Engine {
    engine(|config| {
        config.detect.pattern = vec![Pattern::new("acme-1", "(?i)acme"), Pattern::new("acme-2", "x{2,3}y,z")];
        edit(config);
    })
}

fn get(engine: &Engine, query: &str) -> Verdict {
    Request::get(&format!("/?{query}")).run(engine, &Store::default())
}

fn rule(verdict: &Verdict) -> Option<&str> {
    verdict.finding.as_ref().map(|finding| &*finding.rule)
}

#[test]
fn a_pattern_rejects_wherever_it_matches_plain_values_too() {
    let engine = acme(|_| {});
    let store = Store::default();
    let requests = [
        Request::get("/?q=acme"),
        Request::get("/?acme=1"),
        Request::get("/acme"),
        Request::get("/").header("x-tool", "Acme"),
        Request::get("/").header("user-agent", "acme/1.0 (a scanner of some length)"),
        Request::get("/").header("cookie", "a=acme"),
        Request::post("/", "application/json", r#"{"a": "\u0061cme"}"#),
        Request::post("/", "application/x-www-form-urlencoded", "a=%61cme"),
        Request::post("/", "text/plain", "acme"),
    ];
    for request in requests {
        let verdict = request.run(&engine, &store);
        assert_eq!((verdict.status(), rule(&verdict)), (Some(400), Some("acme-1")), "{request:?}");
        assert_eq!(verdict.record.class.map(portcullis_core::detect::Class::name), Some("custom"));
        assert_eq!(verdict.events[0].pattern.as_deref(), Some("acme-1"));
    }
    assert_eq!(get(&engine, "q=harmless").status(), None);
}

#[test]
fn a_comma_in_a_pattern_does_not_split_it() {
    let engine = acme(|_| {});
    assert_eq!(rule(&get(&engine, "q=xxy,z")), Some("acme-2"));
    for part in ["q=xx", "q=3}y", "q=z", "q=xxy"] {
        assert_eq!(get(&engine, part).status(), None, "{part}");
    }
}

#[test]
fn an_exclusion_changes_one_pattern_in_one_place() {
    let not = |location: &str, class: Option<portcullis_core::detect::Class>, rule: Option<&str>| {
        let mut exclude = Exclude::default();
        exclude.query = Some(location.into());
        (exclude.class, exclude.rule) = (class, rule.map(Into::into));
        exclude
    };
    let both = "acme+xxy,z";
    let engine = acme(|config| {
        config.detect.exclude = vec![
            not("a", None, Some("acme-1")),
            not("b", Some(portcullis_core::detect::Class::Custom), None),
        ];
    });
    for (query, found) in [
        (format!("a={both}"), Some("acme-2")),
        ("a=acme".into(), None),
        (format!("b={both}"), None),
        (format!("c={both}"), Some("acme-1")),
        (format!("a={SQL}"), Some("sqli.union-select")),
        (format!("b={SQL}"), Some("sqli.union-select")),
    ] {
        assert_eq!(rule(&get(&engine, &query)), found, "{query}");
    }
    let (engine, route) = with_policy(&engine, RoutePolicy::new().exclude(not("c", None, Some("acme-1"))));
    let request = |query: &str| Request::get(&format!("/?{query}")).policy(route);
    assert_eq!(request("c=acme").run(&engine, &Store::default()).status(), None);
    assert_eq!(request("d=acme").run(&engine, &Store::default()).status(), Some(400));
}

#[test]
fn a_route_that_looks_for_other_classes_has_no_patterns() {
    let (engine, route) =
        with_policy(&acme(|_| {}), RoutePolicy::new().classes([portcullis_core::detect::Class::Xss]));
    let status =
        |query: &str| Request::get(&format!("/?{query}")).policy(route).status(&engine, &Store::default());
    assert_eq!((status("q=acme"), status(&format!("q={XSS}"))), (None, Some(400)));
}

#[test]
fn matches_of_patterns_earn_a_ban_of_their_own() {
    let engine = acme(|config| {
        config.ban.class = vec![ClassBan::new(
            portcullis_core::detect::Class::Custom,
            2,
            std::time::Duration::from_secs(60),
        )];
    });
    let store = Store::default();
    let statuses =
        ["acme", "acme", "fine"].map(|query| Request::get(&format!("/?q={query}")).status(&engine, &store));
    assert_eq!(statuses, [Some(400), Some(403), Some(403)]);
}

fn shadow(names: &[&str]) -> Engine {
    acme(|config| {
        config.detect.shadow = names.iter().map(|name| (*name).into()).collect();
        config.ban.threshold = 1;
    })
}

fn is_shadow(verdict: &Verdict, at: usize) -> bool {
    let event = &verdict.events[at];
    event.action == "logged_only" && event.metadata.contains(&("shadow", MetaValue::Bool(true)))
}

#[test]
fn shadow_rules_are_reported_and_reject_nothing() {
    for (names, query, id) in [
        (&["sqli"][..], format!("id={SQL}"), "sqli.union-select"),
        (&["acme-1"], "id=acme".into(), "acme-1"),
        (&["custom"], "id=acme".into(), "acme-1"),
        (&["xss.script-element", "xss.call"], format!("id={XSS}"), "xss.script-element"),
    ] {
        let (engine, store) = (shadow(names), Store::default());
        for _ in 0..3 {
            let verdict = Request::get(&format!("/?{query}")).run(&engine, &store);
            assert!(verdict.is_allow() && verdict.finding.is_none(), "{query}");
            assert_eq!(events(&verdict), ["penetration_attempt"], "{query}");
            assert!(is_shadow(&verdict, 0) && verdict.deferred.is_none());
            assert_eq!(verdict.events[0].pattern.as_deref(), Some(id));
        }
        assert!(Request::get("/").run(&engine, &store).is_allow(), "no strike was counted");
    }
}

#[test]
fn the_first_shadow_of_a_request_is_reported_once() {
    let engine = shadow(&["sqli"]);
    let body = format!("a={SQL}&b={SQL}");
    let request =
        Request::post(&format!("/?a={SQL}&b={SQL}"), "application/x-www-form-urlencoded", body.clone());
    let verdict = request.run(&engine, &Store::default());
    assert!(verdict.is_allow());
    assert_eq!(events(&verdict), ["penetration_attempt"]);
    assert!(verdict.events[0].reason.contains("query `a`"), "{}", verdict.events[0].reason);
    let request = Request::post("/", "application/x-www-form-urlencoded", body);
    let verdict = request.run(&engine, &Store::default());
    assert!(verdict.is_allow() && is_shadow(&verdict, 0));
    assert!(verdict.events[0].reason.contains("field `a`"), "{}", verdict.events[0].reason);
}

#[test]
fn a_live_rule_rejects_whatever_else_is_in_shadow() {
    let engine = shadow(&["sqli"]);
    for query in [format!("a={SQL}&b={XSS}"), format!("b={XSS}&a={SQL}")] {
        let verdict = get(&engine, &query);
        assert!(verdict.status().is_some(), "{query}");
        assert_eq!(rule(&verdict), Some("xss.script-element"));
    }
    let body = Request::post(&format!("/?a={SQL}"), "text/plain", "acme");
    let verdict = body.run(&engine, &Store::default());
    assert_eq!((verdict.status().is_some(), rule(&verdict)), (true, Some("acme-1")));
    assert!(is_shadow(&verdict, 0), "and what was in shadow is reported too");
}

#[test]
fn an_exclusion_applies_to_shadow_rules() {
    let mut exclude = Exclude::default();
    exclude.query = Some("a".into());
    let engine = engine(|config| {
        config.detect.shadow = vec!["sqli".into()];
        config.detect.exclude = vec![exclude];
    });
    assert!(get(&engine, &format!("a={SQL}")).events.is_empty());
    assert_eq!(get(&engine, &format!("b={SQL}")).events.len(), 1);
}

#[test]
fn a_header_that_is_clean_only_in_one_configuration_is_not_remembered_for_another() {
    let attack = Request::get("/").header("user-agent", "x' union select password from users-- and so on");
    let custom = Request::get("/").header("user-agent", "an acme browser of some length");
    let plain = engine(|_| {});
    let lenient = [
        shadow(&["sqli"]),
        shadow(&["sqli.union-select", "sqli"]),
        engine(|config| config.detect.threshold = 10.0),
    ];
    for (engine, strict, request) in lenient
        .iter()
        .map(|lenient| (lenient, &plain, &attack))
        .chain([(&plain, &acme(|_| {}), &custom), (&shadow(&["custom"]), &acme(|_| {}), &custom)])
    {
        let mut scratch = Scratch::new();
        let mut run = |engine: &Engine| {
            engine.evaluate_head(request.head(), request.body.clone(), &Store::default(), &Now, &mut scratch)
        };
        assert!(run(engine).is_allow() && run(engine).is_allow());
        assert_eq!(run(strict).status(), Some(400), "{request:?}");
    }
}

#[test]
fn the_threshold_applies() {
    // One rule with a low weight.
    let weak = "q=1+order+by+7";
    let at = |threshold| engine(|config| config.detect.threshold = threshold);
    let found = |threshold, query: &str| get(&at(threshold), query).finding.is_some();
    assert!(found(1.0, &format!("q={SQL}")) && !found(10.0, &format!("q={SQL}")));
    assert!(found(0.5, weak) && !found(1.0, weak));
    for wrong in [0.49, 10.01, f64::NAN, f64::INFINITY, -1.0] {
        let mut config = Config::default();
        config.detect.threshold = wrong;
        let errors = config.compile().unwrap_err().to_string();
        assert!(errors.contains("detect.threshold:") && errors.contains("write 0.5 to 10"), "{errors}");
    }
    assert!(Config::from_toml("[detect]\nthreshold = 2").unwrap().compile().is_ok());
}

#[test]
fn patterns_and_shadows_without_effect_are_rejected() {
    let problems = |document: &str| Config::from_toml(document).unwrap_err().to_string();
    let left_out = "[detect]\nclasses = ['xss']\n[[detect.pattern]]\nid = 'p'\npattern = 'a'";
    assert!(
        problems(left_out)
            .contains("detect.pattern: has no effect while `detect.classes` leaves out `custom`")
    );
    let shadow = "[detect]\nshadow = ['sqly']";
    assert!(problems(shadow).contains("detect.shadow[0]: there is no class, rule or pattern `sqly`"));
    let exclude = "[[detect.exclude]]\nrule = 'acme-2'\n[[detect.pattern]]\nid = 'acme-1'\npattern = 'a'";
    assert!(
        problems(exclude)
            .contains("detect.exclude[0].rule: there is no rule `acme-2`; did you mean `acme-1`?")
    );
}
