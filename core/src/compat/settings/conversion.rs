//! The state of a conversion, and accessors to the values of a document.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use super::report::Outcome;
use super::value;
use crate::config::node::Node;
use crate::config::{Config, ConfigErrors};

/// The state of a conversion. The accessors expect the kind of value in the table of names.
pub(in crate::compat::settings) struct Conversion<'v> {
    values: &'v BTreeMap<&'static str, Node>,
    /// The current name.
    name: &'static str,
    pub(super) config: Config,
    pub(super) notes: BTreeMap<&'static str, Outcome>,
    pub(super) errors: ConfigErrors,
}

impl<'v> Conversion<'v> {
    pub(super) fn new(values: &'v BTreeMap<&'static str, Node>) -> Self {
        let (config, errors) = (Config::default(), ConfigErrors::default());
        Self { values, name: "", config, notes: BTreeMap::new(), errors }
    }

    /// Set the current name.
    pub(super) fn enter(&mut self, name: &'static str) {
        self.name = name;
    }

    pub(super) fn node(&self, name: &str) -> &'v Node {
        self.values.get(name).unwrap_or(&Node::Null)
    }

    pub(super) fn own(&self) -> &'v Node {
        self.node(self.name)
    }

    pub(super) fn bool(&self, name: &str) -> bool {
        *self.node(name) == Node::Bool(true)
    }

    pub(super) fn on(&self) -> bool {
        self.bool(self.name)
    }

    pub(super) fn int(&self, name: &str) -> i64 {
        match self.node(name) {
            Node::Int(value) => *value,
            _ => 0,
        }
    }

    /// The current value as an unsigned number; out of range is an error.
    pub(super) fn number<N: TryFrom<i64> + Default>(&mut self) -> N {
        let value = self.int(self.name);
        N::try_from(value).unwrap_or_else(|_| {
            self.error(format!("{value} is out of range"));
            N::default()
        })
    }

    pub(super) fn texts(&self, name: &str) -> Vec<&'v str> {
        match self.node(name) {
            Node::List(nodes) => nodes.iter().filter_map(text).collect(),
            _ => Vec::new(),
        }
    }

    pub(super) fn own_texts(&self) -> Vec<String> {
        self.texts(self.name).into_iter().map(String::from).collect()
    }

    pub(super) fn own_text(&self) -> Option<&'v str> {
        text(self.own())
    }

    /// The parsed entries of the current list; entries that do not parse are errors.
    pub(super) fn parsed<T: FromStr<Err: fmt::Display>>(&mut self) -> Vec<T> {
        let mut parsed = Vec::new();
        for (index, text) in self.texts(self.name).into_iter().enumerate() {
            match text.parse() {
                Ok(value) => parsed.push(value),
                Err(problem) => self.error_at(format!("[{index}]"), problem),
            }
        }
        parsed
    }

    pub(super) fn error(&mut self, problem: impl fmt::Display) {
        self.errors.push(self.name, problem);
    }

    /// An error inside the current value, such as at `[2]`.
    pub(super) fn error_at(&mut self, at: impl fmt::Display, problem: impl fmt::Display) {
        self.errors.push(format!("{}{at}", self.name), problem);
    }

    pub(super) fn approximate(&mut self, why: impl Into<String>) {
        self.notes.insert(self.name, Outcome::Approximated(why.into()));
    }

    pub(super) fn no_effect(&mut self, why: impl Into<String>) {
        self.notes.insert(self.name, Outcome::NoEffect(why.into()));
    }
}

pub(super) fn text(node: &Node) -> Option<&str> {
    match node {
        Node::Text(text) => Some(text),
        _ => None,
    }
}

/// An entry of a table in the document.
pub(super) fn entry<'n>(node: &'n Node, name: &str) -> &'n Node {
    match node {
        Node::Table(entries) => {
            entries.iter().find(|(known, _)| known == name).map_or(&Node::Null, |(_, node)| node)
        }
        _ => &Node::Null,
    }
}

/// A number of at least 1 in a table of the document.
pub(super) fn positive(node: &Node, name: &str) -> Result<u32, String> {
    let value = value::integer(entry(node, name)).map_err(|problem| format!("`{name}`: {problem}"))?;
    let positive = u32::try_from(value).ok().filter(|value| *value > 0);
    positive.ok_or_else(|| format!("`{name}`: {value} is out of range; write 1 or more"))
}
