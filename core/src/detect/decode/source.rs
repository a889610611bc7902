//! Maps the bytes of a view to the bytes of the original value.
//!
//! Views keep no map, because few are ever needed. For a finding the decoders run once more and report how far they have
//! read and written, which is enough to go back through each of them. The work is that of decoding.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::ops::Range;

use crate::detect::decode;
use crate::detect::decode::{DecodeResult, Decodings};
use crate::detect::evidence::Input;
use crate::simd;

/// What was read when something was found: a view of a value.
#[derive(Clone, Copy, Debug)]
pub(in crate::detect) struct Source<'s> {
    /// The value.
    pub(in crate::detect) input: &'s Input<'s>,
    /// The view's bytes.
    pub(in crate::detect) bytes: &'s [u8],
    /// What was undone to reach it.
    pub(in crate::detect) decodings: Decodings,
    /// The view that holds it in base64, if one does.
    pub(in crate::detect) outer: Option<&'s Outer<'s>>,
}

/// A view with base64 in it, of which there are further views.
#[derive(Clone, Copy, Debug)]
pub(in crate::detect) struct Outer<'o> {
    pub(in crate::detect) view: Source<'o>,
    /// Where in its bytes the base64 starts.
    pub(in crate::detect) start: usize,
    /// Whether what is viewed is a string of JSON in it. Such a view leads back to all of the base64.
    pub(in crate::detect) is_string: bool,
}

impl Source<'_> {
    /// The bytes of the value that were decoded to `span` of the view.
    pub(in crate::detect) fn locate(&self, span: Range<usize>) -> Range<usize> {
        if self.decodings == Decodings::RAW {
            return span;
        }
        let Some(Outer { view, start, is_string }) = self.outer else {
            let (value, plus) = (self.input.value, self.input.location.plus_is_blank());
            let through_once = || through_percent(value, self.bytes.len(), &span);
            let by_percent = Decodings::PLUS.and(Decodings::PERCENT).has(self.decodings);
            let found = if by_percent { through_once() } else { None };
            return found.unwrap_or_else(|| locate_in(value, plus, self.bytes, span));
        };
        let (base64, mut text) = (&view.bytes[*start..], Vec::new());
        decode::base64_run_traced(base64, &mut text, |_, _| ());
        let all = 0..text.len();
        let mut trace_back =
            SpanTrace::to(if *is_string { all } else { locate_in(&text, false, self.bytes, span) });
        text.clear();
        decode::base64_run_traced(base64, &mut text, |read, written| trace_back.record(read, written));
        view.locate(start + trace_back.from.start..start + trace_back.from.end)
    }
}

/// [`locate_in`] through percent escapes that were undone once, as nearly all are, without decoding. Whatever else the
/// decoder undoes makes the view shorter than that, and then this is `None`.
fn through_percent(value: &[u8], view: usize, span: &Range<usize>) -> Option<Range<usize>> {
    let Range { mut start, mut end } = *span;
    let (mut rest, mut written) = (value, 0);
    while let Some(found) = simd::position(rest, |block| block.equal(b'%')) {
        let tail = &rest[found + 1..];
        let escape = matches!(tail, [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit());
        let skipped = if escape { 2 } else { 0 };
        written += found;
        start += if written < span.start { skipped } else { 0 };
        end += if written < span.end { skipped } else { 0 };
        written += 1;
        rest = &tail[skipped..];
    }
    (written + rest.len() == view).then_some(start..end)
}

/// The bytes of `value` that were decoded to `span` of the `view` of it.
fn locate_in(value: &[u8], plus: bool, view: &[u8], span: Range<usize>) -> Range<usize> {
    let mut now = Cow::Borrowed(value);
    let mut undone = Vec::new();
    for decoder in DECODERS {
        if *now == *view {
            break;
        }
        let mut out = Vec::with_capacity(now.len());
        let mut trace_back = SpanTrace::to(span.clone());
        if decoder(&now, plus, &mut out, &mut |read, written| trace_back.record(read, written)).decodings
            == Decodings::RAW
        {
            continue;
        }
        // Most views are one decoder away.
        if undone.is_empty() && out == view {
            return trace_back.from;
        }
        undone.push((decoder, core::mem::replace(&mut now, Cow::Owned(out))));
    }
    undone.iter().rev().fold(span, |span, (decoder, input)| {
        let mut trace_back = SpanTrace::to(span);
        decoder(input, plus, &mut Vec::new(), &mut |read, written| trace_back.record(read, written));
        trace_back.from
    })
}

type Decoder = fn(&[u8], bool, &mut Vec<u8>, &mut dyn FnMut(usize, usize)) -> DecodeResult;

/// In the order in which a scan takes them.
const DECODERS: [Decoder; 4] = [
    |input, plus, out, trace| decode::percent_traced(input, plus, out, trace),
    |input, _, out, trace| {
        if decode::is_wide(input) { decode::wide_traced(input, out, trace) } else { DecodeResult::default() }
    },
    |input, _, out, trace| decode::escapes_traced(input, out, trace),
    |input, _, out, trace| decode::fold_traced(input, out, trace),
];

/// The span of an output, traced back through one decoder.
struct SpanTrace {
    /// What is looked for in its output.
    to: Range<usize>,
    /// What it read for that.
    from: Range<usize>,
    /// How far it had read and written at the last report.
    before: (usize, usize),
}

impl SpanTrace {
    const fn to(span: Range<usize>) -> Self {
        Self { to: span, from: 0..0, before: (0, 0) }
    }

    /// The decoder has read and written so much. As it takes back what turns out to be an escape, the last time counts
    /// at which it had not written more than what is before a position.
    fn record(&mut self, read: usize, written: usize) {
        let (from, behind) = self.before;
        let copied = read - from == written.wrapping_sub(behind);
        if written <= self.to.start {
            self.from.start = read;
        } else if copied && behind <= self.to.start {
            self.from.start = from + (self.to.start - behind);
        }
        if written <= self.to.end {
            self.from.end = read;
        } else if behind < self.to.end {
            self.from.end = if copied { from + (self.to.end - behind) } else { read };
        }
        self.before = (read, written);
    }
}

#[cfg(test)]
mod tests;
