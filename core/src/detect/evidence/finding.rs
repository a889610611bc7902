//! A finding: class, rules, location and excerpt of an attack.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::detect::decode::{Decodings, Source};
use crate::detect::evidence::{Class, Evidence, Location, excerpt};

/// An attack found in one value.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// What kind of attack.
    pub class: Class,
    /// The rule that weighed most, or the pattern of the operator that matched.
    pub rule: Cow<'static, str>,
    /// All rules that matched, in order.
    pub rules: Vec<Cow<'static, str>>,
    /// The sum of their weights; 1.0 and more is an attack, unless `detect.threshold` sets another score.
    pub score: f32,
    /// Which part of the request the value came from.
    pub location: Location,
    /// The parameter, header, cookie, field or JSON path, at most 64 bytes; empty for the path and a whole body.
    pub name: String,
    /// The encodings that were undone before it was recognised.
    pub decodings: Decodings,
    /// The bytes of that view which the heaviest rule is about.
    pub span: (u32, u32),
    /// Those that they were decoded from: bytes of the value as it came, of a string in JSON once JSON's own escapes are
    /// undone. What is found in JSON in base64 was decoded from all of that base64.
    pub at: (u32, u32),
    /// Text around the span, at most 80 bytes, control characters escaped, with `[masked]` in place of secrets. `[masked]`
    /// alone if the span is in a secret: the value of a name, or of a name in the value, that must not leave the process.
    pub excerpt: String,
    /// Why, in one line.
    pub why: &'static str,
}

impl Finding {
    /// Put a finding together, of rules in `shadow` too or without them; `None` when there is no evidence at all. This is
    /// the cold path: it allocates.
    pub(in crate::detect) fn new(
        class: Class,
        source: &Source<'_>,
        evidence: &Evidence,
        shadow: bool,
        sensitive: &[String],
    ) -> Option<Box<Self>> {
        let items = || evidence.items().iter().filter(|item| shadow || !item.shadow);
        let heaviest = items().max_by_key(|item| item.rule.weight)?;
        let score = if shadow { evidence.full_score() } else { evidence.score() };
        let span = (heaviest.start, heaviest.end);
        Some(Box::new(Self {
            class,
            rule: heaviest.rule.id.into(),
            rules: items().map(|item| item.rule.id.into()).collect(),
            score: f32::from(score) / 100.0,
            location: source.input.location,
            name: excerpt::of_name(source.input.name, sensitive),
            decodings: source.decodings,
            span,
            at: at(source, span),
            excerpt: excerpt::of_value(source, span, sensitive),
            why: heaviest.rule.why,
        }))
    }

    /// The finding of the operator's pattern `id`, which matches `span` of the view. It weighs what an attack needs.
    pub(in crate::detect) fn of_pattern(
        id: &str,
        source: &Source<'_>,
        (start, end): (usize, usize),
        threshold: u16,
        sensitive: &[String],
    ) -> Self {
        let span = (offset(start), offset(end));
        Self {
            class: Class::Custom,
            rule: Cow::Owned(id.into()),
            rules: alloc::vec![Cow::Owned(id.into())],
            score: f32::from(threshold) / 100.0,
            location: source.input.location,
            name: excerpt::of_name(source.input.name, sensitive),
            decodings: source.decodings,
            span,
            at: at(source, span),
            excerpt: excerpt::of_value(source, span, sensitive),
            why: "matches a pattern of the operator",
        }
    }
}

impl Finding {
    /// The field with the attack, such as ``query `id` ``.
    #[must_use]
    pub fn field(&self) -> String {
        let mut field = String::with_capacity(self.location.name().len() + self.name.len() + 3);
        // A string takes whatever is written.
        let _ = self.write_field(&mut field);
        field
    }

    /// Mask the excerpt if it discloses a secret of the body that the value is from.
    pub(crate) fn mask_secrets_of(&mut self, document: &[u8], sensitive: &[String]) {
        if excerpt::discloses(&self.excerpt, document, sensitive) {
            self.excerpt = excerpt::MASKED.into();
        }
    }

    /// What [`Display`](fmt::Display) writes, without a formatter, which would grow it bit by bit.
    pub(crate) fn text(&self) -> String {
        let parts = [self.location.name(), &self.name, &self.rule, self.why].map(str::len);
        let mut text = String::with_capacity(parts.iter().sum::<usize>() + 8);
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut impl fmt::Write) -> fmt::Result {
        self.write_field(out)?;
        out.write_str(": ")?;
        out.write_str(&self.rule)?;
        out.write_str(" (")?;
        out.write_str(self.why)?;
        out.write_str(")")
    }

    fn write_field(&self, out: &mut impl fmt::Write) -> fmt::Result {
        out.write_str(self.location.name())?;
        if self.name.is_empty() {
            return Ok(());
        }
        out.write_str(" `")?;
        out.write_str(&self.name)?;
        out.write_str("`")
    }
}

impl fmt::Display for Finding {
    /// `query \`q\`: sqli.union-select (adds a UNION SELECT to the query)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// What `span` of a view was decoded from.
fn at(source: &Source<'_>, (start, end): (u32, u32)) -> (u32, u32) {
    let place = source.locate(start as usize..end as usize);
    (offset(place.start), offset(place.end))
}
