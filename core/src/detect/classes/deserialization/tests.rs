//! Where formats begin, and that the work grows with the value and no faster.

use super::{base64, pickle};
use crate::detect::decode::work::assert_linear;
use crate::detect::{Class, ClassSet, Input, Location, Scanner};

fn is_attack(name: &[u8], value: &[u8]) -> bool {
    let input = Input { location: Location::Json, name, value };
    Scanner::new().scan(&input, ClassSet::NONE.with(Class::Deserialization)).is_some()
}

#[test]
fn base64_is_decoded_as_far_as_it_is_base64() {
    let mut into = [0; base64::MAX_BYTES];
    assert_eq!(base64::decode(b"aGVsbG8=x", &mut into), b"hello");
    assert_eq!(base64::decode(b"_-8!", &mut into), &[0xff, 0xef]);
    assert_eq!(base64::decode(&[b'A'; 4 * base64::MAX_BYTES], &mut into).len(), base64::MAX_BYTES);
}

#[test]
fn a_pickle_is_walked_to_its_call() {
    assert!(pickle::calls(b"\x80\x04\x95\x1d\0\0\0\0\0\0\0\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85\x94R\x94."));
    assert!(pickle::calls(b"cos\nsystem\n(S'id'\ntR."));
    // Without a name there is nothing to call, and what is cut or unknown is no pickle.
    assert!(!pickle::calls(b"(lp0\nI1\naI2\na."));
    assert!(!pickle::calls(b"cos\nsystem"));
    assert!(!pickle::calls(b"cos\nsystem\n\xffR"));
    assert!(!pickle::calls(b"\x80\x04X\xff\xff\xff\xff"));
}

#[test]
fn raw_streams_are_told_by_their_first_bytes() {
    assert!(is_attack(b"q", b"\xac\xed\0\x05sr\0\x11java"));
    assert!(!is_attack(b"q", b"\xac\xed\0\x05\x10"));
    assert!(is_attack(b"q", b"\x04\x08o:\x15Gem"));
    assert!(!is_attack(b"q", b"\x04\x08{\x06"));
}

#[test]
fn a_type_may_stand_apart_from_the_member_that_names_it() {
    assert!(is_attack(b"$type", b"System.Diagnostics.Process, System"));
    assert!(!is_attack(b"$type", b"Shop.Models.Order, Shop"));
    assert!(!is_attack(b"q", b"System.Diagnostics.Process, System"));
}

#[test]
fn work_is_linear_in_the_value() {
    for unit in
        ["O:1:", "!", "! ", "!!python/object", "cA\nb\n", "(", "$type:", "AAE", "\u{80}", "a:", "!!com.sun."]
    {
        assert_linear(unit.as_bytes(), b"", 80, |value| {
            is_attack(b"q", value);
        });
    }
}
