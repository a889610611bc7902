//! The sections about what requests hold: which attacks are looked for, and which bodies are read.

use alloc::string::String;
use alloc::vec::Vec;

use super::section::section;
use super::values::Choice;
use super::{ByteSize, HumanDuration, Pattern};

section! {
    /// `[detect]`: which attacks are looked for.
    pub struct Detect {
        /// Whether requests are inspected at all. Default: true.
        leaf enabled: bool = true,
        /// Classes looked for. Default: all but `cms_probing` and `recon`, which are about pages that an application may have.
        leaf classes: Vec<String> = crate::detect::ClassSet::DEFAULT.iter().map(|class| class.name().into()).collect(),
        /// The score that makes a value an attack, 0.5 to 10: less finds more and is wrong more often. Default: 1.0.
        leaf threshold: f64 = f64::from(crate::detect::THRESHOLD) / 100.0,
        /// Patterns of your own.
        sections pattern: Vec<Pattern> = Vec::new(),
        /// Classes, rules and patterns that are reported and refuse nothing, to try them on real traffic. Default:
        /// `open_redirect`, because links to other sites are ordinary in many applications.
        leaf shadow: Vec<String> = Vec::from(["open_redirect".into()]),
        /// Where a class or rule does not apply.
        sections exclude: Vec<Exclude> = Vec::new(),
        /// Names whose values never stand in an excerpt, in addition to the built-in ones: whatever holds `passw`, `token`,
        /// `secret` or `sess`, and more.
        leaf sensitive: Vec<String> = Vec::new(),
        /// What to do when a body could not be inspected entirely. Default: `deny`.
        leaf on_incomplete: OnIncomplete = OnIncomplete::Deny,
    }
}

/// What to do when a body could not be inspected entirely.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnIncomplete {
    /// Refuse it: 413 when it is too long or has too many parts, 415 when its coding or charset is not understood.
    #[default]
    Deny,
    /// Let it pass; the verdict and the metrics say what was not seen.
    Allow,
}

impl Choice for OnIncomplete {
    const OPTIONS: &'static [(&'static str, Self)] = &[("deny", Self::Deny), ("allow", Self::Allow)];
}

section! {
    /// `[[detect.exclude]]`: a place where a class or rule does not apply. All given fields must match; at least one of
    /// `query`, `header`, `cookie`, `field` and `path`, or a class or rule, must be given.
    pub struct Exclude {
        /// The path and everything below it, such as `/admin/cms`. A request whose path can be read in two ways (escapes,
        /// dots, empty segments) never matches.
        leaf path: Option<String> = None,
        /// The name of a query parameter.
        leaf query: Option<String> = None,
        /// The name of a header.
        leaf header: Option<String> = None,
        /// The name of a cookie.
        leaf cookie: Option<String> = None,
        /// The name of a form field, a part, a JSON key, an XML element or attribute, or a GraphQL argument.
        leaf field: Option<String> = None,
        /// A class.
        leaf class: Option<String> = None,
        /// The id of a rule.
        leaf rule: Option<String> = None,
    }
}

section! {
    /// `[body]`: which bodies are read.
    pub struct Body {
        /// Whether bodies are read and inspected before the handler runs. Default: true.
        leaf inspect: bool = true,
        /// The longest body that is read for inspection, 1KiB to 1GiB; a longer one is refused with 413, or passes uninspected
        /// beyond this when `detect.on_incomplete` is `allow`. Bodies that are not inspected are not measured. Default: 1MiB.
        leaf limit: ByteSize = ByteSize::mib(1),
        /// How long a client may take to send it; 10ms to 5min. Default: 10s.
        leaf timeout: HumanDuration = HumanDuration::secs(10),
        /// Whether bodies in gzip, deflate and brotli are inflated for inspection; they are handed on as they came. Otherwise
        /// they count as not understood. Default: true.
        leaf inflate: bool = true,
        /// The most that a body may inflate to, 1KiB to 1GiB; more is refused with 413, or passes uninspected beyond this when
        /// `detect.on_incomplete` is `allow`. Default: 4MiB.
        leaf inflate_limit: ByteSize = ByteSize::mib(4),
        /// How many times its length a body may inflate to, once that is more than 64KiB; 1 to 1100. More is treated like what
        /// is beyond the limit. Default: 100.
        leaf inflate_ratio: u32 = 100,
        /// The longest body that any request may have, inspected or not; a longer one is refused with 413. One that does not
        /// say its length is read up to here before the handler runs. Default: null, no limit but `limit`.
        leaf max: Option<ByteSize> = None,
    }
}
