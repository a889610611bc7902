use alloc::vec::Vec;

use super::names;
use crate::detect::{Class, ClassSet, Origin, Scanner, Surface};

fn is_attack(value: &[u8]) -> bool {
    let surface = Surface { origin: Origin::Json, name: b"q", value };
    Scanner::new().scan(&surface, ClassSet::NONE.with(Class::Xss)).is_some()
}

#[test]
fn names_are_sorted() {
    for table in [names::EVENTS, names::CALLS, names::OBJECTS] {
        assert!(table.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
