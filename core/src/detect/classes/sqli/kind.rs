//! Kinds of SQL token, and the bytes of words.

/// What a token is to the reader of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Before the first token.
    Start,
    /// The quote that ends the string which the value began in.
    Break,
    /// Closing parentheses that nothing in the value opened.
    Unbalanced,
    Number,
    /// `1.e`, a number that databases skip over when something follows it.
    Hollow,
    /// A quoted string; its tail may be missing.
    Text,
    /// A quoted string whose tail is missing: the query goes on to close it.
    OpenText,
    Word,
    Null,
    Truth,
    /// `@name`.
    Variable,
    /// `@@name`.
    System,
    Open,
    Close,
    Comma,
    Semicolon,
    Dot,
    Logic,
    /// `||`: concatenation in some dialects, `or` in others.
    Pipes,
    Not,
    /// `=`, `<>`, `like`, `is`.
    Compare,
    Arithmetic,
    /// `/*!` of MySQL, which runs what follows.
    Versioned,
    /// A comment that hides whatever the query had after the value.
    Tail,
    /// Words that a condition follows.
    Condition,
    Union,
    Quantifier,
    Select,
    From,
    Case,
    Then,
    Order,
    By,
    Limit,
    As,
    Into,
    File,
    Waitfor,
    Delay,
    Procedure,
    Analyse,
    Change,
    Run,
    Declare,
    Extended,
    Object,
    Values,
    Sleep,
    Danger,
    Package,
    Function,
    Schema,
    Catalogue,
    /// `::type` behind a value.
    Cast,
    /// Anything else.
    Other,
}

pub(super) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..)
}
