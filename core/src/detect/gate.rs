//! The gate: one pass over a value that decides whether anything interesting can be in it.
//!
//! The pass notes which kinds of byte occur and which known words start in it, nothing else. A class opens when what
//! its attacks cannot do without is there ([`Shape`] and cheap look-ups on it); most benign values open none. The gate
//! may open too often, which costs time; it must never stay shut on an attack that a recogniser would confirm.

use super::{decode, words};

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
}

/// Kinds of known word, one bit each. Which words have which kind stands in [`words`].
pub(crate) mod word {
    /// Words that join SQL conditions or start SQL clauses: `and`, `or`, `having`, `like`.
    pub(crate) const SQL_OPERATOR: u32 = 1;
    /// Words that start SQL statements or sub-queries: `select`, `union`, `drop`.
    pub(crate) const SQL_VERB: u32 = 1 << 1;
    /// Functions that SQL injection calls: `sleep`, `extractvalue`.
    pub(crate) const SQL_FUNCTION: u32 = 1 << 2;
    /// Prefixes of catalogues and packages that SQL injection reads: `information_schema`, `sys`, `dbms_pipe`.
    pub(crate) const SQL_CATALOGUE: u32 = 1 << 9;
    /// Words that name what an SQL statement is about: `from`, `table`, `values`.
    pub(crate) const SQL_OBJECT: u32 = 1 << 11;
    /// Schemes of streams and files: `php`, `file`, `jar`.
    pub(crate) const FILE_SCHEME: u32 = 1 << 12;
    /// The `x` of a byte spelled `0x2e`.
    pub(crate) const HEX: u32 = 1 << 10;
    /// Names through which script acts: `alert`, `document`, `eval`, `constructor`.
    pub(crate) const SCRIPT_SINK: u32 = 1 << 3;
    /// Schemes that carry code: `javascript`, `vbscript`, `data`.
    pub(crate) const SCRIPT_SCHEME: u32 = 1 << 4;
    /// `on` and at least three more letters: the shape of an event attribute.
    pub(crate) const EVENT: u32 = 1 << 5;
    /// Programs, interpreters and shell builtins.
    pub(crate) const COMMAND: u32 = 1 << 6;
    /// Directories and files that traversal is after: `etc`, `passwd`, `windows`.
    pub(crate) const FILE: u32 = 1 << 7;
    /// What scripts in a query of a document store name: `this`, `db`, `date`.
    pub(crate) const NOSQL_SCRIPT: u32 = 1 << 24;
    /// Functions and axes of XPath.
    pub(crate) const XPATH: u32 = 1 << 25;
    /// Names of functions, modules and classes through which programs act on the system.
    pub(crate) const CODE: u32 = 1 << 20;
    /// What names of Java classes, and of the properties of one, start with or hold.
    pub(crate) const PACKAGE: u32 = 1 << 21;
    /// What names the prototype of an object.
    pub(crate) const PROTOTYPE: u32 = 1 << 22;
    /// The member by which serialised objects name their type.
    pub(crate) const TYPE: u32 = 1 << 23;
    /// Words that unite queries: `union`, `except`.
    pub(crate) const SQL_UNION: u32 = 1 << 8;
    /// Parts of the names of files that no visitor asks for: `git`, `env`, `bak`.
    pub(crate) const SECRET_FILE: u32 = 1 << 31;
    /// Parts of the names of pages that content management systems have: `wp`, `joomla`.
    pub(crate) const CMS_PAGE: u32 = 1 << 30;
    /// Parts of the names of pages for administrators and of build files: `actuator`, `phpmyadmin`.
    pub(crate) const ADMIN_PAGE: u32 = 1 << 29;
    /// Names of tools that look for weaknesses: `sqlmap`, `nikto`.
    pub(crate) const SCANNER: u32 = 1 << 28;
    /// Parts of the names of hosts that only the server itself reaches: `localhost`, `internal`.
    pub(crate) const INNER_HOST: u32 = 1 << 27;
    /// Words of XML that reach beyond a document: `entity`, `doctype`, `include`.
    pub(crate) const XML_OUTSIDE: u32 = 1 << 26;
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
    /// Whether two of them stand together that are not plain together.
    odd: bool,
    /// Whether there is a dot among them.
    dotted: bool,
}

/// How much of the start of `text` can be a plain value.
#[inline]
pub(crate) fn plain_run(text: &[u8]) -> PlainRun {
    let mut run = PlainRun { len: 0, odd: false, dotted: false };
    let mut before = 0;
    for byte in text {
        match PLAIN[usize::from(*byte)] {
            Plain::Always => {}
            Plain::Beside(other) => {
                run.odd |= before == other;
                run.dotted |= *byte == b'.';
            }
            Plain::Never => return run,
        }
        run.len += 1;
        before = *byte;
    }
    run
}

/// Whether the value that is all of the `run` is plain.
#[inline]
pub(crate) fn is_plain_alone(value: &[u8], run: PlainRun) -> bool {
    !run.odd
        && !is_marked(value)
        && !(run.dotted && is_qualified(value))
        && !decode::is_dotted_island(value)
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

#[derive(Clone, Copy)]
enum Plain {
    Never,
    Always,
    /// A dot, an `x` or an underscore: not behind this byte.
    Beside(u8),
}

static PLAIN: [Plain; 256] = plain();

const fn plain() -> [Plain; 256] {
    let mut table = [Plain::Never; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'.' | b'_' => Plain::Beside(byte as u8),
            b'x' | b'X' => Plain::Beside(b'0'),
            b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => Plain::Always,
            _ => Plain::Never,
        };
        byte += 1;
    }
    table
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
}

impl Shape {
    /// Look at `value` once.
    pub(crate) fn of(value: &[u8]) -> Self {
        let mut shape = Self::default();
        let mut previous = 0;
        let mut rest = value;
        while let [byte, after @ ..] = rest {
            let kind = KINDS[usize::from(*byte)];
            shape.bytes |= kind;
            if kind == byte::ALPHA {
                // A word starts where a letter follows anything else, a digit included: `1and` holds `and`.
                let (kind, len) = words::word_at(rest);
                shape.words |= kind;
                rest = &rest[len..];
                previous = b'a';
            } else if kind & (byte::BLANK | byte::DIGIT) != 0 {
                // Nothing is asked about these but whether they occur.
                previous = *byte;
                rest = after;
            } else {
                shape.doubled |= if *byte == previous { kind } else { 0 };
                shape.after_dot |= if previous == b'.' { kind } else { 0 };
                if kind & byte::QUOTE != 0 {
                    shape.quotes += 1;
                    shape.free_quote |=
                        previous != b'a' || !after.first().is_some_and(u8::is_ascii_alphabetic);
                }
                previous = *byte;
                rest = after;
            }
        }
        shape
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
