//! Reading a tree into typed sections, with all errors.
//!
//! [`Section::fields`] lists the fields of a section. The reader visits them, takes their values from the document, and
//! reports unknown fields with the nearest known name.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use super::error::ConfigErrors;
use super::node::Node;
use crate::text::nearest;

/// A group of fields.
pub(crate) trait Section {
    /// The documentation of the section, for the reference of the fields.
    #[cfg_attr(not(feature = "toml"), expect(dead_code, reason = "the reference is written in TOML"))]
    fn about(&self) -> &'static str;
    /// Visit every field of the section, in the order of the reference.
    fn fields(&mut self, fields: &mut dyn Fields);
}

/// The type of an entry of a list or of an optional value, with a value to parse into.
pub(crate) trait Item {
    fn blank() -> Self;
}

/// The value of a single field.
pub(crate) trait ConfigValue {
    /// Parse the value from `node`, or return the error.
    fn read(&mut self, node: &Node) -> Result<(), String>;
    /// Parse the value of the field at `path`, and report the errors. Those of a list or map have the paths of its entries.
    fn read_at(&mut self, node: &Node, path: &str, errors: &mut ConfigErrors) {
        if let Err(problem) = self.read(node) {
            errors.push(path, problem);
        }
    }
    /// The value as a node of a document.
    fn write(&self) -> Node;
}

/// Sections in a list, such as `[[rate.endpoint]]`.
pub(crate) trait Sections {
    /// Append a section of defaults and return it.
    fn grow(&mut self) -> &mut dyn Section;
    /// Visit every section of the list.
    fn each(&mut self, visit: &mut dyn FnMut(&mut dyn Section));
}

impl<S: Section + Default> Sections for Vec<S> {
    fn grow(&mut self) -> &mut dyn Section {
        self.push(S::default());
        let last = self.len() - 1;
        &mut self[last]
    }

    fn each(&mut self, visit: &mut dyn FnMut(&mut dyn Section)) {
        self.iter_mut().for_each(|section| visit(section));
    }
}

/// A visitor of the fields of a section.
pub(crate) trait Fields {
    /// A value, and its documentation.
    fn leaf(&mut self, name: &'static str, about: &'static str, leaf: &mut dyn ConfigValue);
    /// A table.
    fn section(&mut self, name: &'static str, about: &'static str, section: &mut dyn Section);
    /// A list of tables.
    fn sections(&mut self, name: &'static str, about: &'static str, sections: &mut dyn Sections);
}

/// Fill `section` from `document`. The section is undefined if there are errors.
pub(crate) fn read(document: Node, section: &mut dyn Section, errors: &mut ConfigErrors) {
    read_section(document, section, "", errors);
}

fn read_section(node: Node, section: &mut dyn Section, path: &str, errors: &mut ConfigErrors) {
    let Node::Table(entries) = node else {
        errors.push(path, format!("expected a table, found {}", node.kind()));
        return;
    };
    let mut reader = Reader { entries, known: Vec::new(), path, errors };
    section.fields(&mut reader);
    let Reader { entries, known, errors, .. } = reader;
    for (name, _) in entries {
        let problem = match nearest(&name, &known) {
            Some(nearest) => format!("unknown field; did you mean `{nearest}`?"),
            None => format!("unknown field; known here: {}", known.join(", ")),
        };
        errors.push(join(path, &name), problem);
    }
}

struct Reader<'a> {
    entries: Vec<(String, Node)>,
    known: Vec<&'static str>,
    path: &'a str,
    errors: &'a mut ConfigErrors,
}

impl Reader<'_> {
    fn take(&mut self, name: &'static str) -> Option<Node> {
        self.known.push(name);
        let at = self.entries.iter().position(|(key, _)| key == name)?;
        // Keeps the order of the others, in which unknown fields are reported.
        Some(self.entries.remove(at).1)
    }
}

/// Fields with a smaller range than their type: a number outside of the type's range is reported with this range.
pub(crate) const NARROW: [(&str, RangeInclusive<i64>); 2] =
    [("client.proxy_depth", 1..=16), ("client.ipv6_prefix", 32..=128)];

fn out_of_range(path: &str, node: &Node) -> Option<String> {
    let Node::Int(value) = node else { return None };
    let (_, allowed) = NARROW.iter().find(|(narrow, _)| *narrow == path)?;
    let (low, high) = (allowed.start(), allowed.end());
    (!allowed.contains(value)).then(|| format!("{value} is out of range; write {low} to {high}"))
}

impl Fields for Reader<'_> {
    fn leaf(&mut self, name: &'static str, _: &'static str, leaf: &mut dyn ConfigValue) {
        let Some(node) = self.take(name) else { return };
        let path = join(self.path, name);
        let mut problems = ConfigErrors::default();
        leaf.read_at(&node, &path, &mut problems);
        match out_of_range(&path, &node).filter(|_| !problems.is_empty()) {
            Some(problem) => self.errors.push(path, problem),
            None => self.errors.append(problems),
        }
    }

    fn section(&mut self, name: &'static str, _: &'static str, section: &mut dyn Section) {
        if let Some(node) = self.take(name) {
            read_section(node, section, &join(self.path, name), self.errors);
        }
    }

    fn sections(&mut self, name: &'static str, _: &'static str, sections: &mut dyn Sections) {
        let path = join(self.path, name);
        match self.take(name) {
            None => {}
            Some(Node::List(nodes)) => {
                for (index, node) in nodes.into_iter().enumerate() {
                    read_section(node, sections.grow(), &format!("{path}[{index}]"), self.errors);
                }
            }
            Some(other) => {
                self.errors.push(path, format!("expected a list of tables, found {}", other.kind()));
            }
        }
    }
}

pub(super) fn join(path: &str, name: &str) -> String {
    // TOML and JSON allow an empty name; its error must not look like one of the whole document.
    let name = if name.is_empty() { "\"\"" } else { name };
    if path.is_empty() { name.into() } else { format!("{path}.{name}") }
}
