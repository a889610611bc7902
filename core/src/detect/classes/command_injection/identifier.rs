//! Names of variables and functions.

/// Bytes of the name of a variable or function.
pub(super) const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
