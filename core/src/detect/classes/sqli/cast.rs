//! PostgreSQL's `::type`, which no other language writes behind a string or a call.

use super::kind::is_word;
use crate::detect::lang::dictionary::{Dictionary, hash};

/// What a type after a closing parenthesis means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// Nothing but the type of a database: `bigint`.
    Certain,
    /// A pseudo-element or name of a member elsewhere: `text`.
    Shared,
}

static TYPES: Dictionary<Type, 128> = Dictionary::new(
    Type::Shared,
    &[
        (
            Type::Certain,
            &[
                "bigint",
                "bool",
                "boolean",
                "bytea",
                "decimal",
                "float4",
                "float8",
                "int",
                "int2",
                "int4",
                "int8",
                "integer",
                "json",
                "jsonb",
                "jsonpath",
                "money",
                "numeric",
                "oid",
                "real",
                "regclass",
                "smallint",
                "timestamp",
                "timestamptz",
                "varchar",
            ],
        ),
        (Type::Shared, &["char", "date", "float", "inet", "interval", "name", "text", "time", "uuid", "xml"]),
    ],
);

/// The type that follows the `::` which `text` starts with, and where it ends.
pub(super) fn at(text: &[u8]) -> Option<(Type, usize)> {
    let name = text.strip_prefix(b"::")?;
    let blanks = name.iter().take(4).take_while(|byte| **byte == b' ').count();
    let name = &name[blanks..];
    let len = name.iter().take(16).take_while(|byte| is_word(**byte)).count();
    Some((TYPES.of(hash(&name[..len]))?, 2 + blanks + len))
}

/// Whether a word by this hash is a type.
pub(super) fn is_type(hash: u64) -> bool {
    TYPES.of(hash).is_some()
}

/// Whether `text` is a name, more than an address, and the type that it is converted to.
pub(super) fn is_column(text: &[u8]) -> bool {
    let Some(start) = memchr::memchr(b':', &text[..text.len().min(64)]) else { return false };
    let (name, rest) = text.split_at(start);
    // Languages that name types so write them with a capital.
    let capital = matches!(rest, [b':', b':', b'A'..=b'Z', b'a'..=b'z', ..]);
    name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        && name.iter().any(|byte| byte.is_ascii_alphabetic() && !byte.is_ascii_hexdigit())
        && !capital
        && at(rest).is_some_and(|(of, len)| of == Type::Certain && len == rest.len())
}

/// Whether there is one in `text` behind a string or a parenthesis.
pub(super) fn occurs(text: &[u8]) -> bool {
    is_column(text)
        || memchr::memmem::find_iter(text, b"::").any(|start| {
            matches!(text[..start].trim_ascii_end().last(), Some(b'\'' | b'"' | b')' | b']'))
                && at(&text[start..]).is_some()
        })
}
