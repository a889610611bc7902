//! The sections about inspection: attack detection and request bodies.

use alloc::string::String;
use alloc::vec::Vec;

use super::section::section;
use super::values::Choice;
use super::{ByteSize, HumanDuration, Pattern};

section! {
    /// `[detect]`: attack detection.
    pub struct Detect {
        /// Whether requests are inspected for attacks. Default: true.
        leaf enabled: bool = true,
        /// Active classes. Default: all but `cms_probing` and `recon`, which match pages that an application may have.
        leaf classes: Vec<crate::detect::Class> = crate::detect::ClassSet::DEFAULT.iter().collect(),
        /// The score from which a value is an attack, 0.5 to 10: lower values find more and have more false positives.
        /// Default: 1.0.
        leaf threshold: f64 = f64::from(crate::detect::THRESHOLD) / 100.0,
        /// Custom patterns.
        sections pattern: Vec<Pattern> = Vec::new(),
        /// Active recognisers of the application, by the names under which they are registered; at most 32. Default: empty.
        leaf recognisers: Vec<String> = Vec::new(),
        /// Classes, rules, patterns and recognisers in report-only mode, to try them on real traffic. Default: `open_redirect`,
        /// because many applications redirect to other sites.
        leaf shadow: Vec<String> = Vec::from(["open_redirect".into()]),
        /// Exclusions: locations where a class or rule does not apply.
        sections exclude: Vec<Exclude> = Vec::new(),
        /// Names whose values are masked in excerpts, in addition to the built-in ones: names that contain `passw`,
        /// `token`, `secret` or `sess`, and more.
        leaf sensitive: Vec<String> = Vec::new(),
        /// Handling of bodies that cannot be inspected completely. Default: `deny`.
        leaf on_incomplete: OnIncomplete = OnIncomplete::Deny,
    }
}

/// Handling of bodies that cannot be inspected completely.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnIncomplete {
    /// Reject with 413 a body that is too long, has too many parts or takes too much work, with 415 one in an unsupported coding or
    /// charset, and with 431 a head that takes too much work.
    #[default]
    Deny,
    /// Allow it; the verdict and the metrics contain the gaps.
    Allow,
}

impl Choice for OnIncomplete {
    const OPTIONS: &'static [(&'static str, Self)] = &[("deny", Self::Deny), ("allow", Self::Allow)];
}

section! {
    /// `[[detect.exclude]]`: a place where a class or rule does not apply. All given fields must match; at least one of
    /// `query`, `header`, `cookie`, `field` and `path`, or a class or rule, must be given.
    pub struct Exclude {
        /// The path and everything below it, such as `/admin/cms`. A request with an ambiguous path (escapes, dots,
        /// empty segments) never matches.
        leaf path: Option<String> = None,
        /// The name of a query parameter.
        leaf query: Option<String> = None,
        /// The name of a header.
        leaf header: Option<http::HeaderName> = None,
        /// The name of a cookie.
        leaf cookie: Option<String> = None,
        /// The name of a form field, a part, a JSON key, an XML element or attribute, or a GraphQL argument.
        leaf field: Option<String> = None,
        /// A class.
        leaf class: Option<crate::detect::Class> = None,
        /// The id of a rule or pattern, or the name of a recogniser.
        leaf rule: Option<String> = None,
    }
}

section! {
    /// `[body]`: request bodies.
    pub struct Body {
        /// Whether bodies are read and inspected before the handler runs. Default: true.
        leaf inspect: bool = true,
        /// Maximum length of an inspected body, 1KiB to 1GiB; a longer one is rejected with 413, or inspected up to
        /// here when `detect.on_incomplete` is `allow`. Does not apply to bodies that are not inspected. Default: 1MiB.
        leaf limit: ByteSize = ByteSize::mib(1),
        /// Time for a client to send the body; 10ms to 5min. Default: 10s.
        leaf timeout: HumanDuration = HumanDuration::secs(10),
        /// Whether bodies in gzip, deflate and Brotli are inflated for inspection; the handler receives them unchanged.
        /// Otherwise their coding is unsupported. Default: true.
        leaf inflate: bool = true,
        /// Maximum length after inflation, 1KiB to 1GiB; a longer one is rejected with 413, or inspected up to here
        /// when `detect.on_incomplete` is `allow`. Default: 4MiB.
        leaf inflate_limit: ByteSize = ByteSize::mib(4),
        /// Maximum ratio of inflation, for bodies of more than 64KiB inflated; 1 to 1100. Beyond it, as beyond
        /// `inflate_limit`. Default: 100.
        leaf inflate_ratio: u32 = 100,
        /// Maximum length of every body, inspected or not; a longer one is rejected with 413. A body without a declared
        /// length is read up to here before the handler runs. Default: null, only `limit` applies.
        leaf max: Option<ByteSize> = None,
    }
}
