//! Documents of the Guard family: a flat `SecurityConfig`, as JSON, becomes a [`Config`].
//!
//! Every name keeps the meaning and the default that it has in the family, whatever our defaults are; what it means here, and
//! what has no meaning here, stands in a [`Report`]. What concerns a store, an agent or feeds is handed on as [`ForeignSetting`].
//! Values are coerced as pydantic does, and validated as the family does, all mistakes at once.
//!
//! ```
//! use portcullis_core::compat::settings;
//!
//! let converted = settings::convert(r#"{"rate_limit": "20", "redis_url": "redis://cache", "blaklist": []}"#)?;
//! assert_eq!(converted.config.rate.limit.map(|rate| rate.to_string()).as_deref(), Some("20/min"));
//! let report = converted.report.to_string();
//! assert!(report.contains("rate_limit: mapped to `rate.limit`\n"));
//! assert!(report.contains("redis_url: for the store\n"));
//! assert!(report.contains("blaklist: unknown and ignored; did you mean `blacklist`?\n"));
//! # Ok::<(), portcullis_core::config::ConfigErrors>(())
//! ```

mod convert;
mod names;
pub(crate) mod value;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::compile;
use crate::config::node::Node;
use crate::config::{Config, ConfigErrors, not_parsed};
use crate::text::nearest;
use convert::Conversion;
pub(crate) use convert::{PROVIDERS, carve, carved};
use names::{Mapping, ROWS, Row};

/// A document of the family, converted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConvertedConfig {
    /// What it means here.
    pub config: Config,
    /// What became of every name that it holds.
    pub report: Report,
    /// What concerns other crates: every name of theirs, with the family's default where the document is silent.
    pub elsewhere: Vec<ForeignSetting>,
}

impl ConvertedConfig {
    /// The value of a name that concerns another crate.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&Setting> {
        self.elsewhere.iter().find(|known| known.name == name).map(|known| &known.value)
    }
}

/// A value that concerns another crate.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ForeignSetting {
    /// Whom it concerns.
    pub owner: Owner,
    /// The family's name for it.
    pub name: &'static str,
    /// The value, coerced to the type of the name and within its range.
    pub value: Setting,
}

/// Whom a value concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Owner {
    /// The store of counters and bans.
    Store,
    /// The agent that ships events.
    Agent,
    /// The feeds that know countries and clouds.
    Feeds,
    /// The application's `tracing` subscriber.
    Subscriber,
}

impl Owner {
    const fn phrase(self) -> &'static str {
        match self {
            Self::Store => "the store",
            Self::Agent => "the agent",
            Self::Feeds => "the feeds",
            Self::Subscriber => "the application's `tracing` subscriber",
        }
    }
}

/// A value of a name that concerns another crate.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Setting {
    /// Not set.
    None,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A number.
    Fraction(f64),
    /// Text; never shown by `Debug`, for it may hold a key or a password.
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

    fn of(node: &Node) -> Self {
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

/// What became of the names that a document holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report(Vec<Entry>);

/// What became of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The name in the document.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It means the same here, in these fields.
    Mapped(&'static str),
    /// It means nearly the same here; why not exactly.
    Approximated(String),
    /// It concerns another crate, which gets its value.
    Handed(Owner),
    /// It has no effect here; why.
    NoEffect(String),
    /// The family does not know it either; with the nearest name that it knows.
    Unknown(Option<&'static str>),
}

impl Report {
    /// The entries, in the order of the family's model, unknown names last.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter()
    }

    /// What became of the name `name`; `None` for a name that the document does not hold and about whose default there is
    /// nothing to say.
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
            Outcome::Handed(owner) => writeln!(f, "{name}: for {}", owner.phrase()),
            Outcome::NoEffect(why) => writeln!(f, "{name}: no effect: {why}"),
            Outcome::Unknown(None) => writeln!(f, "{name}: unknown and ignored"),
            Outcome::Unknown(Some(nearest)) => {
                writeln!(f, "{name}: unknown and ignored; did you mean `{nearest}`?")
            }
        })
    }
}

/// Convert a Guard `SecurityConfig`, a JSON document with flat names.
///
/// # Errors
/// Every value that the family would refuse, every one that would refuse every request, and every one that has no
/// counterpart here because it is out of range; under the family's names.
pub fn convert(json: &str) -> Result<ConvertedConfig, ConfigErrors> {
    let node = serde_json::from_str::<Node>(json).map_err(|error| not_parsed("JSON", &error))?;
    let Node::Table(entries) = node else {
        let problem = format!("expected a table of names, found {}", node.kind());
        return Err(ConfigErrors::one("", problem));
    };
    let mut errors = ConfigErrors::default();
    let values = values(&entries, &mut errors);
    errors.into_result(())?;
    let mut conversion = Conversion::new(&values);
    for row in ROWS {
        conversion.enter(row.name);
        if let Mapping::Field(_, set) | Mapping::Both(_, _, set) = row.mapping {
            set(&mut conversion);
        }
    }
    let Conversion { config, notes, mut errors, .. } = conversion;
    let mut ours = ConfigErrors::default();
    compile::check(&config, &mut ours);
    errors.add_unreported(under_their_names(ours));
    let report = report(&entries, notes);
    let elsewhere = elsewhere(&values);
    errors.into_result(ConvertedConfig { config, report, elsewhere })
}

/// The table of names as Markdown, for the documentation.
#[must_use]
pub fn names() -> String {
    let head = "| Guard name | default there | here |\n|---|---|---|\n";
    ROWS.iter().fold(String::from(head), |table, row| {
        let default = if row.default.len() > 40 { "(its own)".into() } else { format!("`{}`", row.default) };
        table + &format!("| `{}` | {default} | {} |\n", row.name, names::becomes(row))
    })
}

/// The value of every name, coerced, with the family's defaults.
fn values(entries: &[(String, Node)], errors: &mut ConfigErrors) -> BTreeMap<&'static str, Node> {
    let mut values = BTreeMap::new();
    for row in ROWS {
        let given = entries.iter().find(|(name, _)| name == row.name).map(|(_, node)| node);
        let value = match given {
            Some(node) => row.kind.coerce(node),
            None => default(row),
        };
        match value {
            Ok(value) => drop(values.insert(row.name, value)),
            Err(problem) => errors.push(row.name, problem),
        }
    }
    values
}

fn default(row: &Row) -> Result<Node, String> {
    let node = serde_json::from_str::<Node>(row.default).map_err(|error| format!("{error}"))?;
    row.kind.coerce(&node)
}

/// Problems of our fields, said about the names that set them.
fn under_their_names(ours: ConfigErrors) -> ConfigErrors {
    let mut errors = ConfigErrors::default();
    for error in ours.iter() {
        let sets = |row: &&Row| match row.mapping {
            Mapping::Field(fields, _) | Mapping::Both(_, fields, _) => {
                fields.split(", ").any(|field| error.path().starts_with(field))
            }
            Mapping::Modifier(_) | Mapping::External(_) | Mapping::Unsupported(_) => false,
        };
        match ROWS.iter().find(sets) {
            Some(row) => errors.push(row.name, format!("as `{}`: {}", error.path(), error.problem())),
            None => errors.push(error.path(), error.problem()),
        }
    }
    errors
}

fn report(entries: &[(String, Node)], mut notes: BTreeMap<&'static str, Outcome>) -> Report {
    let mut report = Vec::new();
    for row in ROWS {
        let given = entries.iter().any(|(name, _)| name == row.name);
        let outcome = match (notes.remove(row.name), &row.mapping) {
            (Some(noted), _) => noted,
            (None, _) if !given => continue,
            (None, Mapping::Field(fields, _)) => Outcome::Mapped(fields),
            (None, Mapping::Modifier(name)) => Outcome::Mapped(name),
            (None, Mapping::External(owner) | Mapping::Both(owner, ..)) => Outcome::Handed(*owner),
            (None, Mapping::Unsupported(why)) => Outcome::NoEffect((*why).into()),
        };
        report.push(Entry { name: row.name.into(), outcome });
    }
    let known: Vec<&'static str> = ROWS.iter().map(|row| row.name).collect();
    for (name, _) in entries.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
        report.push(Entry { name: name.clone(), outcome: Outcome::Unknown(nearest(name, &known)) });
    }
    Report(report)
}

fn elsewhere(values: &BTreeMap<&'static str, Node>) -> Vec<ForeignSetting> {
    let owned = ROWS.iter().filter_map(|row| match row.mapping {
        Mapping::External(owner) | Mapping::Both(owner, ..) => Some((owner, row.name)),
        Mapping::Field(..) | Mapping::Modifier(_) | Mapping::Unsupported(_) => None,
    });
    let setting = |name| values.get(name).map_or(Setting::None, Setting::of);
    owned.map(|(owner, name)| ForeignSetting { owner, name, value: setting(name) }).collect()
}

#[cfg(test)]
mod tests;
