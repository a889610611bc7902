//! The recognisers of all classes, and what has to be in a value before one is asked.

use super::evidence::Evidence;
use super::gate::Shape;
use super::{
    Class, View, cms_probing, code_injection, deserialization, file_upload, graphql, http_split, ldap, nosql,
    open_redirect, proto_pollution, recon, scanner, sensitive_file, shell, sqli, ssi, ssrf, template,
    traversal, xml, xss,
};

/// What reads the language of one class.
#[derive(Clone, Copy)]
pub(super) struct Recogniser {
    pub(super) class: Class,
    /// Attacks need one of these.
    pub(super) needs: Needs,
    /// Whether an attack of this class can be in the view. May say yes too often, which costs time; never no to what
    /// `recognise` would confirm.
    pub(super) may_hold: fn(&View<'_>) -> bool,
    /// Add the evidence for this class in the view.
    pub(super) recognise: fn(&View<'_>, &mut Evidence<'_>),
}

/// Kinds of byte and of word, of which a value has to hold one.
#[derive(Clone, Copy)]
pub(super) struct Needs {
    /// Union of [`byte`](super::gate::byte) bits.
    pub(super) bytes: u32,
    /// Union of [`byte`](super::gate::byte) bits of bytes that stand twice in a row.
    pub(super) doubled: u32,
    /// Union of [`byte`](super::gate::byte) bits of bytes that follow a dot.
    pub(super) after_dot: u32,
    /// Union of [`word`](super::gate::word) bits.
    pub(super) words: u32,
}

impl Needs {
    pub(super) const NONE: Self = Self { bytes: 0, doubled: 0, after_dot: 0, words: 0 };

    const fn or(self, other: Self) -> Self {
        Self {
            bytes: self.bytes | other.bytes,
            doubled: self.doubled | other.doubled,
            after_dot: self.after_dot | other.after_dot,
            words: self.words | other.words,
        }
    }

    const fn are_met(self, shape: Shape) -> bool {
        let after_dot = shape.after_dot & self.after_dot;
        shape.bytes & self.bytes | shape.doubled & self.doubled | after_dot | shape.words & self.words != 0
    }
}

/// Every recogniser, in the order in which classes are tried.
pub(super) static ALL: [Recogniser; 21] = [
    sqli::RECOGNISER,
    xss::RECOGNISER,
    traversal::RECOGNISER,
    shell::RECOGNISER,
    template::RECOGNISER,
    code_injection::RECOGNISER,
    proto_pollution::RECOGNISER,
    ssi::RECOGNISER,
    ssrf::RECOGNISER,
    xml::RECOGNISER,
    http_split::RECOGNISER,
    file_upload::RECOGNISER,
    open_redirect::RECOGNISER,
    ldap::RECOGNISER,
    nosql::RECOGNISER,
    deserialization::RECOGNISER,
    graphql::RECOGNISER,
    sensitive_file::RECOGNISER,
    cms_probing::RECOGNISER,
    recon::RECOGNISER,
    scanner::RECOGNISER,
];

const ANY: Needs = {
    let mut any = Needs::NONE;
    let mut at = 0;
    while at < ALL.len() {
        any = any.or(ALL[at].needs);
        at += 1;
    }
    any
};

impl Recogniser {
    /// Whether an attack of this class can be in the view.
    pub(super) fn opens(&self, view: &View<'_>) -> bool {
        self.needs.are_met(view.shape) && (self.may_hold)(view)
    }
}

/// Whether a value of this shape can hold no attack of any class.
pub(super) fn stays_shut(shape: Shape) -> bool {
    !ANY.are_met(shape)
}
