//! Any value before the recogniser of any class, wherever it stands: no panic, the same finding from a scanner that has
//! seen other values, findings that say where in the value they are and weigh what an attack weighs, and twice the value for
//! at most twice the work.
#![no_main]

use std::cell::RefCell;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use portcullis_core::detect::{Class, ClassSet, Input, Location, Rule, Scanner};
use portcullis_core::fuzzing::{scan_to_the_end, work_at_most_doubles};

/// The seeds in `seeds/recognise` are written by the test `documents` of the core: two bytes and a value.
#[derive(Arbitrary, Debug)]
struct Sample<'a> {
    class: u8,
    place: u8,
    value: &'a [u8],
}

const NAMES: [&[u8]; 8] = [b"q", b"", b"query", b"password", b"user", b"url", b"user-agent", b"[]"];

thread_local! {
    static USED: RefCell<Scanner> = const { RefCell::new(Scanner::new()) };
}

fuzz_target!(|input: Sample<'_>| {
    let class = Class::ALL[usize::from(input.class) % Class::ALL.len()];
    let location = Location::ALL[usize::from(input.place) % Location::ALL.len()];
    let name = NAMES[usize::from(input.place) / Location::ALL.len() % NAMES.len()];
    let value = Input { location, name, value: input.value };
    let finding = Scanner::new().scan(&value, ClassSet::NONE.with(class));
    let again = USED.with_borrow_mut(|used| used.scan(&value, ClassSet::NONE.with(class)));
    assert_eq!(finding, again, "a scanner that was used finds something else");
    let any = USED.with_borrow_mut(|used| used.scan(&value, ClassSet::ALL));
    work_at_most_doubles(input.value, |text| {
        scan_to_the_end(&Input { value: text, ..value }, ClassSet::NONE.with(class));
    });
    let Some(finding) = finding else { return };
    assert!(any.is_some(), "what one class finds is gone when all are asked");
    assert_eq!(finding.class, class);
    assert!(finding.score >= 1.0 && finding.excerpt.len() <= 80, "{finding:?}");
    // No decoder makes a value longer.
    let (start, end) = finding.span;
    assert!(start <= end && end as usize <= input.value.len(), "{finding:?}");
    let (start, end) = finding.at;
    assert!(start <= end && end as usize <= input.value.len(), "{finding:?}");
    assert!(finding.rules.iter().all(|id| Rule::named(id).is_some_and(|rule| rule.class == class)));
});
