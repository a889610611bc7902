//! The recognisers of all classes, and what has to be in a value before one is asked.

use super::evidence::Evidence;
use super::{
    Class, ClassSet, Location, Shape, View, cms_probing, code_injection, deserialization, file_upload,
    graphql, http_split, ldap, nosql, open_redirect, proto_pollution, recon, scanner, sensitive_file,
    session_fixation, shell, sqli, ssi, ssrf, template, traversal, xml, xss,
};

/// What reads the language of one class.
#[derive(Clone, Copy)]
pub(super) struct Recogniser {
    pub(super) class: Class,
    /// Where attacks of the class can stand.
    pub(super) places: Locations,
    /// Attacks need one of these.
    pub(super) needs: Needs,
    /// Whether an attack of this class can be in the view. May say yes too often, which costs time; never no to what
    /// `recognise` would confirm.
    pub(super) may_hold: fn(&View<'_>) -> bool,
    /// Add the evidence for this class in the view.
    pub(super) recognise: fn(&View<'_>, &mut Evidence<'_>),
}

/// Origins, one bit each.
#[derive(Clone, Copy)]
pub(super) struct Locations(u32);

impl Locations {
    pub(super) const ALL: Self = Self(u32::MAX);

    pub(super) const fn of(origins: &[Location]) -> Self {
        let (mut places, mut at) = (0, 0);
        while at < origins.len() {
            places |= 1 << origins[at] as u32;
            at += 1;
        }
        Self(places)
    }
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

    const fn kinds(self) -> [u32; 4] {
        [self.bytes, self.doubled, self.after_dot, self.words]
    }
}

/// Every recogniser, in the order in which classes are tried.
pub(super) const ALL: [Recogniser; 22] = [
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
    session_fixation::RECOGNISER,
];

/// For each kind of byte or word, the classes that need it: few kinds occur in a value, so that this is faster than to ask
/// every class.
struct ByKind([ClassSet; 32]);

impl ByKind {
    /// By the kinds in [`Needs::kinds`] of this `place`.
    const fn of(place: usize) -> Self {
        let mut table = [ClassSet::NONE; 32];
        let mut at = 0;
        while at < ALL.len() {
            let kinds = ALL[at].needs.kinds()[place];
            let mut kind = 0;
            while kind < 32 {
                if kinds >> kind & 1 != 0 {
                    table[kind] = table[kind].with(ALL[at].class);
                }
                kind += 1;
            }
            at += 1;
        }
        Self(table)
    }

    /// The classes that need any of `kinds`.
    fn classes(&self, mut kinds: u32) -> ClassSet {
        let mut classes = ClassSet::NONE;
        while kinds != 0 {
            classes = classes.and(self.0[kinds.trailing_zeros() as usize]);
            kinds &= kinds - 1;
        }
        classes
    }
}

/// For each origin, the classes of which attacks can stand there.
static BY_ORIGIN: [ClassSet; 32] = {
    let mut table = [ClassSet::NONE; 32];
    let mut at = 0;
    while at < ALL.len() {
        let mut origin = 0;
        while origin < 32 {
            if ALL[at].places.0 >> origin & 1 != 0 {
                table[origin] = table[origin].with(ALL[at].class);
            }
            origin += 1;
        }
        at += 1;
    }
    table
};

static BY_BYTE: ByKind = ByKind::of(0);
static BY_DOUBLED: ByKind = ByKind::of(1);
static BY_AFTER_DOT: ByKind = ByKind::of(2);
static BY_WORD: ByKind = ByKind::of(3);

/// Every kind that any class needs.
const ANY: [u32; 4] = {
    let mut any = [0; 4];
    let mut at = 0;
    while at < ALL.len() {
        let kinds = ALL[at].needs.kinds();
        any = [any[0] | kinds[0], any[1] | kinds[1], any[2] | kinds[2], any[3] | kinds[3]];
        at += 1;
    }
    any
};

/// What reads the language of `class`; none for the operator's own patterns.
pub(super) fn of(class: Class) -> Option<&'static Recogniser> {
    RECOGNISERS.get(class as usize)
}

/// Which of `classes` can be in the view as far as its kinds of byte and word go.
#[inline]
pub(super) fn asked(view: &View<'_>, classes: ClassSet) -> ClassSet {
    let Shape { bytes, doubled, after_dot, words, .. } = view.shape;
    let needed = BY_BYTE
        .classes(bytes & ANY[0])
        .and(BY_DOUBLED.classes(doubled & ANY[1]))
        .and(BY_AFTER_DOT.classes(after_dot & ANY[2]))
        .and(BY_WORD.classes(words & ANY[3]));
    classes.within(BY_ORIGIN[view.origin as usize]).within(needed)
}

/// Whether an attack of `class`, which was [`asked`], can be in the view.
pub(super) fn opens(class: Class, view: &View<'_>) -> bool {
    of(class).is_some_and(|recogniser| (recogniser.may_hold)(view))
}

/// Which of `classes` are to be asked about the view.
pub(super) fn open(view: &View<'_>, classes: ClassSet) -> ClassSet {
    let asked = asked(view, classes).iter();
    asked.filter(|class| opens(*class, view)).fold(ClassSet::NONE, ClassSet::with)
}

static RECOGNISERS: [Recogniser; ALL.len()] = ALL;

const _: () = {
    let mut at = 0;
    while at < ALL.len() {
        assert!(ALL[at].class as usize == at, "recognisers stand in the order of their classes");
        at += 1;
    }
};
