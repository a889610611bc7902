//! The gate: one pass over a value that decides whether anything interesting can be in it.
//!
//! Most values are plain ([`is_plain`]): they are read until the first byte that is not, and if there is none, that is all.
//! What is left is read once more, blocks of bytes at a time, and the pass notes in a [`Shape`] which kinds of byte occur,
//! alone, in pairs and after dots, which known words start, and whether a run could be base64. A class opens when what its
//! attacks cannot do without is there, which look-ups on the shape tell; most benign values open none. The gate may open
//! too often, which costs time; it must never stay shut on an attack that a recogniser would confirm.

use super::{decode, words};
use crate::block::{self, Block};

/// Kinds of byte, one bit each.
pub(crate) mod byte {
    pub(crate) const DIGIT: u32 = 1;
    pub(crate) const ALPHA: u32 = 1 << 1;
    pub(crate) const BLANK: u32 = 1 << 2;
    /// Below 0x20, and DEL.
    pub(crate) const CONTROL: u32 = 1 << 3;
    /// 0x80 and above.
    pub(crate) const HIGH: u32 = 1 << 4;
    pub(crate) const SINGLE_QUOTE: u32 = 1 << 5;
    pub(crate) const DOUBLE_QUOTE: u32 = 1 << 6;
    pub(crate) const BACKTICK: u32 = 1 << 7;
    pub(crate) const OPEN: u32 = 1 << 8;
    pub(crate) const CLOSE: u32 = 1 << 9;
    pub(crate) const LESS: u32 = 1 << 10;
    pub(crate) const GREATER: u32 = 1 << 11;
    pub(crate) const AMPERSAND: u32 = 1 << 12;
    pub(crate) const SEMICOLON: u32 = 1 << 13;
    pub(crate) const PIPE: u32 = 1 << 14;
    pub(crate) const DOLLAR: u32 = 1 << 15;
    pub(crate) const PERCENT: u32 = 1 << 16;
    pub(crate) const BACKSLASH: u32 = 1 << 17;
    pub(crate) const SLASH: u32 = 1 << 18;
    pub(crate) const DOT: u32 = 1 << 19;
    pub(crate) const EQUAL: u32 = 1 << 20;
    pub(crate) const HASH: u32 = 1 << 21;
    pub(crate) const DASH: u32 = 1 << 22;
    pub(crate) const STAR: u32 = 1 << 23;
    pub(crate) const COLON: u32 = 1 << 24;
    /// `{` and `}`.
    pub(crate) const BRACE: u32 = 1 << 25;
    /// `[` and `]`.
    pub(crate) const BRACKET: u32 = 1 << 26;
    pub(crate) const CARET: u32 = 1 << 27;
    pub(crate) const AT: u32 = 1 << 28;
    pub(crate) const BANG: u32 = 1 << 29;
    pub(crate) const PLUS: u32 = 1 << 30;
    /// `,` `?` `_` `~`
    pub(crate) const OTHER: u32 = 1 << 31;
    /// Either ASCII quote.
    pub(crate) const QUOTE: u32 = SINGLE_QUOTE | DOUBLE_QUOTE;
    /// What plain names in a path are made of, and stand between.
    pub(crate) const NAMES: u32 = DIGIT | ALPHA | DASH | DOT | OTHER | SLASH;
}

/// Kinds of known word, one bit each. Which words have which kind stands in [`words`].
pub(crate) mod word {
    /// Words that join SQL conditions or start SQL clauses: `and`, `or`, `having`, `like`.
    pub(crate) const SQL_OPERATOR: u32 = 1;
    /// Words that start SQL statements or sub-queries: `select`, `union`, `drop`.
    pub(crate) const SQL_VERB: u32 = 1 << 1;
    /// Words that unite queries: `union`, `except`.
    pub(crate) const SQL_UNION: u32 = 1 << 2;
    /// Words that name what an SQL statement is about: `from`, `table`, `values`.
    pub(crate) const SQL_OBJECT: u32 = 1 << 3;
    /// Functions that SQL injection calls: `sleep`, `extractvalue`.
    pub(crate) const SQL_FUNCTION: u32 = 1 << 4;
    /// Prefixes of catalogues and packages that SQL injection reads: `information_schema`, `sys`, `dbms_pipe`.
    pub(crate) const SQL_CATALOGUE: u32 = 1 << 5;
    /// Names through which script acts: `alert`, `document`, `eval`, `constructor`.
    pub(crate) const SCRIPT_SINK: u32 = 1 << 6;
    /// Schemes that carry code: `javascript`, `vbscript`, `data`.
    pub(crate) const SCRIPT_SCHEME: u32 = 1 << 7;
    /// `on` and at least three more letters: the shape of an event attribute.
    pub(crate) const EVENT: u32 = 1 << 8;
    /// Programs, interpreters and shell builtins.
    pub(crate) const COMMAND: u32 = 1 << 9;
    /// Directories and files that traversal is after: `etc`, `passwd`, `windows`.
    pub(crate) const FILE: u32 = 1 << 10;
    /// Schemes of streams and files: `php`, `file`, `jar`.
    pub(crate) const FILE_SCHEME: u32 = 1 << 11;
    /// The `x` of a byte spelled `0x2e`.
    pub(crate) const HEX: u32 = 1 << 12;
    /// Names of functions, modules and classes through which programs act on the system.
    pub(crate) const CODE: u32 = 1 << 13;
    /// What names of Java classes, and of the properties of one, start with or hold.
    pub(crate) const PACKAGE: u32 = 1 << 14;
    /// What names the prototype of an object.
    pub(crate) const PROTOTYPE: u32 = 1 << 15;
    /// The member by which serialised objects name their type.
    pub(crate) const TYPE: u32 = 1 << 16;
    /// What scripts in a query of a document store name: `this`, `db`, `date`.
    pub(crate) const NOSQL_SCRIPT: u32 = 1 << 17;
    /// Functions and axes of XPath.
    pub(crate) const XPATH: u32 = 1 << 18;
    /// Words of XML that reach beyond a document: `entity`, `doctype`, `include`.
    pub(crate) const XML_OUTSIDE: u32 = 1 << 19;
    /// Parts of the names of hosts that only the server itself reaches: `localhost`, `internal`.
    pub(crate) const INNER_HOST: u32 = 1 << 20;
    /// Names of tools that look for weaknesses: `sqlmap`, `nikto`.
    pub(crate) const SCANNER: u32 = 1 << 21;
    /// Parts of the names of files that no visitor asks for: `git`, `env`, `bak`.
    pub(crate) const SECRET_FILE: u32 = 1 << 22;
    /// Parts of the names of pages that content management systems have: `wp`, `joomla`.
    pub(crate) const CMS_PAGE: u32 = 1 << 23;
    /// Parts of the names of pages for administrators and of build files: `actuator`, `phpmyadmin`.
    pub(crate) const ADMIN_PAGE: u32 = 1 << 24;
}

/// The kind of one byte.
pub(crate) fn kind_of(byte: u8) -> u32 {
    KINDS[usize::from(byte)]
}

const KINDS: [u32; 256] = kinds();

const fn kinds() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = kind(byte as u8);
        byte += 1;
    }
    table
}

const fn kind(of: u8) -> u32 {
    match of {
        b'0'..=b'9' => byte::DIGIT,
        b'a'..=b'z' | b'A'..=b'Z' => byte::ALPHA,
        b' ' => byte::BLANK,
        0..=0x1f | 0x7f => byte::CONTROL,
        0x80.. => byte::HIGH,
        b'\'' => byte::SINGLE_QUOTE,
        b'"' => byte::DOUBLE_QUOTE,
        b'`' => byte::BACKTICK,
        b'(' => byte::OPEN,
        b')' => byte::CLOSE,
        b'<' => byte::LESS,
        b'>' => byte::GREATER,
        b'&' => byte::AMPERSAND,
        b';' => byte::SEMICOLON,
        b'|' => byte::PIPE,
        b'$' => byte::DOLLAR,
        b'%' => byte::PERCENT,
        b'\\' => byte::BACKSLASH,
        b'/' => byte::SLASH,
        b'.' => byte::DOT,
        b'=' => byte::EQUAL,
        b'#' => byte::HASH,
        b'-' => byte::DASH,
        b'*' => byte::STAR,
        b':' => byte::COLON,
        b'{' | b'}' => byte::BRACE,
        b'[' | b']' => byte::BRACKET,
        b'^' => byte::CARET,
        b'@' => byte::AT,
        b'!' => byte::BANG,
        b'+' => byte::PLUS,
        b',' | b'?' | b'_' | b'~' => byte::OTHER,
    }
}

/// Whether `value` is letters, digits, `_`, `-` and single dots only: an identifier, a number, a file name. Nothing in any
/// language that is recognised here can be said with these alone, so such a value needs no look at all. Exceptions are
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
    /// Whether two of them stand together that are not plain together: `..`, `__` and `0x`.
    odd: bool,
    /// Whether there is a dot among them.
    dotted: bool,
}

/// How much of the start of `text` can be a plain value.
#[inline]
pub(crate) fn plain_run(text: &[u8]) -> PlainRun {
    let mut run = PlainRun { len: 0, odd: false, dotted: false };
    // The last byte of the block before, in bit 0.
    let (mut dot, mut underscore, mut zero) = (0, 0, 0);
    loop {
        let block = Block::of(&text[run.len..]);
        let (dots, underscores, digits) = (block.equal(b'.'), block.equal(b'_'), block.digits());
        let plain = block.letters() | digits | dots | underscores | block.equal(b'-');
        let len = (!plain).trailing_zeros();
        let here = (1 << len) - 1;
        let zeros = block.equal(b'0');
        let odd = dots & (dots << 1 | dot)
            | underscores & (underscores << 1 | underscore)
            | block.letter(b'x') & (zeros << 1 | zero);
        run.odd |= odd & here != 0;
        run.dotted |= dots & here != 0;
        run.len += len as usize;
        if (len as usize) < block::LEN {
            return run;
        }
        (dot, underscore, zero) =
            (dots >> (block::LEN - 1), underscores >> (block::LEN - 1), zeros >> (block::LEN - 1));
    }
}

/// Whether the value that is all of the `run` is plain.
#[inline]
pub(crate) fn is_plain_alone(value: &[u8], run: PlainRun) -> bool {
    let marked = matches!(value.first(), Some(b'r' | b'g' | b'B' | b'p')) && is_marked(value);
    let long = value.len() >= decode::SHORTEST_ISLAND;
    !(run.odd || marked || (long || run.dotted) && says_something(value, run))
}

/// Whether a value that is long or has a dot holds text in base64, or the name of a class.
#[inline(never)]
fn says_something(value: &[u8], run: PlainRun) -> bool {
    decode::is_dotted_island(value) || run.dotted && is_qualified(value)
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

/// What one pass saw: kinds of byte and kinds of word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Union of [`byte`] bits.
    pub(crate) bytes: u32,
    /// Union of [`byte`] bits of bytes that stand twice in a row, such as `--` and `..`; never letters, digits and blanks.
    pub(crate) doubled: u32,
    /// Union of [`word`] bits.
    pub(crate) words: u32,
    /// Whether a quote stands elsewhere than between two letters, where it is an apostrophe.
    pub(crate) free_quote: bool,
    /// Quotes of either kind; two and more can enclose something.
    pub(crate) quotes: u32,
    /// Union of [`byte`] bits of bytes that follow a dot; never letters, digits and blanks.
    pub(crate) after_dot: u32,
    /// Whether a run of digits of base64 is long enough to be an island of text.
    pub(crate) long_run: bool,
}

impl Shape {
    /// Look at `value` once.
    pub(crate) fn of(value: &[u8]) -> Self {
        let mut shape = Self::default();
        // Whether the piece before ended in a letter, in bit 0.
        let mut letter = 0;
        // How many digits of base64 it ended in.
        let mut run = 0;
        for (index, piece) in value.chunks(PIECE).enumerate() {
            let from = index * PIECE;
            let Piece { letters, digits, blanks, base64 } = Piece::of(piece);
            shape.long_run |= has_long_run(base64, &mut run);
            shape.bytes |= if letters != 0 { byte::ALPHA } else { 0 };
            shape.bytes |= if digits != 0 { byte::DIGIT } else { 0 };
            shape.bytes |= if blanks != 0 { byte::BLANK } else { 0 };
            let all = u64::MAX >> (PIECE - piece.len());
            for at in bits(all & !(letters | digits | blanks)) {
                shape.note(value, from + at);
            }
            // A word starts where a letter follows anything else, a digit included: `1and` holds `and`.
            for at in bits(letters & !(letters << 1 | letter)) {
                let text = &value[from + at..];
                let len = (!(letters >> at)).trailing_zeros() as usize;
                let goes_on = at + len == PIECE;
                shape.words |= if goes_on { words::kind_at(text) } else { words::kind_of(text, len) };
            }
            letter = letters >> (PIECE - 1);
        }
        shape
    }

    /// Note the byte at `at`, which is no letter, no digit and no blank.
    #[inline(always)]
    fn note(&mut self, value: &[u8], at: usize) {
        let here = value[at];
        let kind = kind_of(here);
        let before = if at > 0 { value[at - 1] } else { 0 };
        self.bytes |= kind;
        self.doubled |= if here == before { kind } else { 0 };
        self.after_dot |= if before == b'.' { kind } else { 0 };
        if kind & byte::QUOTE != 0 {
            self.quotes += 1;
            self.free_quote |=
                !before.is_ascii_alphabetic() || !value.get(at + 1).is_some_and(u8::is_ascii_alphabetic);
        }
    }

    /// Whether any of these kinds of byte stands twice in a row.
    pub(crate) const fn doubled(self, kinds: u32) -> bool {
        self.doubled & kinds != 0
    }

    /// Whether any of these kinds of byte occurs.
    pub(crate) const fn any(self, kinds: u32) -> bool {
        self.bytes & kinds != 0
    }

    /// Whether all of these kinds of byte occur.
    pub(crate) const fn all(self, kinds: u32) -> bool {
        self.bytes & kinds == kinds
    }

    /// Whether a word of any of these kinds occurs.
    pub(crate) const fn word(self, kinds: u32) -> bool {
        self.words & kinds != 0
    }
}

/// Bytes that are looked at together.
const PIECE: usize = 64;

/// What kinds the bytes of a piece are, the first byte in the lowest bit.
struct Piece {
    letters: u64,
    digits: u64,
    blanks: u64,
    /// Letters, digits and what else is a digit in one of the alphabets of base64.
    base64: u64,
}

impl Piece {
    #[inline(always)]
    fn of(piece: &[u8]) -> Self {
        let (mut letters, mut digits, mut blanks, mut others) = (0, 0, 0, 0);
        for (index, bytes) in piece.chunks(block::LEN).enumerate() {
            let block = Block::of(bytes);
            letters |= u64::from(block.letters()) << (index * block::LEN);
            digits |= u64::from(block.digits()) << (index * block::LEN);
            blanks |= u64::from(block.equal(b' ')) << (index * block::LEN);
            let other = block.equal(b'+') | block.equal(b'-') | block.equal(b'/') | block.equal(b'_');
            others |= u64::from(other) << (index * block::LEN);
        }
        Self { letters, digits, blanks, base64: letters | digits | others }
    }
}

/// Whether a run of bits that is long enough for an island ends in or goes through `piece`; `run` bits came right before
/// it, and then do before the next.
#[inline(always)]
fn has_long_run(piece: u64, run: &mut u32) -> bool {
    const SHORTEST: u32 = decode::SHORTEST_ISLAND as u32;
    let start = (!piece).trailing_zeros();
    let mut inside = piece;
    let mut len = 1;
    while len < SHORTEST {
        inside &= inside >> len;
        len *= 2;
    }
    let long = inside != 0 || *run + start >= SHORTEST;
    *run = if start == PIECE as u32 { *run + start } else { (!piece).leading_zeros() };
    long
}

const _: () = assert!(decode::SHORTEST_ISLAND.is_power_of_two());

/// The places of the bits that are set, lowest first.
#[inline(always)]
fn bits(mut set: u64) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let at = set.trailing_zeros() as usize;
        (set != 0).then(|| set &= set - 1).map(|()| at)
    })
}
