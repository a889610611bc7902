//! Documents of the Guard family: a flat `SecurityConfig`, as JSON, becomes a [`Config`](crate::Config).
//!
//! Every name keeps its meaning and its default in the family, whatever the defaults of this engine. A [`Report`] lists
//! what each name means here and which have no effect. Settings of a store, an agent or feeds are returned as
//! [`ForeignSetting`]s. Values are coerced as pydantic does and validated as the family does, all errors at once.
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

mod conversion;
mod convert;
mod names;
mod report;
pub(crate) mod value;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::compile;
use crate::config::node::Node;
use crate::config::{ConfigErrors, not_parsed};
use crate::text::nearest;
use conversion::Conversion;
pub(crate) use convert::{PROVIDERS, carve_regions, carved_message};
use names::{Mapping, ROWS, Row};
pub use report::{ConvertedConfig, Entry, ForeignSetting, Outcome, Owner, Report, Setting};

/// Convert a Guard `SecurityConfig`, a JSON document with flat names.
///
/// # Errors
/// All values that the family rejects, that would reject every request, or that are out of range here; under the
/// family's names.
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
    let mut own_errors = ConfigErrors::default();
    compile::check(&config, &mut own_errors);
    errors.add_unreported(under_family_names(own_errors));
    let report = report(&entries, notes);
    let foreign = foreign_settings(&values);
    errors.into_result(ConvertedConfig { config, report, foreign })
}

/// The table of names as Markdown, for the documentation.
#[must_use]
pub fn names() -> String {
    let head = "| Guard name | default there | here |\n|---|---|---|\n";
    ROWS.iter().fold(String::from(head), |table, row| {
        let default = if row.default.len() > 40 { "(its own)".into() } else { format!("`{}`", row.default) };
        table + &format!("| `{}` | {default} | {} |\n", row.name, names::describe_mapping(row))
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

/// The errors of Portcullis fields, under the family's names that set them.
fn under_family_names(own_errors: ConfigErrors) -> ConfigErrors {
    let mut errors = ConfigErrors::default();
    for error in own_errors.iter() {
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
            (Some(outcome), _) => outcome,
            (None, _) if !given => continue,
            (None, Mapping::Field(fields, _)) => Outcome::Mapped(fields),
            (None, Mapping::Modifier(name)) => Outcome::Mapped(name),
            (None, Mapping::External(owner) | Mapping::Both(owner, ..)) => Outcome::External(*owner),
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

fn foreign_settings(values: &BTreeMap<&'static str, Node>) -> Vec<ForeignSetting> {
    let owned = ROWS.iter().filter_map(|row| match row.mapping {
        Mapping::External(owner) | Mapping::Both(owner, ..) => Some((owner, row.name)),
        Mapping::Field(..) | Mapping::Modifier(_) | Mapping::Unsupported(_) => None,
    });
    let setting = |name| values.get(name).map_or(Setting::None, Setting::of);
    owned.map(|(owner, name)| ForeignSetting { owner, name, value: setting(name) }).collect()
}

#[cfg(test)]
mod tests;
