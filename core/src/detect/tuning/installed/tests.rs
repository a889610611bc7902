use std::string::{String, ToString};
use std::vec::Vec;

use crate::config::{Config, Pattern};
use crate::detect::{CustomEvidence, CustomRecogniser, Input, Recognisers, Rule};

/// A recogniser with these rules, which matches the text `evil` with all of them.
struct Evil(&'static [Rule]);

impl CustomRecogniser for Evil {
    fn rules(&self) -> &'static [Rule] {
        self.0
    }

    fn recognise(&self, input: &Input<'_>, evidence: &mut CustomEvidence) {
        if input.value == b"evil" {
            self.0.iter().for_each(|rule| evidence.add(rule, 0..usize::MAX));
        }
    }
}

static FINE: [Rule; 1] = [Rule::custom("evil.word", 100, "is evil")];

fn problems(config: impl FnOnce(&mut Config), recogniser: &'static [Rule]) -> Vec<String> {
    let mut document = Config::default();
    document.detect.recognisers = Vec::from(["evil".into()]);
    config(&mut document);
    let recognisers = Recognisers::new().with("evil", Evil(recogniser)).with("other", Evil(&FINE));
    match document.compile_with(&recognisers) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(ToString::to_string).collect(),
    }
}

fn names(names: &'static [&'static str]) -> impl FnOnce(&mut Config) {
    |config| config.detect.recognisers = names.iter().map(|name| (*name).into()).collect()
}

#[test]
fn names_of_a_list_are_checked() {
    let cases: [(&[&str], &str); 5] = [
        (&["evli"], "[0]: there is no registered recogniser `evli`; did you mean `evil`?; register it with"),
        (&["evil", "evil"], "[1]: `evil` is listed twice"),
        (&["sqli"], "[0]: `sqli` is the name of a built-in class"),
        (&["evil.word"], "[0]: must be 1 to 64 letters, digits, `_` and `-`"),
        (&[""], "[0]: must be 1 to 64 letters, digits, `_` and `-`"),
    ];
    assert_eq!(problems(|_| {}, &FINE), [""; 0]);
    for (list, problem) in cases {
        let found = problems(names(list), &FINE);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(&format!("detect.recognisers{problem}")), "{found:?}");
    }
    let many = |config: &mut Config| {
        config.detect.recognisers = (0..33).map(|at| format!("r{at}")).collect();
    };
    assert!(problems(many, &FINE).iter().any(|text| text.contains("33 recognisers; at most 32 fit")));
    let found = problems(|config| config.detect.pattern = Vec::from([Pattern::new("evil.word", "a")]), &FINE);
    assert!(found[0].contains("the pattern `evil.word` has the id of one of its rules"), "{found:?}");
    let found = problems(|config| config.detect.classes = Vec::from([crate::detect::Class::Xss]), &FINE);
    assert!(found[0].starts_with("detect.recognisers: has no effect while `detect.classes`"), "{found:?}");
}

#[test]
fn rules_of_the_code_are_checked() {
    static NONE: [Rule; 0] = [];
    static ELSEWHERE: [Rule; 1] = [Rule::custom("good.word", 100, "is good")];
    static BARE: [Rule; 1] = [Rule::custom("evil", 100, "is evil")];
    static WEIGHTLESS: [Rule; 1] = [Rule::custom("evil.word", 0, "is evil")];
    static HEAVY: [Rule; 1] = [Rule::custom("evil.word", 1_001, "is evil")];
    static TWICE: [Rule; 2] =
        [Rule::custom("evil.word", 50, "is evil"), Rule::custom("evil.word", 50, "is evil")];
    let cases: [(&'static [Rule], &str); 6] = [
        (&NONE, "declares 0 rules; 1 to 26 fit"),
        (&ELSEWHERE, "its rule `good.word` must be called `evil.` and a name"),
        (&BARE, "its rule `evil` must be called `evil.` and a name"),
        (&WEIGHTLESS, "its rule `evil.word` must have a weight of 1 to 1000"),
        (&HEAVY, "its rule `evil.word` must have a weight of 1 to 1000"),
        (&TWICE, "its rule `evil.word` is declared twice"),
    ];
    for (rules, problem) in cases {
        let found = problems(|_| {}, rules);
        assert!(found.len() == 1 && found[0].contains(problem), "{found:?}");
    }
}

#[test]
fn exclusions_and_shadow_name_declared_rules() {
    let shadow =
        |name: &'static str| move |config: &mut Config| config.detect.shadow = Vec::from([name.into()]);
    assert_eq!(problems(shadow("evil"), &FINE), [""; 0]);
    assert_eq!(problems(shadow("evil.word"), &FINE), [""; 0]);
    let found = problems(shadow("evil.wrod"), &FINE);
    assert!(
        found[0].contains("no class, rule or pattern `evil.wrod`; did you mean `evil.word`?"),
        "{found:?}"
    );
    // While a document is read the code is not known, so that any rule of a listed recogniser is accepted.
    let document = |rule| format!(r#"{{"detect": {{"recognisers": ["evil"], "shadow": ["{rule}"]}}}}"#);
    assert!(Config::from_json(&document("evil.anything")).is_ok());
    assert!(Config::from_json(&document("other.word")).is_err());
}

#[test]
fn rules_that_are_not_declared_do_not_count_and_spans_end_with_the_value() {
    struct Undeclared;
    static OTHER: [Rule; 1] = [Rule::custom("evil.other", 100, "is not declared")];
    impl CustomRecogniser for Undeclared {
        fn rules(&self) -> &'static [Rule] {
            &FINE
        }

        fn recognise(&self, input: &Input<'_>, evidence: &mut CustomEvidence) {
            if input.value == b"undeclared" {
                evidence.add(&OTHER[0], 0..3);
            }
            if input.value == b"evil" {
                evidence.add(&FINE[0], 2..usize::MAX);
            }
        }
    }
    let mut config = Config::default();
    config.detect.recognisers = Vec::from(["evil".into()]);
    let engine = config.compile_with(&Recognisers::new().with("evil", Undeclared)).unwrap();
    let mut scratch = crate::Scratch::new();
    let mut inspect = |text: &str| engine.inspect_message(None, text.as_bytes(), &mut scratch);
    assert_eq!(inspect("undeclared"), None);
    let finding = inspect("evil").unwrap();
    assert_eq!((&*finding.rule, finding.span), ("evil.word", (2, 4)));
}
