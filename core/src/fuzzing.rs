//! Doors for the fuzz targets into what is private, and the laws that need them. Compiled only for those targets.

use alloc::vec::Vec;

use crate::detect::ScanOptions;
use crate::detect::Scanner;
use crate::detect::decode::{self, View, work::work_of};
use crate::detect::{ClassSet, Input, MAX_THRESHOLD};

/// How long an input is whose work is compared with that of twice the input. What stops at a fixed place, such as a look
/// at how a text starts, can still tip the comparison of short inputs; of long ones it hardly counts any more.
const LONG: [usize; 2] = [1024, 16 * 1024];
/// Looks at a byte that need no comparison. A reader that gives up early may go on to the end of a longer input, where a
/// quote is closed after all, and then it does more than twice the work; but never this much.
const FEW: usize = 128;
/// The longest unit that is repeated: what makes a reader look again and again is short, and long inputs are slow enough.
const UNIT: usize = 64;

/// The law of linear work: of a short `unit` repeated, twice as much is not more than twice the work, unless it is little
/// work anyway. Counted in bytes that are looked at, never in time.
///
/// # Panics
/// When the law is broken.
pub fn work_at_most_doubles(unit: &[u8], mut run: impl FnMut(&[u8])) {
    if unit.is_empty() || unit.len() > UNIT {
        return;
    }
    let mut told = (0, 0, 0);
    let holds = LONG.iter().any(|long| {
        let mut input = unit.repeat(long.div_ceil(unit.len()));
        let once = work_of(|| run(&input));
        input.extend_from_within(..);
        let twice = work_of(|| run(&input));
        told = (once, twice, input.len());
        // Where the middle was an end, a reader may have stopped a little before it.
        twice <= 2 * once + once / 16 || twice <= FEW * input.len()
    });
    let (once, twice, len) = told;
    assert!(holds, "{once} bytes of work become {twice} when the input doubles to {len}");
}

/// Look for everything, whatever was already found.
pub fn scan_to_the_end(input: &Input<'_>, classes: ClassSet) {
    let options = ScanOptions { threshold: MAX_THRESHOLD, ..ScanOptions::default() };
    drop(Scanner::new().scan_with(View::raw(input, b""), input, classes, &options));
}

/// The law of every decoder: the result is no longer than the input, and further runs find nothing left to undo.
///
/// # Panics
/// When the law is broken.
pub fn decoders_hold(input: &[u8]) {
    let percent = |input: &[u8], out: &mut Vec<u8>| decode::percent(input, false, out);
    check(input, &percent, &percent);
    // An escaped plus stays a plus, so only the escapes are gone for good.
    check(input, &|input, out| decode::percent(input, true, out), &percent);
    check(input, &decode::fold, &decode::fold);
    shrinks(input);
    settles(input);
}

/// Each decoder once, for the work that it does.
pub fn decode_once(input: &[u8]) {
    let mut out = Vec::new();
    decode::percent(input, true, &mut out);
    decode::fold(input, &mut out);
    decode::escapes(input, &mut out);
    shrinks(input);
}

/// UTF-16 and base64_runs of base64 are shorter once they are read, all of a text's together.
fn shrinks(input: &[u8]) {
    let mut out = Vec::new();
    if decode::is_wide(input) && decode::wide(input, &mut out).decodings != crate::detect::Decodings::RAW {
        assert!(out.len() <= input.len(), "UTF-16 of {} bytes became {}", input.len(), out.len());
    }
    let (mut from, mut total) = (0, 0);
    while let Some(base64_run) = decode::base64_run(input, from, &mut out) {
        let sound =
            base64_run.start >= from && base64_run.start < base64_run.end && base64_run.end <= input.len();
        assert!(sound, "an base64_run is at {base64_run:?}");
        (from, total) = (base64_run.end, total + out.len());
    }
    assert!(total <= input.len(), "base64_runs of {} bytes hold {total}", input.len());
}

/// Escapes nested in more unfinished ones than the decoder keeps open may need another run; each run shrinks.
fn settles(input: &[u8]) {
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
        assert_eq!(once, twice, "a decoder left something to undo");
    }
}
