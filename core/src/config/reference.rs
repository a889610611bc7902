//! The configuration reference, generated from the sections.
//!
//! The text of a field is its doc comment and its value the default, so that the reference is complete and current. The
//! result is Markdown with blocks of TOML.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::node::Node;
use super::read::{ConfigValue, Fields, Section, Sections};
use super::{Config, write};

const HEAD: &str = "\
# Configuration

Every section and field, with the defaults. A document contains only changes; TOML and JSON have the same fields, and
`Config` has them in code. An unknown field is an error that contains the nearest known name.

- A commented-out field has no value by default. To unset a default, write `false` in TOML, and `false` or `null` in JSON.
- A duration is written `250ms`, `10s`, `5min`, `2h` or `7d`; a rate `120/min`, `5/10s` or `1000/h`; a size `4096`,
  `64KiB`, `10MiB` or `1GiB`.
- An address or network is written `192.0.2.1`, `198.51.100.0/24` or `2001:db8::/32`.
- A section that is switched off may keep its other fields. Any other field without an effect is an error.
";

/// The reference of every section and field as Markdown, for `docs/configuration.md`.
#[must_use]
pub fn reference() -> String {
    String::from(HEAD) + &chapter("", false, &mut Config::default())
}

/// The path of every field, such as `rate.endpoint[].path`, in the order of the reference.
#[must_use]
pub fn field_paths() -> Vec<String> {
    let mut paths = Paths { prefix: String::new(), paths: Vec::new() };
    Config::default().fields(&mut paths);
    paths.paths
}

struct Paths {
    prefix: String,
    paths: Vec<String>,
}

impl Paths {
    fn record(&mut self, name: &str, section: &mut dyn Section) {
        let mut inner = Self { prefix: format!("{}{name}.", self.prefix), paths: Vec::new() };
        section.fields(&mut inner);
        self.paths.append(&mut inner.paths);
    }
}

impl Fields for Paths {
    fn leaf(&mut self, name: &'static str, _: &'static str, _: &mut dyn ConfigValue) {
        self.paths.push(format!("{}{name}", self.prefix));
    }

    fn section(&mut self, name: &'static str, _: &'static str, section: &mut dyn Section) {
        self.record(name, section);
    }

    fn sections(&mut self, name: &'static str, _: &'static str, sections: &mut dyn Sections) {
        self.record(&format!("{name}[]"), sections.grow());
    }
}

/// The chapter of a section, and those of its sections.
fn chapter(path: &str, list: bool, section: &mut dyn Section) -> String {
    let header = match (path, list) {
        ("", _) => String::new(),
        (_, true) => format!("[[{path}]]"),
        (_, false) => format!("[{path}]"),
    };
    let mut writer = Writer { path, block: String::new(), inner: String::new() };
    section.fields(&mut writer);
    let Writer { block, inner, .. } = writer;
    let mut text = match path {
        "" => "\n## Without a section\n".into(),
        _ => format!("\n## `{header}`\n\n{}\n", prose(section.about())),
    };
    let separator = if header.is_empty() { "" } else { "\n" };
    text.push_str(&format!("\n```toml\n{header}{separator}{block}```\n"));
    if let Some((_, example)) = EXAMPLES.iter().find(|(known, _)| *known == path) {
        text.push_str(&format!("\nFor example:\n\n```toml\n{example}```\n"));
    }
    text + &inner
}

/// Writes the fields of one section, followed by the chapters of its sections.
struct Writer<'p> {
    path: &'p str,
    block: String,
    inner: String,
}

impl Writer<'_> {
    fn child_path(&self, name: &str) -> String {
        if self.path.is_empty() { name.into() } else { format!("{}.{name}", self.path) }
    }
}

impl Fields for Writer<'_> {
    fn leaf(&mut self, name: &'static str, about: &'static str, leaf: &mut dyn ConfigValue) {
        let comment = about.lines().fold(String::new(), |text, line| text + "#" + line + "\n");
        let line = match leaf.write() {
            Node::Null => format!("# {name} =\n"),
            Node::Table(entries) if entries.is_empty() => format!("{name} = {{}}\n"),
            value => write::toml_of(Node::Table(alloc::vec![(name.into(), value)])),
        };
        let gap = if self.block.is_empty() { "" } else { "\n" };
        self.block.push_str(&format!("{gap}{comment}{line}"));
    }

    fn section(&mut self, name: &'static str, _: &'static str, section: &mut dyn Section) {
        self.inner.push_str(&chapter(&self.child_path(name), false, section));
    }

    fn sections(&mut self, name: &'static str, _: &'static str, sections: &mut dyn Sections) {
        self.inner.push_str(&chapter(&self.child_path(name), true, sections.grow()));
    }
}

/// The documentation without the section's name, which is in the title.
fn prose(about: &str) -> String {
    let lines: Vec<&str> = about.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let text = lines.join("\n");
    let text = text.split_once("]`: ").map_or(text.as_str(), |(_, rest)| rest).trim();
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// An example entry of every list of tables.
const EXAMPLES: [(&str, &str); 9] = [
    ("rate.endpoint", "[[rate.endpoint]]\npath = \"/api/search\"\nmethods = [\"GET\"]\nlimit = \"30/min\"\n"),
    ("ban.class", "[[ban.class]]\nclass = \"sqli\"\nthreshold = 2\nduration = \"7d\"\n"),
    (
        "behaviour.rule",
        "[[behaviour.rule]]\nkind = \"return_pattern\"\npattern = \"status:404\"\nthreshold = 20\nwindow = \"5min\"\n\
         action = \"ban\"\nban_for = \"2h\"\n",
    ),
    (
        "detect.pattern",
        "[[detect.pattern]]\nid = \"internal-host\"\npattern = \"(?i)metadata\\\\.internal\"\nlocations = [\"query\", \"body\"]\n",
    ),
    ("detect.exclude", "[[detect.exclude]]\npath = \"/admin/cms\"\nfield = \"content\"\nclass = \"xss\"\n"),
    (
        "route",
        "[[route]]\npattern = \"/users/{id}\"\nrate = [{ limit = \"30/min\" }]\nbody = { inspect = \"64KiB\" }\n",
    ),
    (
        "route.rate",
        "[[route]]\npattern = \"/login\"\n\n[[route.rate]]\nlimit = \"5/h\"\noutcomes = [\"401\"]\n",
    ),
    (
        "route.hours",
        "[[route]]\npattern = \"/reports\"\n\n[[route.hours]]\nfrom = \"08:00\"\nto = \"18:00\"\nzone = \"Europe/Berlin\"\n\
         days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"]\n",
    ),
    (
        "route.behaviour",
        "[[route]]\npattern = \"/export\"\n\n[[route.behaviour]]\nthreshold = 10\nwindow = \"1h\"\naction = \"throttle\"\n",
    ),
];

#[cfg(test)]
mod tests;
