//! The expected outcome of a case.
//!
//! As an object: `{"status": 400, "class": "sqli", "pass": false, "excerpt": "masked"}`; all given fields must hold. As a
//! text, for collections of reports: `pass`, `block`, `report`, a status, or `refuse (CLASS/CLASS) or STATUS, excerpt
//! [masked]`, optionally after `with CONFIG:`. Other text is a remark, and constrains only as far as it starts with `refuse`.

use portcullis_core::detect::Class;
use portcullis_core::redact::REDACTED;
use portcullis_core::{Outcome, Verdict};
use serde::Deserialize;

/// The excerpt of a value under a sensitive name.
const MASKED: &str = "[masked]";

/// What a verdict is compared with.
#[derive(Debug, Deserialize)]
#[serde(from = "Source")]
pub struct Expectation {
    fields: Fields,
    config: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Fields {
    /// The status of the rejection.
    status: Option<u16>,
    /// The class of the finding, one of several separated by `/`.
    class: Option<String>,
    /// Whether the request is allowed.
    pass: Option<bool>,
    /// Whether something is reported for an allowed request.
    report: Option<bool>,
    /// Whether there is a finding, of any class.
    found: Option<bool>,
    /// `masked`: the excerpt is masked in part or whole.
    excerpt: Option<String>,
    /// A rejection with this status is right too, whatever the class.
    or_status: Option<u16>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Source {
    Fields(Fields),
    Text(String),
}

impl From<Source> for Expectation {
    fn from(source: Source) -> Self {
        match source {
            Source::Fields(fields) => Self { fields, config: None },
            Source::Text(text) => Self::of_text(&text),
        }
    }
}

impl Expectation {
    fn of_text(text: &str) -> Self {
        let (config, text) = match text.strip_prefix("with ").and_then(|rest| rest.split_once(": ")) {
            Some((config, text)) => (Some(config.replace(' ', "\n")), text),
            None => (None, text),
        };
        let mut fields = Fields::default();
        match text {
            "pass" => fields.pass = Some(true),
            "block" => fields.pass = Some(false),
            "report" => (fields.pass, fields.report) = (Some(true), Some(true)),
            status if status.parse::<u16>().is_ok() => fields.status = status.parse().ok(),
            text if text.starts_with("refuse") => {
                fields.pass = Some(false);
                // Which class is found first in a value with several attacks is no concern of a report.
                fields.found = text.strip_prefix("refuse (").map(|_| true);
                fields.or_status = text.rsplit_once(" or ").and_then(|(_, status)| status.parse().ok());
                fields.excerpt = text.contains("excerpt [masked]").then(|| "masked".into());
            }
            _ => {}
        }
        Self { fields, config }
    }

    /// The configuration that the expectation is about.
    #[must_use]
    pub fn config(&self) -> Option<&str> {
        self.config.as_deref()
    }

    /// Compare a verdict.
    ///
    /// # Errors
    /// What differs.
    pub fn compare(&self, verdict: &Verdict) -> Result<(), String> {
        let Fields { status, class, pass, report, found: expects, excerpt, or_status } = &self.fields;
        let observed = verdict.status();
        if or_status.is_some() && observed == *or_status {
            return Ok(());
        }
        let finding = verdict.finding.as_ref();
        let found = finding.map(|finding| format!("{}: {}", finding.rule, finding.excerpt));
        let seen = format!(
            "status {observed:?}, finding {found:?}, gaps {:?}",
            verdict.coverage.gaps.names().collect::<Vec<_>>()
        );
        let check = |holds: bool, expected: String| {
            if holds { Ok(()) } else { Err(format!("expected {expected}; {seen}")) }
        };
        if let Some(pass) = pass {
            check(observed.is_none() == *pass, if *pass { "no rejection" } else { "a rejection" }.into())?;
        }
        if let Some(status) = status {
            check(observed == Some(*status), format!("status {status}"))?;
        }
        if let Some(report) = report {
            check((verdict.record.outcome == Outcome::Report) == *report, format!("report: {report}"))?;
        }
        if let Some(expects) = expects {
            check(finding.is_some() == *expects, format!("finding: {expects}"))?;
        }
        if let Some(class) = class {
            let is_class = |name: &str| finding.is_some_and(|finding| names(finding.class, name));
            check(class.split('/').any(is_class), format!("class {class}"))?;
        }
        if excerpt.as_deref() == Some("masked") {
            check(
                finding.is_some_and(|finding| {
                    [MASKED, REDACTED].iter().any(|mark| finding.excerpt.contains(mark))
                }),
                "a masked excerpt".into(),
            )?;
        }
        Ok(())
    }
}

/// Whether `name` is a name of the class: its own, a former one, or that of its family category.
fn names(class: Class, name: &str) -> bool {
    Class::named(name) == Some(class) || class.family_categories().contains(&name)
}
