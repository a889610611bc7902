//! Recognisers of the application, as a guard runs them.

use portcullis_runtime::detect::{CustomEvidence, CustomRecogniser, Input, Location, Rule};
use portcullis_runtime::{Config, Guard, RoutePolicy};

use crate::support::{Request, builder, config};

/// Matches `evil`, and panics on `bomb`.
struct Evil;

static RULES: [Rule; 1] = [Rule::custom("evil.word", 100, "is evil")];

impl CustomRecogniser for Evil {
    fn rules(&self) -> &'static [Rule] {
        &RULES
    }

    fn reads(&self, location: Location) -> bool {
        location == Location::Query || location == Location::Message
    }

    fn recognise(&self, input: &Input<'_>, evidence: &mut CustomEvidence) {
        assert!(input.value != b"bomb", "a recogniser that panics");
        if input.value == b"evil" {
            evidence.add(&RULES[0], 0..4);
        }
    }
}

fn listed(change: impl FnOnce(&mut Config)) -> Config {
    config(|config| {
        config.detect.recognisers = vec!["evil".into()];
        change(config);
    })
}

fn query(query: &'static str) -> Request {
    Request { query: Some(query), ..Request::clean() }
}

#[tokio::test]
async fn recognisers_survive_reloads_and_policies() {
    let guard = builder(listed(|_| {})).0.recogniser("evil", Evil).build().unwrap();
    assert_eq!(query("q=evil").status(&guard).await, Some(400));
    assert_eq!(query("q=good").status(&guard).await, None);
    let policy = guard.policy("any", RoutePolicy::new()).unwrap();
    guard.reload(listed(|config| config.ban.enabled = false)).unwrap();
    assert_eq!(Request { policy: Some(policy), ..query("q=evil") }.status(&guard).await, Some(400));
    guard.reload(config(|_| {})).unwrap();
    assert_eq!(query("q=evil").status(&guard).await, None);
}

#[tokio::test]
async fn a_panic_leaves_a_gap_and_the_other_values_are_inspected() {
    let guard = builder(listed(|_| {})).0.recogniser("evil", Evil).build().unwrap();
    assert_eq!(query("q=bomb").status(&guard).await, None);
    assert_eq!(query("q=bomb&r=evil").status(&guard).await, Some(400));
    assert_eq!(query("q=bomb&r=1'+union+select+1,2--").status(&guard).await, Some(400));
}

#[test]
fn a_listed_recogniser_that_is_not_registered_is_an_error() {
    let errors = Guard::build(listed(|_| {})).unwrap_err().to_string();
    assert!(errors.contains("detect.recognisers[0]: there is no registered recogniser `evil`"), "{errors}");
    let guard = Guard::builder(listed(|_| {})).recogniser("evil", Evil).build().unwrap();
    let errors = guard.reload(listed(|config| config.detect.recognisers.push("other".into()))).unwrap_err();
    assert!(errors.to_string().contains("detect.recognisers[1]"), "{errors}");
}
