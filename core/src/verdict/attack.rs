//! What an event reports of an attack.

use crate::detect::{Class, Finding};
use crate::event::{Event, MetaValue};

impl Event {
    /// Add the attack: the rule, and in the metadata the fields of the finding. Of the
    /// value only the excerpt is included.
    pub fn describe(&mut self, finding: &Finding) {
        self.pattern = Some(finding.rule.clone());
        self.metadata.reserve_exact(14);
        self.metadata.extend([
            ("category", category(finding.class).into()),
            ("class", finding.class.name().into()),
            ("rules", MetaValue::Texts(finding.rules.clone())),
            ("origin", finding.location.name().into()),
            ("view", MetaValue::Text(finding.decodings.text())),
            ("span", MetaValue::Span(finding.span.0, finding.span.1)),
            ("at", MetaValue::Span(finding.at.0, finding.at.1)),
            ("excerpt", finding.excerpt.clone().into()),
        ]);
        if !finding.name.is_empty() {
            self.metadata.push(("name", finding.name.clone().into()));
        }
        if let Some(cwe) = finding.class.cwe() {
            self.metadata.push(("cwe", cwe.into()));
        }
    }
}

/// The category of the Guard family; the name of the class where the family has none.
const fn category(class: Class) -> &'static str {
    match class.family_categories() {
        [first, ..] => first,
        [] => class.name(),
    }
}
