//! Access to private items for the fuzz targets, and the laws that require it. Compiled only for those targets.

use alloc::vec::Vec;

use crate::detect::decode::{self, work::work_of};
use crate::detect::{ClassSet, Input, MAX_THRESHOLD, ScanOptions, Scanner, View};

/// Lengths of the inputs whose work is compared with that of twice the input. A prefix check of fixed length can
/// distort the comparison for short inputs; for long ones it is negligible.
const LENGTHS: [usize; 2] = [1024, 16 * 1024];
/// Work per byte that is always allowed. A reader that stops early may continue to the end of a longer input, where a
/// quote is closed, and more than double its work; but it never exceeds this.
const MAX_WORK_PER_BYTE: usize = 128;
/// Maximum length of the repeated unit: short units cause repeated reads, and long inputs are slow.
const MAX_UNIT: usize = 64;

/// The law of linear work: for a short `unit`, doubling the repetitions at most doubles the work, unless the work is
/// small. Counted in bytes read, not in time.
///
/// # Panics
/// If the law is violated.
pub fn work_at_most_doubles(unit: &[u8], mut run: impl FnMut(&[u8])) {
    if unit.is_empty() || unit.len() > MAX_UNIT {
        return;
    }
    let mut measured = (0, 0, 0);
    let holds = LENGTHS.iter().any(|long| {
        let mut input = unit.repeat(long.div_ceil(unit.len()));
        let once = work_of(|| run(&input));
        input.extend_from_within(..);
        let twice = work_of(|| run(&input));
        measured = (once, twice, input.len());
        // A reader may have stopped shortly before the end that is now the middle.
        twice <= 2 * once + once / 16 || twice <= MAX_WORK_PER_BYTE * input.len()
    });
    let (once, twice, len) = measured;
    assert!(holds, "{once} bytes of work become {twice} when the input doubles to {len}");
}

/// Scan with all classes, without stopping at a finding.
pub fn scan_to_the_end(input: &Input<'_>, classes: ClassSet) {
    let options = ScanOptions { threshold: MAX_THRESHOLD, ..ScanOptions::default() };
    drop(Scanner::new().scan_with(View::raw(input, b""), input, classes, &options));
}

/// The law of every decoder: the output is no longer than the input, and decoding it again changes nothing.
///
/// # Panics
/// If the law is violated.
pub fn decoders_hold(input: &[u8]) {
    let percent = |input: &[u8], out: &mut Vec<u8>| decode::percent(input, false, out);
    check(input, &percent, &percent);
    // A decoded plus would be read as a blank, so the second run uses the other mode.
    check(input, &|input, out| decode::percent(input, true, out), &percent);
    check(input, &decode::fold, &decode::fold);
    check_length(input);
    check_convergence(input);
}

/// Run each decoder once, to measure its work.
pub fn decode_once(input: &[u8]) {
    let mut out = Vec::new();
    decode::percent(input, true, &mut out);
    decode::fold(input, &mut out);
    decode::escapes(input, &mut out);
    check_length(input);
}

/// The decoded UTF-16, and all decoded base64 runs of a text together, are no longer than the text.
fn check_length(input: &[u8]) {
    let mut out = Vec::new();
    if decode::is_wide(input) && decode::wide(input, &mut out).decodings != crate::detect::Decodings::RAW {
        assert!(out.len() <= input.len(), "UTF-16 of {} bytes became {}", input.len(), out.len());
    }
    let (mut from, mut total) = (0, 0);
    while let Some(base64_run) = decode::base64_run(input, from, &mut out) {
        let valid =
            base64_run.start >= from && base64_run.start < base64_run.end && base64_run.end <= input.len();
        assert!(valid, "a base64 run is at {base64_run:?}");
        (from, total) = (base64_run.end, total + out.len());
    }
    assert!(total <= input.len(), "base64 runs of {} bytes decode to {total}", input.len());
}

/// Deeply nested escapes may require further runs of the decoder; each run shrinks the text.
fn check_convergence(input: &[u8]) {
    let (mut now, mut next) = (input.to_vec(), Vec::new());
    while decode::escapes(&now, &mut next).decodings != crate::detect::Decodings::RAW && next != now {
        assert!(next.len() <= now.len(), "a decoder made {} bytes of {}", next.len(), now.len());
        core::mem::swap(&mut now, &mut next);
    }
}

type Decoder<'d> = &'d dyn Fn(&[u8], &mut Vec<u8>) -> decode::DecodeResult;

fn check(input: &[u8], first: Decoder<'_>, second: Decoder<'_>) {
    let (mut once, mut twice) = (Vec::new(), Vec::new());
    if first(input, &mut once).decodings == crate::detect::Decodings::RAW {
        return;
    }
    assert!(once.len() <= input.len(), "a decoder made {} bytes of {}", once.len(), input.len());
    if second(&once, &mut twice).decodings != crate::detect::Decodings::RAW {
        assert_eq!(once, twice, "a second run changed the output");
    }
}
