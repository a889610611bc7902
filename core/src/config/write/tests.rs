//! Writing and reading returns the same configuration, for configurations in which every field differs from its
//! default.

use alloc::boxed::Box;
use alloc::vec::Vec;

use proptest::prelude::*;

use crate::config::node::Node;
use crate::config::policy::RoutePolicy;
use crate::config::read::{ConfigValue, Fields, Section, Sections};
use crate::config::{Config, Route};

/// Sets every field to some other valid value, by trying.
struct Changer {
    dice: Vec<usize>,
    thrown: usize,
    depth: usize,
}

const VALUES: [fn() -> Node; 22] = [
    || Node::Bool(true),
    || Node::Bool(false),
    || Node::Null,
    || Node::Int(7),
    || Node::Float(2.5),
    || Node::Text("plain".into()),
    || Node::Text("none".into()),
    || Node::Text("a \"quoted\" 'text' # with \\ \u{7} \n and \u{1f980}".into()),
    || Node::Text("".into()),
    || Node::Text("64KiB".into()),
    || Node::Text("90s".into()),
    || Node::Text("7/min".into()),
    || Node::Text("198.51.100.0/24".into()),
    || Node::Text("skip".into()),
    || Node::Text("header:x-key".into()),
    || Node::List(Vec::new()),
    || Node::List(alloc::vec![Node::Text("DE".into())]),
    || Node::List(alloc::vec![Node::Text("4xx".into()), Node::Text("404".into())]),
    || Node::List(alloc::vec![Node::Text("2001:db8::/32".into())]),
    || Node::List(alloc::vec![Node::Text("rate_limit".into()), Node::Text("ip".into())]),
    || Node::Table(alloc::vec![("odd \"key\"".into(), Node::Text("5/s".into()))]),
    || Node::Table(alloc::vec![("prefix".into(), Node::Text("2KiB".into()))]),
];

impl Changer {
    fn throw(&mut self) -> usize {
        self.thrown += 1;
        self.dice[self.thrown % self.dice.len()].wrapping_add(self.thrown)
    }
}

impl Fields for Changer {
    fn leaf(&mut self, _: &'static str, _: &'static str, leaf: &mut dyn ConfigValue) {
        let start = self.throw();
        let before = leaf.write();
        // A field that rejected a value may be half read: only an accepted value counts.
        for step in 0..VALUES.len() {
            if leaf.read(&VALUES[(start + step) % VALUES.len()]()).is_ok() {
                return;
            }
        }
        leaf.read(&before).unwrap();
    }

    fn section(&mut self, _: &'static str, _: &'static str, section: &mut dyn Section) {
        section.fields(self);
    }

    fn sections(&mut self, _: &'static str, _: &'static str, sections: &mut dyn Sections) {
        if self.depth > 1 {
            return;
        }
        self.depth += 1;
        for _ in 0..self.throw() % 3 {
            sections.grow().fields(self);
        }
        self.depth -= 1;
    }
}

fn changed(dice: Vec<usize>, section: &mut dyn Section) {
    section.fields(&mut Changer { dice, thrown: 0, depth: 0 });
}

/// Read without checking for contradictions, of which a random configuration has many.
fn read<S: Section + Default>(node: Node) -> S {
    let (mut section, mut errors) = (S::default(), super::super::ConfigErrors::default());
    crate::config::read::read(node, &mut section, &mut errors);
    assert_eq!(errors.iter().count(), 0, "{errors}");
    section
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn a_written_configuration_reads_back_the_same(dice in proptest::collection::vec(0_usize..1000, 1..40)) {
        let mut config = Box::new(Config::default());
        changed(dice, &mut *config);
        let (toml, json) = (config.to_toml(), config.to_json());
        let from_toml: Config = read(toml::from_str(&toml).unwrap());
        prop_assert_eq!(&from_toml, &*config, "{}", toml);
        let from_json: Config = read(serde_json::from_str(&json).unwrap());
        prop_assert_eq!(&from_json, &*config, "{}", json);
    }

    #[test]
    fn a_written_policy_reads_back_the_same(dice in proptest::collection::vec(0_usize..1000, 1..40)) {
        let mut policy = RoutePolicy::default();
        changed(dice, &mut policy);
        let text = policy.to_toml();
        let from_toml: RoutePolicy = read(toml::from_str(&text).unwrap());
        prop_assert_eq!(from_toml, policy, "{}", text);
    }
}

#[test]
fn the_defaults_are_an_empty_document() {
    assert_eq!((Config::default().to_toml(), Config::default().to_json()), ("".into(), "{}".into()));
    assert_eq!(RoutePolicy::default().to_toml(), "");
}

#[test]
fn only_changed_fields_are_written() {
    let mut config = Config::default();
    config.headers.frame_options = None;
    config.headers.hsts.max_age = 60;
    config.route.push(Route::new("/login", RoutePolicy::new().rate(crate::Rate::per_minute(5))));
    let toml = "[headers]\nframe_options = false\n\n[headers.hsts]\nmax_age = 60\n\n[[route]]\npattern = \"/login\"\n\n\
                [[route.rate]]\nlimit = \"5/min\"\n";
    assert_eq!(config.to_toml(), toml);
    assert_eq!(Config::from_toml(toml).unwrap(), config);
    assert!(config.to_json().contains("\"frame_options\": null"));
}

#[test]
fn false_is_none_except_where_it_is_a_value() {
    let config =
        Config::from_toml("rate.limit = false\nsite.https_port = false\nerrors.reference_header = false")
            .unwrap();
    assert_eq!(
        (config.rate.limit, config.site.https_port, config.errors.reference_header),
        (None, None, None)
    );
    assert_eq!(RoutePolicy::from_toml("detect = false").unwrap().detect, Some(false));
    let text = Config::from_toml("headers.permitted_cross_domain_policies = 'none'").unwrap();
    assert_eq!(text.headers.permitted_cross_domain_policies.as_deref(), Some("none"), "a word stays a word");
    assert!(Config::from_toml("rate.limit = true").is_err());
}
