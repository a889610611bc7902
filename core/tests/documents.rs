//! The generated parts of `docs/`, and the seeds of the fuzz target `recognise`, match the code.
//!
//! `UPDATE_DOCS=1 cargo test -p portcullis-core --test documents` writes them.

use std::fs;
use std::path::{Path, PathBuf};

use portcullis_core::config::{self, Config};
use portcullis_core::detect::{Class, ClassSet, Location, Rule};

const ADVICE: &str = "run `UPDATE_DOCS=1 cargo test -p portcullis-core --test documents`";

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

/// Compare the document `name` with `current`, or write it if `UPDATE_DOCS` is set.
fn is_current(name: &str, current: impl FnOnce(&str) -> String) {
    if !docs().exists() {
        // A packaged crate has no documents around it.
        return;
    }
    let path = docs().join(name);
    let text = fs::read_to_string(&path).unwrap_or_default();
    let current = current(&text);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return fs::write(&path, current).expect(name);
    }
    assert!(text == current, "docs/{name} is out of date; {ADVICE}");
}

/// `text` with `part` between the markers of `name`.
fn with_part(text: &str, name: &str, part: &str) -> String {
    let (begin, end) = (format!("<!-- generated: {name} -->\n"), "<!-- end -->");
    let (before, rest) = text.split_once(&begin).expect("the marker before the generated part");
    let (_, after) = rest.split_once(end).expect("the marker behind the generated part");
    format!("{before}{begin}\n{part}\n{end}{after}")
}

#[test]
fn the_reference_of_the_configuration_is_current() {
    is_current("configuration.md", |_| config::reference());
}

#[test]
fn the_table_of_the_familys_names_is_current() {
    is_current("compatibility.md", |text| {
        with_part(text, "names", &portcullis_core::compat::settings::names())
    });
}

#[test]
fn the_table_of_the_order_of_checks_is_current() {
    is_current("architecture.md", |text| with_part(text, "order", &portcullis_core::order_table()));
}

#[test]
fn the_catalogue_of_rules_is_current() {
    is_current("rules.md", |_| catalogue());
}

const ABOUT_RULES: &str = "\
# Rules

Every rule of the detector. A rule is a piece of evidence with a weight in hundredths. The weights of the rules of one class in
one value are added, each once; from 100 the value is an attack, unless `detect.threshold` is set. The examples are tested with
every change: each attack matches its rule, and each benign value passes. Configurations may use the former names of classes,
also in rule ids.

`detect.classes` chooses the classes, and exclusions and `detect.shadow` name classes and rules; [tuning.md](tuning.md)
explains how. This page is written by `UPDATE_DOCS=1 cargo test -p portcullis-core --test documents`.
";

fn catalogue() -> String {
    let mut page = String::from(ABOUT_RULES);
    page.push_str("\n| class | rules | by default | CWE | OWASP | CAPEC | former name |\n|---|---|---|---|---|---|---|\n");
    let shadow = Config::default().detect.shadow;
    let default = |class: Class| match class {
        _ if !ClassSet::DEFAULT.has(class) => "off",
        _ if shadow.iter().any(|tried| tried == class.name()) => "report-only",
        _ => "on",
    };
    let rules = |class| Rule::all().filter(move |rule| rule.class == class);
    let classes = || Class::ALL.into_iter().filter(|class| rules(*class).next().is_some());
    for class in classes() {
        let count = rules(class).count();
        let [cwe, owasp, capec] = [class.cwe(), class.owasp(), class.capec()].map(Option::unwrap_or_default);
        let former = class.aliases().iter().map(|name| code(name)).collect::<Vec<_>>().join(", ");
        let default = default(class);
        page.push_str(&format!(
            "| [`{class}`](#{class}) | {count} | {default} | {cwe} | {owasp} | {capec} | {former} |\n"
        ));
    }
    for class in classes() {
        page.push_str(&format!("\n## {class}\n"));
        rules(class).for_each(|rule| page.push_str(&entry(rule)));
    }
    page
}

fn entry(rule: &Rule) -> String {
    let Rule { id, weight, why, location, name, .. } = rule;
    let place = match (location.name(), *name) {
        ("json", "q") => String::new(),
        (location, "") => format!(" Examples are those of a {location}."),
        (location, name) => format!(" Examples are those of a {location} of {}.", code(name)),
    };
    let list = |values: &[&str]| values.iter().map(|value| code(value)).collect::<Vec<_>>().join(", ");
    let (attacks, benign) = (list(rule.attacks), list(rule.benign));
    format!("\n### {id}\n\n{weight}: {why}.{place}\n\n- found: {attacks}\n- passes: {benign}\n")
}

/// `text` as a code span: control characters escaped, in more backticks than its longest run of them.
fn code(text: &str) -> String {
    let escaped: String = text
        .chars()
        .map(|char| if char.is_control() { char.escape_default().to_string() } else { char.to_string() })
        .collect();
    let longest = escaped.split(|char| char != '`').map(str::len).max().unwrap_or(0);
    let ticks = "`".repeat(longest + 1);
    let pad = if escaped.starts_with(['`', ' ']) || escaped.ends_with(['`', ' ']) { " " } else { "" };
    format!("{ticks}{pad}{escaped}{pad}{ticks}")
}

/// One seed per class: its number, the number of a location, and the examples of its rules. The fuzzer splits them.
#[test]
fn the_seeds_of_the_recognisers_are_the_examples_of_their_rules() {
    let seeds = docs().join("../fuzz/seeds/recognise");
    if !docs().exists() {
        return;
    }
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    let json = (0..).zip(Location::ALL).find(|(_, location)| *location == Location::Json).expect("a place").0;
    for (number, class) in (0..).zip(Class::ALL) {
        let examples: Vec<&str> =
            Rule::all().filter(|rule| rule.class == class).flat_map(|rule| rule.attacks).copied().collect();
        if examples.is_empty() {
            continue;
        }
        let seed = [&[number, json], examples.join("\n").as_bytes()].concat();
        let path = seeds.join(class.name());
        if update {
            fs::create_dir_all(&seeds).and_then(|()| fs::write(&path, seed)).expect("a seed");
        } else {
            assert!(
                fs::read(&path).is_ok_and(|file| file == seed),
                "the seed of {class} is out of date; {ADVICE}"
            );
        }
    }
}
