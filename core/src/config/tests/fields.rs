//! Every field of every section, found by visiting the sections: a new field is covered without a change here.

use std::string::String;
use std::vec::Vec;

use crate::config::Config;
use crate::config::read::{ConfigValue, Fields, Section, Sections};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    ConfigValue,
    Table,
    Tables,
}

/// Records the path of every visited field.
#[derive(Default)]
struct Recorder {
    prefix: String,
    seen: Vec<(String, Kind)>,
}

impl Recorder {
    fn visit_section(&mut self, name: String, section: &mut dyn Section) {
        let mut inner = Self { prefix: std::format!("{}{name}.", self.prefix), seen: Vec::new() };
        section.fields(&mut inner);
        self.seen.append(&mut inner.seen);
    }

    fn record(&mut self, name: &str, kind: Kind) {
        self.seen.push((std::format!("{}{name}", self.prefix), kind));
    }
}

impl Fields for Recorder {
    fn leaf(&mut self, name: &'static str, _: &'static str, _: &mut dyn ConfigValue) {
        self.record(name, Kind::ConfigValue);
    }

    fn section(&mut self, name: &'static str, _: &'static str, section: &mut dyn Section) {
        self.record(name, Kind::Table);
        self.visit_section(name.into(), section);
    }

    fn sections(&mut self, name: &'static str, _: &'static str, sections: &mut dyn Sections) {
        self.record(name, Kind::Tables);
        self.visit_section(std::format!("{name}[0]"), sections.grow());
    }
}

fn fields() -> Vec<(String, Kind)> {
    let mut recorder = Recorder::default();
    Config::default().fields(&mut recorder);
    recorder.seen
}

/// A document with nothing but `path = value`.
fn document(path: &str, value: &str) -> String {
    path.rsplit('.').fold(value.into(), |inner, segment| match segment.strip_suffix("[0]") {
        Some(name) => std::format!("{{\"{name}\": [{inner}]}}"),
        None => std::format!("{{\"{segment}\": {inner}}}"),
    })
}

fn paths_of_errors(document: &str) -> Vec<String> {
    match Config::from_json(document) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(|error| error.path().into()).collect(),
    }
}

#[test]
fn every_field_is_visited_once() {
    let mut paths: Vec<String> = fields().into_iter().map(|(path, _)| path).collect();
    let all = paths.len();
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), all, "a section has a name twice");
    for path in
        ["passive", "client.header", "rate.endpoint[0].limit", "headers.hsts.preload", "errors.bodies"]
    {
        assert!(paths.iter().any(|known| known == path), "{path}");
    }
}

#[test]
fn a_value_of_the_wrong_kind_is_reported_under_the_path_of_its_field() {
    for (path, kind) in fields() {
        // A table is only valid for a map, a string is invalid for a map.
        let rejected = match kind {
            Kind::ConfigValue => paths_of_errors(&document(&path, "{}")),
            Kind::Table | Kind::Tables => Vec::new(),
        };
        let rejected = if rejected.contains(&path) {
            rejected
        } else {
            paths_of_errors(&document(&path, "\"\\u0001\""))
        };
        assert!(rejected.contains(&path), "{path} reports {rejected:?}");
    }
}

#[test]
fn no_field_accepts_a_list_of_lists() {
    for (path, _) in fields() {
        let errors = paths_of_errors(&document(&path, "[[[]]]"));
        assert!(errors.iter().any(|at| at.starts_with(&path)), "{path} reports {errors:?}");
    }
}

#[test]
fn a_misspelt_field_is_reported_in_every_section() {
    for (path, _) in fields() {
        let misspelt = std::format!("{path}zz");
        let errors = Config::from_json(&document(&misspelt, "1")).unwrap_err();
        let error = errors.iter().find(|error| error.path() == misspelt).expect(&misspelt);
        let name = path.rsplit('.').next().unwrap();
        assert_eq!(error.problem(), std::format!("unknown field; did you mean `{name}`?"));
    }
}
