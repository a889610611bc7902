//! Writing a configuration: the fields that differ from the defaults, as a document.
//!
//! A document with only the changed fields stays readable, and follows changes of the other defaults in later versions.
//! Parsing the document returns the same configuration.

use alloc::string::String;
use alloc::vec::Vec;

use serde::ser::{Serialize, Serializer};

use super::Config;
use super::node::Node;
use super::read::{ConfigValue, Fields, Section, Sections};
#[cfg(feature = "toml")]
use crate::config::policy::RoutePolicy;

impl Config {
    /// The configuration as a TOML document: the fields that differ from the defaults.
    ///
    /// ```
    /// use portcullis_core::{Config, Rate};
    ///
    /// let mut config = Config::default();
    /// config.rate.limit = Some(Rate::per_minute(300));
    /// assert_eq!(config.to_toml(), "[rate]\nlimit = \"300/min\"\n");
    /// assert_eq!(Config::from_toml(&config.to_toml())?, config);
    /// # Ok::<(), portcullis_core::config::ConfigErrors>(())
    /// ```
    #[cfg(feature = "toml")]
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml_of(changed_fields(&mut self.clone(), &mut Self::default()))
    }

    /// The configuration as a JSON document: the fields that differ from the defaults.
    #[must_use]
    pub fn to_json(&self) -> String {
        json_of(&changed_fields(&mut self.clone(), &mut Self::default()))
    }
}

#[cfg(feature = "toml")]
impl RoutePolicy {
    /// The policy as a TOML document: the fields that differ from the defaults.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml_of(changed_fields(&mut self.clone(), &mut Self::default()))
    }
}

/// The fields of `section` that differ from those of `default`. Lists in `section` grow by an entry of defaults.
pub(super) fn changed_fields(section: &mut dyn Section, default: &mut dyn Section) -> Node {
    difference(to_table(section), &to_table(default))
}

type Table = Vec<(&'static str, FieldValue)>;

/// A field with its value.
#[derive(PartialEq)]
enum FieldValue {
    ConfigValue(Node),
    Table(Table),
    /// The fields of each entry that differ from an entry of defaults.
    Tables(Vec<Node>),
}

fn to_table(section: &mut dyn Section) -> Table {
    let mut writer = Writer::default();
    section.fields(&mut writer);
    writer.table
}

#[derive(Default)]
struct Writer {
    table: Table,
}

impl Fields for Writer {
    fn leaf(&mut self, name: &'static str, _: &'static str, leaf: &mut dyn ConfigValue) {
        self.table.push((name, FieldValue::ConfigValue(leaf.write())));
    }

    fn section(&mut self, name: &'static str, _: &'static str, section: &mut dyn Section) {
        self.table.push((name, FieldValue::Table(to_table(section))));
    }

    fn sections(&mut self, name: &'static str, _: &'static str, sections: &mut dyn Sections) {
        let mut entries = Vec::new();
        sections.each(&mut |section| entries.push(to_table(section)));
        let default = to_table(sections.grow());
        let entries = entries.into_iter().map(|entry| difference(entry, &default)).collect();
        self.table.push((name, FieldValue::Tables(entries)));
    }
}

/// The fields of `table` that differ from those of `default`: tables with the same fields in the same order.
fn difference(table: Table, default: &Table) -> Node {
    let pairs = table.into_iter().zip(default).filter(|((_, value), (_, default))| value != default);
    let entries = pairs.map(|((name, value), (_, default))| {
        let node = match (value, default) {
            (FieldValue::ConfigValue(node), _) => node,
            (FieldValue::Table(table), FieldValue::Table(default)) => difference(table, default),
            (FieldValue::Table(table), _) => difference(table, &Vec::new()),
            (FieldValue::Tables(entries), _) => Node::List(entries),
        };
        (String::from(name), node)
    });
    Node::Table(entries.collect())
}

/// The text of a document.
#[cfg(feature = "toml")]
pub(super) fn toml_of(document: Node) -> String {
    // Serialization fails only for maps without text keys and numbers beyond TOML's; a node has neither.
    toml::to_string(&without_null(document)).unwrap_or_default()
}

fn json_of(document: &Node) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default()
}

/// TOML has no null; `Option` reads `false` as null.
#[cfg(feature = "toml")]
fn without_null(node: Node) -> Node {
    match node {
        Node::Null => Node::Bool(false),
        Node::List(nodes) => Node::List(nodes.into_iter().map(without_null).collect()),
        Node::Table(entries) => {
            Node::Table(entries.into_iter().map(|(name, node)| (name, without_null(node))).collect())
        }
        other => other,
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::List(nodes) => serializer.collect_seq(nodes),
            Self::Table(entries) => serializer.collect_map(entries.iter().map(|(name, node)| (name, node))),
        }
    }
}

#[cfg(test)]
mod tests;
