//! Which classes open on a view: tables over the rows, built at compile time.

use super::rows::ROWS;
use crate::detect::decode::View;
use crate::detect::evidence::{Class, ClassSet, Recogniser};
use crate::detect::gate::Shape;

/// For each kind of byte or word, the classes that need it: few kinds occur in a value, so this is faster than a
/// test of every class.
struct ByKind([ClassSet; 32]);

impl ByKind {
    /// By the kinds in [`Needs::kinds`] of this `place`.
    const fn of(place: usize) -> Self {
        let mut table = [ClassSet::NONE; 32];
        let mut at = 0;
        while at < ROWS.len() {
            let kinds = ROWS[at].needs.kinds()[place];
            let mut kind = 0;
            while kind < 32 {
                if kinds >> kind & 1 != 0 {
                    table[kind] = table[kind].with(ROWS[at].class);
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

/// For each location, the classes of which attacks can be there.
static BY_LOCATION: [ClassSet; 32] = {
    let mut table = [ClassSet::NONE; 32];
    let mut at = 0;
    while at < ROWS.len() {
        let mut location = 0;
        while location < 32 {
            if ROWS[at].locations.bits() >> location & 1 != 0 {
                table[location] = table[location].with(ROWS[at].class);
            }
            location += 1;
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
    while at < ROWS.len() {
        let kinds = ROWS[at].needs.kinds();
        any = [any[0] | kinds[0], any[1] | kinds[1], any[2] | kinds[2], any[3] | kinds[3]];
        at += 1;
    }
    any
};

static RECOGNISERS: [Recogniser; ROWS.len()] = {
    let mut recognisers = [ROWS[0].recogniser; ROWS.len()];
    let mut at = 0;
    while at < ROWS.len() {
        recognisers[at] = ROWS[at].recogniser;
        at += 1;
    }
    recognisers
};

/// What reads the language of `class`.
pub(in crate::detect) fn recogniser(class: Class) -> &'static Recogniser {
    &RECOGNISERS[class as usize]
}

/// Which of `classes` can be in the view as far as its kinds of byte and word go.
#[inline]
pub(in crate::detect) fn candidates(view: &View<'_>, classes: ClassSet) -> ClassSet {
    let Shape { bytes, doubled, after_dot, words, .. } = view.shape;
    let needed = BY_BYTE
        .classes(bytes & ANY[0])
        .and(BY_DOUBLED.classes(doubled & ANY[1]))
        .and(BY_AFTER_DOT.classes(after_dot & ANY[2]))
        .and(BY_WORD.classes(words & ANY[3]));
    classes.within(BY_LOCATION[view.location as usize]).within(needed)
}

/// Whether an attack of `class`, which is one of the [`candidates`], can be in the view.
pub(in crate::detect) fn may_hold(class: Class, view: &View<'_>) -> bool {
    (recogniser(class).may_hold)(view)
}

/// Which of `classes` open on the view.
pub(in crate::detect) fn open(view: &View<'_>, classes: ClassSet) -> ClassSet {
    let candidates = candidates(view, classes).iter();
    candidates.filter(|class| may_hold(*class, view)).fold(ClassSet::NONE, ClassSet::with)
}
