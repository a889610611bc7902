use std::format;
use std::string::String;
use std::vec::Vec;

use super::document::{ALIASES, DEPTH, DIRECTIVES, REPEATED, SAME_FIELD, SAME_MUTATION};
use crate::detect::decode::work::assert_linear;
use crate::detect::{Class, ClassSet, Finding, Input, Location, Scanner, View};

fn scan(document: &str) -> Option<Finding> {
    scan_at(Location::Json, "query", document)
}

fn scan_at(location: Location, name: &str, document: &str) -> Option<Finding> {
    let input = Input { location, name: name.as_bytes(), value: document.as_bytes() };
    Scanner::new().scan(&input, ClassSet::NONE.with(Class::Graphql))
}

#[test]
fn each_count_has_a_limit_and_what_reaches_it_passes() {
    let nested = |depth: u32| format!("{}a{}", "{a".repeat(depth as usize), "}".repeat(depth as usize));
    let aliases = |kind: &str, field: &str, many: usize| {
        let all: Vec<String> = (0..many).map(|at| format!("a{at}:{field}{}", at % 40)).collect();
        format!("{kind} {{ {} }}", all.join(" "))
    };
    let same = |kind: &str, many: u16| {
        let all: Vec<String> =
            (0..many).map(|at| format!("a{at}: #\n login(x: {{y: {at}}}) {{t}}")).collect();
        format!("{kind} {{ {} }}", all.join("\n"))
    };
    let repeated = |many: u32| format!("{{ x {} }}", "x ".repeat(many as usize));
    let directives = |many: u32| format!("{{ x {} {{ y }} }}", "@skip(if: false) ".repeat(many as usize));
    for (within, beyond) in [
        (nested(DEPTH), nested(DEPTH + 1)),
        (aliases("query", "f", ALIASES as usize), aliases("query", "f", ALIASES as usize + 1)),
        (same("query", SAME_FIELD), same("query", SAME_FIELD + 1)),
        (same("mutation", SAME_MUTATION), same("mutation", SAME_MUTATION + 1)),
        (repeated(REPEATED - 1), repeated(REPEATED)),
        (directives(DIRECTIVES), directives(DIRECTIVES + 1)),
    ] {
        assert_eq!(scan(&within), None, "{within}");
        assert!(scan(&beyond).is_some(), "{beyond} passes");
    }
}

#[test]
fn a_console_that_is_opened_passes() {
    let schema = "query IntrospectionQuery { __schema { queryType { name } types { ...FullType } directives { name args \
        { ...InputValue } } } } fragment FullType on __Type { kind fields(includeDeprecated: true) { name args { \
        ...InputValue } type { ...TypeRef } } } fragment InputValue on __InputValue { name type { ...TypeRef } } fragment \
        TypeRef on __Type { kind ofType { kind ofType { kind ofType { kind ofType { kind ofType { kind ofType { kind \
        ofType { kind } } } } } } } }";
    assert_eq!(scan(schema), None);
    let input = Input { location: Location::Json, name: b"query", value: schema.as_bytes() };
    let options = crate::detect::ScanOptions { threshold: 60, ..crate::detect::ScanOptions::default() };
    let found = Scanner::new()
        .scan_with(View::raw(&input, b""), &input, ClassSet::ALL, &options)
        .map(|finding| finding.rule);
    assert_eq!(found.as_deref(), Some("graphql.introspection"));
}

#[test]
fn arguments_strings_and_comments_count_nothing() {
    let braces = "{".repeat(100);
    for document in [
        format!("{{ a(x: \"{braces}\") }}"),
        format!("{{ a # {braces}\n }}"),
        format!("query($f: F = {{ {} }}) {{ a }}", "x: y ".repeat(200)),
        format!("{{ a(x: \"\"\"{braces}\"\"\") }}"),
    ] {
        assert_eq!(scan(&document), None, "{document}");
    }
}

#[test]
fn documents_are_read_where_servers_read_them() {
    let document = "{ a { ...b } } fragment b on Q { ...b }";
    for (location, name) in [(Location::Json, "query"), (Location::Query, "query"), (Location::Text, "")] {
        assert!(scan_at(location, name, document).is_some(), "{location} {name}");
    }
    for (location, name) in
        [(Location::Json, "text"), (Location::Header, "query"), (Location::Cookie, "query")]
    {
        assert_eq!(scan_at(location, name, document), None, "{location} {name}");
    }
}

#[test]
fn more_fragments_than_are_told_apart_are_harmless() {
    let many: Vec<String> = (0..200).map(|at| format!("fragment f{at} on T {{ ...f{} }}", at + 1)).collect();
    assert_eq!(scan(&format!("{{ ...f0 }} {}", many.join(" "))), None);
}

#[test]
fn hostile_repetition_is_linear() {
    for unit in
        ["{", "}", "a", "a ", "a:", "@", "...a ", "(", "\"", "#", "...", "\"\"\"", "fragment a on T{...b}"]
    {
        assert_linear(format!("{{{unit}").as_bytes(), b"", 60, |value| {
            let input = Input { location: Location::Json, name: b"query", value };
            drop(Scanner::new().scan(&input, ClassSet::NONE.with(Class::Graphql)));
        });
    }
}
