//! Any value in any location for every class: no panic, the same finding from a reused scanner, findings with their position
//! and a sufficient weight, and twice the value for at most twice the work.
#![no_main]

use std::cell::RefCell;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use portcullis_core::detect::{Class, ClassSet, Input, Location, Rule, Scanner};
use portcullis_core::fuzzing::{scan_to_the_end, work_at_most_doubles};

/// The test `documents` of the core writes the seeds in `seeds/recognise`: two bytes and a value.
#[derive(Arbitrary, Debug)]
struct Sample<'a> {
    class: u8,
    place: u8,
    value: &'a [u8],
}

const NAMES: [&[u8]; 8] = [b"q", b"", b"query", b"password", b"user", b"url", b"user-agent", b"[]"];

thread_local! {
    static REUSED_SCANNER: RefCell<Scanner> = const { RefCell::new(Scanner::new()) };
}

fuzz_target!(|input: Sample<'_>| {
    let class = Class::ALL[usize::from(input.class) % Class::ALL.len()];
    let location = Location::ALL[usize::from(input.place) % Location::ALL.len()];
    let name = NAMES[usize::from(input.place) / Location::ALL.len() % NAMES.len()];
    let value = Input { location, name, value: input.value };
    let finding = Scanner::new().scan(&value, ClassSet::NONE.with(class));
    let again = REUSED_SCANNER.with_borrow_mut(|used| used.scan(&value, ClassSet::NONE.with(class)));
    assert_eq!(finding, again, "a reused scanner has another finding");
    let any = REUSED_SCANNER.with_borrow_mut(|used| used.scan(&value, ClassSet::ALL));
    work_at_most_doubles(input.value, |text| {
        scan_to_the_end(&Input { value: text, ..value }, ClassSet::NONE.with(class));
    });
    let Some(finding) = finding else { return };
    assert!(any.is_some(), "a finding of one class is missing with all classes");
    assert_eq!(finding.class, class);
    assert!(finding.score >= 1.0 && finding.excerpt.len() <= 80, "{finding:?}");
    // Decoders never make a value longer.
    let (start, end) = finding.span;
    assert!(start <= end && end as usize <= input.value.len(), "{finding:?}");
    let (start, end) = finding.at;
    assert!(start <= end && end as usize <= input.value.len(), "{finding:?}");
    assert!(finding.rules.iter().all(|id| Rule::named(id).is_some_and(|rule| rule.class == class)));
});
