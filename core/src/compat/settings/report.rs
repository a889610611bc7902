//! The result of a conversion, and the report about every name.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::value;
use crate::config::Config;
use crate::config::node::Node;

/// A document of the family, converted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConvertedConfig {
    /// The equivalent configuration.
    pub config: Config,
    /// The outcome for every name in the document.
    pub report: Report,
    /// The settings of other crates, absent ones with the family's default.
    pub foreign: Vec<ForeignSetting>,
}

impl ConvertedConfig {
    /// The value of a setting of another crate.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&Setting> {
        self.foreign.iter().find(|known| known.name == name).map(|known| &known.value)
    }
}

/// A setting of another crate.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ForeignSetting {
    /// The component that uses it.
    pub owner: Owner,
    /// The family's name for it.
    pub name: &'static str,
    /// The value, coerced to the type of the name and within its range.
    pub value: Setting,
}

/// The component that uses a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Owner {
    /// The store of counters and bans.
    Store,
    /// The agent that ships events.
    Agent,
    /// The feeds of countries and clouds.
    Feeds,
    /// The application's `tracing` subscriber.
    Subscriber,
}

impl Owner {
    pub(super) const fn phrase(self) -> &'static str {
        match self {
            Self::Store => "the store",
            Self::Agent => "the agent",
            Self::Feeds => "the feeds",
            Self::Subscriber => "the application's `tracing` subscriber",
        }
    }
}

/// The value of a setting of another crate.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Setting {
    /// Not set.
    None,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A number.
    Fraction(f64),
    /// Text; `Debug` does not print it, because it may be a key or a password.
    Text(String),
    /// Several texts.
    Texts(Vec<String>),
}

impl Setting {
    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn of(node: &Node) -> Self {
        match node {
            Node::Bool(value) => Self::Bool(*value),
            Node::Int(value) => Self::Number(*value),
            Node::Float(value) => Self::Fraction(*value),
            Node::Text(text) => Self::Text(text.clone()),
            Node::List(nodes) => {
                Self::Texts(nodes.iter().filter_map(|node| value::text(node).ok()).collect())
            }
            Node::Null | Node::Table(_) => Self::None,
        }
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Fraction(value) => write!(f, "{value}"),
            Self::Text(_) => f.write_str("(text)"),
            Self::Texts(texts) => f.debug_list().entries(texts).finish(),
        }
    }
}

/// The outcomes for the names in a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report(pub(super) Vec<Entry>);

/// The outcome for one name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The name in the document.
    pub name: String,
    /// The outcome.
    pub outcome: Outcome,
}

/// How a name is converted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// These fields have the same meaning.
    Mapped(&'static str),
    /// The meaning differs; the text describes how.
    Approximated(String),
    /// It is passed to another component.
    External(Owner),
    /// It has no effect; the text is the reason.
    NoEffect(String),
    /// Unknown in the family too; the nearest known name, if there is one.
    Unknown(Option<&'static str>),
}

impl Report {
    /// The entries, in the order of the family's model, unknown names last.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter()
    }

    /// The outcome for `name`; `None` for a name that is absent and whose default needs no remark.
    #[must_use]
    pub fn of(&self, name: &str) -> Option<&Outcome> {
        self.0.iter().find(|entry| entry.name == name).map(|entry| &entry.outcome)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|Entry { name, outcome }| match outcome {
            Outcome::Mapped(fields) => writeln!(f, "{name}: mapped to `{}`", fields.replace(", ", "`, `")),
            Outcome::Approximated(why) => writeln!(f, "{name}: approximated: {why}"),
            Outcome::External(owner) => writeln!(f, "{name}: for {}", owner.phrase()),
            Outcome::NoEffect(why) => writeln!(f, "{name}: no effect: {why}"),
            Outcome::Unknown(None) => writeln!(f, "{name}: unknown and ignored"),
            Outcome::Unknown(Some(nearest)) => {
                writeln!(f, "{name}: unknown and ignored; did you mean `{nearest}`?")
            }
        })
    }
}
