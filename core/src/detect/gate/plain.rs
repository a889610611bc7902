//! Plain values: those in which no class can find anything.

use crate::detect::decode;
use crate::simd::{self, Block};

/// Whether `value` is letters, digits, `_`, `-` and single dots only: an identifier, a number, a file name. Nothing in any
/// language that is recognised here can be written with these alone, so such a value is not scanned. Exceptions are
/// bytes spelled `0x2e`, which some servers decode in paths, names such as `__proto__` and `java.lang.Runtime`, what
/// begins as a serialised object does, and text in base64.
pub(crate) fn is_plain(value: &[u8]) -> bool {
    let run = plain_run(value);
    run.len == value.len() && is_plain_alone(value, run)
}

/// The bytes at the start of a text that can be in a plain value.
#[derive(Clone, Copy)]
pub(crate) struct PlainRun {
    pub(crate) len: usize,
    /// Whether two of them are adjacent that are not plain together: `..`, `__` and `0x`.
    odd: bool,
    /// Whether there is a dot among them.
    dotted: bool,
}

/// How much of the start of `text` can be a plain value.
#[inline]
pub(crate) fn plain_run(text: &[u8]) -> PlainRun {
    let mut run = PlainRun { len: 0, odd: false, dotted: false };
    loop {
        let block = Block::of(&text[run.len..]);
        let len = (!block.names()).trailing_zeros();
        // Most have neither dots nor underscores, nor the `x` of `0x`.
        let here = (1 << len) - 1;
        if block.joints() & here != 0 {
            let before = if run.len > 0 { text[run.len - 1] } else { 0 };
            run.add(before, block, here);
        }
        run.len += len as usize;
        if (len as usize) < simd::LEN {
            return run;
        }
    }
}

impl PlainRun {
    /// Record adjacent pairs in the bytes of `block` that are `here`; `before` comes before them.
    fn add(&mut self, before: u8, block: Block, here: u32) {
        let (dots, underscores, zeros) = (block.equal(b'.'), block.equal(b'_'), block.equal(b'0'));
        let behind = |set: u32, byte: u8| set << 1 | u32::from(before == byte);
        let odd = dots & behind(dots, b'.')
            | underscores & behind(underscores, b'_')
            | block.letter(b'x') & behind(zeros, b'0');
        self.odd |= odd & here != 0;
        self.dotted |= dots & here != 0;
    }
}

/// Whether the value that is all of the `run` is plain.
#[inline(always)]
pub(crate) fn is_plain_alone(value: &[u8], run: PlainRun) -> bool {
    let marked = matches!(value.first(), Some(b'r' | b'g' | b'B' | b'p')) && is_marked(value);
    let long = value.len() >= decode::MIN_BASE64_RUN;
    !(run.odd || marked || (long || run.dotted) && is_significant(value, run))
}

/// Whether a value that is long or has a dot holds text in base64, or the name of a class.
#[inline(never)]
fn is_significant(value: &[u8], run: PlainRun) -> bool {
    decode::has_base64_run(value) || run.dotted && is_qualified(value)
}

/// Whether the value begins as serialised objects in base64 do, of Java, of Python, of Ruby, or is the key below a
/// constructor through which all objects are reached.
fn is_marked(value: &[u8]) -> bool {
    matches!(value, [b'r', b'O', b'0', ..] | [b'g', b'A', ..] | [b'B', b'A', b'h', ..] | b"prototype")
}

/// Whether a part of the value, up to a dot, ends as `java`, `javax`, `class`, `runtime` and `ProcessBuilder` do, or as
/// packages that act: names of classes, and of the properties of one, are nothing but letters and dots.
fn is_qualified(value: &[u8]) -> bool {
    memchr::memchr_iter(b'.', value).any(|at| {
        let end = value[..at].last_chunk::<4>();
        end.is_some_and(|end| {
            [*b"java", *b"avax", *b"lass", *b"time", *b"lder", *b".sun", *b"ache", *b"hony"].contains(end)
        })
    })
}
