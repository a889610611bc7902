//! Kinds of byte and of word, one bit each.

/// Words of one kind: the bit from [`word`] and the words in lower case.
pub(crate) type Words = (u32, &'static [&'static str]);

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
    /// Bytes of plain names in a path, and between them.
    pub(crate) const NAMES: u32 = DIGIT | ALPHA | DASH | DOT | OTHER | SLASH;
}

/// Kinds of known word, one bit each. `words.rs` of each class lists the words.
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
    /// What the names of sessions start with: `phpsessid`, `laravel`.
    pub(crate) const SESSION: u32 = 1 << 8;
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
    /// Parts of the names of sensitive files: `git`, `env`, `bak`.
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
