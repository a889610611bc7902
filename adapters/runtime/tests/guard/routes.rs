//! Policies under `[[route]]`: found by pattern, changed by a reload, and reported when nothing ever matches.

use portcullis_runtime::{Config, CredentialDecision, Guard, HookDecision, Start};

use crate::support::{Request, builder, denial, no_body};

fn document(text: &str) -> Config {
    Config::from_toml(text).unwrap_or_else(|errors| panic!("{errors}"))
}

const LOGIN: &str = "[[route]]\npattern = '/login'\nrate = [{ limit = '1/min' }]\n";

async fn on(guard: &Guard, pattern: &str) -> Option<u16> {
    let request = Request::clean();
    let head = request.head().route(pattern);
    let checked = guard.arrive().check(head, &mut no_body()).await;
    denial(checked).map(|denial| denial.status)
}

#[tokio::test]
async fn a_reload_changes_the_policy_of_a_pattern() {
    let (builder, ..) = builder(document(LOGIN));
    let guard = builder.build().unwrap();
    assert_eq!((on(&guard, "/login").await, on(&guard, "/login").await), (None, Some(429)));
    assert_eq!(on(&guard, "/logout").await, None, "another pattern has no policy");
    guard.reload(document("[[route]]\npattern = '/logout'\nrate = [{ limit = '1/h' }]")).unwrap();
    assert_eq!(on(&guard, "/login").await, None);
    assert_eq!((on(&guard, "/logout").await, on(&guard, "/logout").await), (None, Some(429)));
}

#[tokio::test]
async fn the_handle_of_a_pattern_that_a_reload_took_away_is_a_fault() {
    let (builder, ..) = builder(document(LOGIN));
    let guard = builder.build().unwrap();
    let stale = guard.engine().policy_of_route("/login").unwrap();
    assert_eq!(Request::policy(stale).status(&guard).await, None);
    for text in ["", "[[route]]\npattern = '/other'"] {
        guard.reload(document(text)).unwrap();
        assert_eq!(Request::policy(stale).status(&guard).await, Some(500), "{text}");
    }
}

#[test]
fn errors_of_routes_name_their_place() {
    let text = "[[route]]\npattern = '/a'\n\n[[route]]\npattern = 'b'\ncredential = 'basic'\n\
                rate = [{ limit = '1/s' }, { limit = '1/s', key = ['nobody'] }]\n\n[[route]]\npattern = '/a'\nclasses = ['cats']";
    let errors = Config::from_toml(text).unwrap_err();
    let paths: Vec<&str> = errors.iter().map(portcullis_core::config::ConfigError::path).collect();
    assert_eq!(
        paths,
        [
            "route[1].rate[1].key[0]",
            "route[2].classes[0]",
            "route[1].pattern",
            "route[1].verifier",
            "route[2].pattern"
        ]
    );
}

#[tokio::test]
async fn unmatched_patterns_are_reported_until_they_match() {
    let (builder, ..) =
        builder(document("[[route]]\npattern = '/users/{id}'\n[[route]]\npattern = '/usres'"));
    let guard = builder.build().unwrap();
    assert_eq!(guard.unmatched_routes(), ["/users/{id}", "/usres"]);
    on(&guard, "/users/{id}").await;
    on(&guard, "/elsewhere").await;
    assert_eq!(guard.unmatched_routes(), ["/usres"]);
    guard.reload(document("[[route]]\npattern = '/users/{id}'")).unwrap();
    assert_eq!(guard.unmatched_routes(), ["/users/{id}"], "a new configuration starts a new count");
}

#[test]
fn a_route_with_callbacks_is_not_decided_without_them() {
    let text = "[[route]]\npattern = '/api'\ncredential = 'bearer'\nverifier = 'jwt'\n\n\
                [[route]]\npattern = '/present'\ncredential = 'bearer'\npresence_only = true\n\n\
                [[route]]\npattern = '/hooked'\nhooks = ['mine']";
    let (builder, ..) = builder(document(text));
    let builder = builder.verifier("jwt", |_, _| async { CredentialDecision::Accept });
    let guard = builder.hook("mine", |_| async { HookDecision::Pass }).build().unwrap();
    let request = Request::clean();
    for (pattern, at_once) in [("/api", false), ("/present", true), ("/hooked", false), ("/other", true)] {
        let head = request.head().route(pattern);
        assert_eq!(matches!(guard.arrive().start(head, None), Start::Decided(_)), at_once, "{pattern}");
    }
}
