//! Decoding one content coding, whole, into one buffer.
//!
//! The output of a broken stream up to the error is kept: a handler that inflates while it reads has received it too.

use alloc::vec::Vec;

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

/// The smallest output buffer.
const MIN_BUFFER: usize = 4 << 10;
/// The largest accepted window of Brotli: 4 MiB, the default maximum of encoders.
const MAX_BROTLI_WINDOW_BITS: u32 = 22;

/// A supported coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    /// Zlib as in RFC 9110, or a raw stream, which some clients send: both are tried.
    Deflate,
    Brotli,
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StreamEnd {
    /// Complete.
    Whole,
    /// Truncated, malformed, or followed by other bytes.
    Broken,
    /// The output is longer than the cap.
    Capped,
}

/// Decode `input` into `out`, at most `cap` bytes of output.
pub(super) fn decode(coding: Coding, input: &[u8], cap: usize, out: &mut Vec<u8>) -> StreamEnd {
    out.clear();
    if input.is_empty() {
        return StreamEnd::Whole;
    }
    let mut sink = Sink { out, end: 0, max: cap.saturating_add(1) };
    sink.grow_to(input.len());
    let end = match coding {
        Coding::Gzip => gzip(input, &mut sink),
        Coding::Deflate => deflate(input, &mut sink),
        Coding::Brotli => brotli(input, &mut sink),
    };
    let written = sink.end;
    out.truncate(written.min(cap));
    if written > cap { StreamEnd::Capped } else { end }
}

/// Output so far, in a buffer that grows by doubling up to one byte more than the cap.
struct Sink<'o> {
    out: &'o mut Vec<u8>,
    end: usize,
    max: usize,
}

impl Sink<'_> {
    /// Enlarge the buffer; false at its maximum.
    fn grow(&mut self) -> bool {
        self.grow_to(self.out.len())
    }

    fn grow_to(&mut self, half: usize) -> bool {
        let before = self.out.len();
        self.out.resize((half.max(MIN_BUFFER / 2) * 2).min(self.max).max(before), 0);
        self.out.len() > before
    }
}

/// RFC 1952: one or more members.
fn gzip(input: &[u8], sink: &mut Sink<'_>) -> StreamEnd {
    const TRAILER: usize = 8;
    let mut state = DecompressorOxide::new();
    let mut rest = input;
    loop {
        let Some(header) = gzip_header(rest) else { return StreamEnd::Broken };
        let (end, used) = raw(&mut state, &rest[header..], sink);
        if end != StreamEnd::Whole {
            return end;
        }
        let Some(after) = rest.get(header + used + TRAILER..) else { return StreamEnd::Broken };
        rest = after;
        if !rest.starts_with(&[0x1f, 0x8b]) {
            // Padding with zeros is allowed.
            return if rest.iter().all(|byte| *byte == 0) { StreamEnd::Whole } else { StreamEnd::Broken };
        }
    }
}

/// The length of the header of a gzip member.
fn gzip_header(input: &[u8]) -> Option<usize> {
    const FIXED: usize = 10;
    const HCRC: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    let [0x1f, 0x8b, 8, flags, ..] = *input.get(..FIXED)? else { return None };
    let mut at = FIXED;
    if flags & EXTRA != 0 {
        let length = input.get(at..at + 2)?;
        at += 2 + usize::from(u16::from_le_bytes([length[0], length[1]]));
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            at += memchr::memchr(0, input.get(at..)?)? + 1;
        }
    }
    at += if flags & HCRC != 0 { 2 } else { 0 };
    (at <= input.len()).then_some(at)
}

/// RFC 1950 if the first two bytes are its header, and RFC 1951 if they are not or the stream fails at once.
fn deflate(input: &[u8], sink: &mut Sink<'_>) -> StreamEnd {
    const HEADER: usize = 2;
    const TRAILER: usize = 4;
    let mut state = DecompressorOxide::new();
    if let [method, check, ..] = *input
        && method & 0x0f == 8
        && u16::from_be_bytes([method, check]).is_multiple_of(31)
    {
        let (end, used) = raw(&mut state, &input[HEADER..], sink);
        if end != StreamEnd::Broken || sink.end > 0 {
            let whole = HEADER + used + TRAILER == input.len();
            return if end == StreamEnd::Whole && !whole { StreamEnd::Broken } else { end };
        }
    }
    let (end, used) = raw(&mut state, input, sink);
    if end == StreamEnd::Whole && used != input.len() { StreamEnd::Broken } else { end }
}

/// Inflate one raw deflate stream, appended to the output; returns how much of `input` it consumed.
fn raw(state: &mut DecompressorOxide, input: &[u8], sink: &mut Sink<'_>) -> (StreamEnd, usize) {
    state.init();
    // A stream refers to its own output only.
    let start = sink.end;
    let mut used = 0;
    loop {
        let at = sink.end - start;
        let out = &mut sink.out[start..];
        let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (status, read, written) = decompress(state, &input[used..], out, at, flags);
        used += read;
        sink.end += written;
        let end = match status {
            TINFLStatus::Done => StreamEnd::Whole,
            TINFLStatus::HasMoreOutput if sink.grow() => continue,
            TINFLStatus::HasMoreOutput => StreamEnd::Capped,
            _ => StreamEnd::Broken,
        };
        return (end, used);
    }
}

/// RFC 7932.
fn brotli(input: &[u8], sink: &mut Sink<'_>) -> StreamEnd {
    if brotli_window_bits(input[0]) > MAX_BROTLI_WINDOW_BITS {
        return StreamEnd::Broken;
    }
    let alloc = StandardAlloc::default;
    let mut state = BrotliState::new_strict(alloc(), alloc(), alloc());
    let (mut left, mut used, mut total) = (input.len(), 0, 0);
    loop {
        let mut room = sink.out.len() - sink.end;
        let out = sink.out.as_mut_slice();
        let result = BrotliDecompressStream(
            &mut left,
            &mut used,
            input,
            &mut room,
            &mut sink.end,
            out,
            &mut total,
            &mut state,
        );
        return match result {
            BrotliResult::NeedsMoreOutput if sink.grow() => continue,
            BrotliResult::NeedsMoreOutput => StreamEnd::Capped,
            BrotliResult::ResultSuccess if left == 0 => StreamEnd::Whole,
            _ => StreamEnd::Broken,
        };
    }
}

/// The window size in the first byte of a stream, in bits (RFC 7932 section 9.1).
const fn brotli_window_bits(first: u8) -> u32 {
    match (first & 1, (first >> 1) & 7, (first >> 4) & 7) {
        (0, _, _) => 16,
        (_, 0, 0) => 17,
        // A large window, which RFC 7932 does not have.
        (_, 0, 1) => u32::MAX,
        (_, 0, more) => 8 + more as u32,
        (_, more, _) => 17 + more as u32,
    }
}
