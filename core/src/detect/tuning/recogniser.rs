//! Recognisers of the application: code that adds evidence of the class `custom`, as the built-in classes do of theirs.
//!
//! An application declares rules and registers its recogniser under a name; `detect.recognisers` lists the active ones. A
//! value is an attack if the weights of the rules that one recogniser adds reach `detect.threshold`. Exclusions and shadow
//! apply to the rules, and to a recogniser by its name.
//!
//! A recogniser runs on the request path, on every value that it reads: its work must be linear in the length of the value.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::ops::Range;

use arrayvec::ArrayVec;

use crate::detect::evidence::{Input, Location, MAX_ITEMS, Rule};

/// A recogniser of the application.
///
/// ```
/// use portcullis_core::detect::{CustomEvidence, CustomRecogniser, Input, Location, Recognisers, Rule};
/// use portcullis_core::{Config, Timestamp};
///
/// /// Coupon codes of another tenant.
/// struct Coupons;
///
/// static RULES: [Rule; 1] = [Rule::custom("coupons.foreign", 100, "a coupon code of another tenant")];
///
/// impl CustomRecogniser for Coupons {
///     fn rules(&self) -> &'static [Rule] {
///         &RULES
///     }
///
///     fn reads(&self, location: Location) -> bool {
///         matches!(location, Location::Query | Location::Field | Location::Json)
///     }
///
///     fn recognise(&self, input: &Input<'_>, evidence: &mut CustomEvidence) {
///         if input.name == b"coupon" && input.value.starts_with(b"EVIL-") {
///             evidence.add(&RULES[0], 0..5);
///         }
///     }
/// }
///
/// let recognisers = Recognisers::new().with("coupons", Coupons);
/// let config = Config::from_json(r#"{"detect": {"recognisers": ["coupons"]}}"#)?;
/// let engine = config.compile_with(&recognisers)?;
/// # assert_eq!(engine.config().detect.recognisers, ["coupons"]);
/// # Ok::<(), portcullis_core::config::ConfigErrors>(())
/// ```
pub trait CustomRecogniser: Send + Sync {
    /// The rules that it adds, 1 to 26: [`Rule::custom`]. Each id is the registered name, a dot, and 1 to 64 letters, digits,
    /// `_` and `-`. Called when a configuration is compiled.
    fn rules(&self) -> &'static [Rule];

    /// Whether it reads values from `location`. Called when a configuration is compiled. Default: all of them; each
    /// location costs the values from there the fast path for plain text.
    fn reads(&self, location: Location) -> bool {
        let _ = location;
        true
    }

    /// Add the evidence in a value. Called with each view of a value in which no built-in class found an attack: `value`
    /// contains the bytes after percent-decoding, and again after further decoders if they change it (escapes, Unicode
    /// folding, base64); `location` and `name` are those of the value. Must be linear in the length of the value, and must
    /// not block.
    fn recognise(&self, input: &Input<'_>, evidence: &mut CustomEvidence);
}

/// The rules that a [`CustomRecogniser`] has matched in one value.
///
/// In a test of a recogniser:
///
/// ```
/// use portcullis_core::detect::{CustomEvidence, Rule};
///
/// static RULES: [Rule; 2] = [
///     Rule::custom("coupons.foreign", 100, "a coupon code of another tenant"),
///     Rule::custom("coupons.many", 50, "several coupon codes in one value"),
/// ];
///
/// let mut evidence = CustomEvidence::new();
/// evidence.add(&RULES[1], 0..9);
/// evidence.add(&RULES[1], 12..21); // Counts once.
/// assert_eq!(evidence.rules().map(|rule| rule.id).collect::<Vec<_>>(), ["coupons.many"]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct CustomEvidence {
    found: ArrayVec<(&'static Rule, Range<usize>), MAX_ITEMS>,
    incomplete: bool,
}

impl CustomEvidence {
    /// No evidence.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Add a rule, with the bytes of the value that it is about. A rule counts once for each value, with its first bytes; one
    /// that [`CustomRecogniser::rules`] does not declare does not count.
    pub fn add(&mut self, rule: &'static Rule, span: Range<usize>) {
        if !self.found.iter().any(|(known, _)| known.id == rule.id) {
            // More rules than may be declared are ignored.
            let _ = self.found.try_push((rule, span));
        }
    }

    /// Mark the value as not inspected completely: a gap in the coverage of the verdict, and in a body a case of
    /// `detect.on_incomplete`.
    pub fn set_incomplete(&mut self) {
        self.incomplete = true;
    }

    /// The rules that were added, in order.
    pub fn rules(&self) -> impl Iterator<Item = &'static Rule> {
        self.found.iter().map(|(rule, _)| *rule)
    }

    /// Whether the value was not inspected completely.
    #[must_use]
    pub const fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    pub(super) fn items(&self) -> impl Iterator<Item = (&'static Rule, Range<usize>)> {
        self.found.iter().cloned()
    }
}

/// Recognisers of an application, by name.
#[derive(Clone, Default)]
pub struct Recognisers(BTreeMap<String, Arc<dyn CustomRecogniser>>);

impl Recognisers {
    /// No recognisers.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// These recognisers and another, which replaces one of the same name.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, recogniser: impl CustomRecogniser + 'static) -> Self {
        self.0.insert(name.into(), Arc::new(recogniser));
        self
    }

    pub(super) fn get(&self, name: &str) -> Option<&Arc<dyn CustomRecogniser>> {
        self.0.get(name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl fmt::Debug for Recognisers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
