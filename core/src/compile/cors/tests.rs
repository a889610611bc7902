use super::*;
use crate::config::HumanDuration;

fn rules(edit: impl FnOnce(&mut Config)) -> Result<Cors, Vec<String>> {
    let mut config = Config::default();
    config.cors.enabled = true;
    edit(&mut config);
    let mut errors = ConfigErrors::default();
    let compiled = cors(&config, &mut errors);
    let problems: Vec<String> = errors.iter().map(ToString::to_string).collect();
    if problems.is_empty() { Ok(compiled.unwrap()) } else { Err(problems) }
}

fn texts(entries: &[&str]) -> Vec<String> {
    entries.iter().map(|entry| String::from(*entry)).collect()
}

#[test]
fn origins_that_could_never_match_are_rejected() {
    for (origin, says) in [
        ("null", "sandboxed"),
        ("https://*.example.com", "pattern"),
        ("https://a.test/", "path"),
        ("https://a.test/app", "path"),
        ("a.test", "not an origin"),
        ("https://", "not an origin"),
        ("https://user@a.test", "not an origin"),
        ("https://a.test:0", "not an origin"),
        ("https://a.test:99999", "not an origin"),
        ("https://a.test:", "not an origin"),
        ("https://[::1", "not an origin"),
        ("1https://a.test", "not an origin"),
        ("https://caf\u{e9}.test", "not an origin"),
    ] {
        let problems = rules(|config| config.cors.origins = texts(&[origin])).unwrap_err();
        assert!(problems[0].starts_with("cors.origins[0]: ") && problems[0].contains(says), "{problems:?}");
    }
}

#[test]
fn contradictions_are_rejected() {
    let wildcard = rules(|config| config.cors.credentials = true).unwrap_err();
    assert!(wildcard[0].starts_with("cors.credentials: "), "{wildcard:?}");
    let exposed = rules(|config| {
        config.cors.origins = texts(&["https://a.test"]);
        (config.cors.credentials, config.cors.expose) = (true, texts(&["*"]));
    });
    assert!(exposed.unwrap_err()[0].starts_with("cors.expose: "));
    for (edit, path) in [
        (
            (|config| config.cors.origins = texts(&["*", "https://a.test"])) as fn(&mut Config),
            "cors.origins: ",
        ),
        (|config| config.cors.origins = Vec::new(), "cors.origins: "),
        (|config| config.cors.methods = texts(&["GE T"]), "cors.methods[0]: "),
        (|config| config.cors.headers = texts(&["*", "x-a"]), "cors.headers: "),
        (|config| config.cors.headers = texts(&["x a"]), "cors.headers[0]: "),
        (|config| config.cors.expose = texts(&["x\r\ny"]), "cors.expose[0]: "),
        (|config| config.cors.max_age = HumanDuration::secs(86_401), "cors.max_age: "),
        (|config| config.shadow = std::vec![Check::Cors], "shadow: "),
    ] {
        let problems = rules(edit).unwrap_err();
        assert!(problems[0].starts_with(path), "{problems:?}");
    }
}

#[test]
fn what_is_off_contradicts_nothing() {
    let mut config = Config::default();
    config.cors.credentials = true;
    let mut errors = ConfigErrors::default();
    assert!(cors(&config, &mut errors).is_none());
    assert_eq!(errors.iter().count(), 0);
}
