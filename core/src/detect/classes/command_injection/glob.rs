//! Paths in which wildcards replace letters, which no list of names matches: `/???/c?t`, `/b*n/cat`, `/etc/pass[w]d`.

use crate::detect::decode::work::work;

/// The longest bracket expression that is read as one letter; longer ones are parameters of routes.
const CLASS: usize = 6;

/// Whether wildcards replace letters in the path of a program.
pub(super) fn names_program(raw: &[u8]) -> bool {
    let count = |of: fn(&u8) -> bool| raw.iter().filter(|byte| of(byte)).count();
    let tame =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'?' | b'*' | b'[' | b']' | b'-');
    let holds = |needle: &[u8]| memchr::memmem::find(raw, needle).is_some();
    let spelled = raw.first() == Some(&b'/')
        && count(|byte| *byte == b'/') >= 2
        && count(|byte| matches!(byte, b'?' | b'*')) >= 2
        && raw.iter().all(tame)
        && !raw.ends_with(b"*")
        && !holds(b"**")
        && !holds(b"/*/");
    spelled || names_by_class(raw)
}

/// Whether a bracket expression replaces one letter of a name in an absolute path. Routes put whole segments into
/// brackets.
pub(super) fn names_by_class(text: &[u8]) -> bool {
    memchr::memchr_iter(b'[', text).any(|open| {
        let window = &text[open + 1..text.len().min(open + 2 + CLASS)];
        let Some(len) = memchr::memchr(b']', window) else { return false };
        let class = window[..len].strip_prefix(b"!").unwrap_or(&window[..len]);
        let letters =
            class.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'?' | b'/'));
        let before = text[..open].last();
        let after = text.get(open + len + 2);
        let joined = before.is_some_and(u8::is_ascii_alphabetic)
            || before == Some(&b'/') && after.is_some_and(u8::is_ascii_alphabetic);
        class.iter().any(|byte| !byte.is_ascii_digit()) && letters && joined && starts_at_root(&text[..open])
    })
}

/// Whether the path that ends `before` starts at the root, in a directory that every system has or one spelled likewise.
fn starts_at_root(before: &[u8]) -> bool {
    /// The first directories are never further away.
    const REACH: usize = 48;
    const DIRECTORIES: [&[u8]; 9] =
        [b"/etc", b"/bin", b"/usr", b"/dev", b"/var", b"/sbin", b"/tmp", b"/proc", b"/home"];
    let near = &before[before.len().saturating_sub(REACH)..];
    work(near.len());
    let start = near.iter().rposition(|byte| *byte <= b' ').map_or(0, |at| at + 1);
    let path = &near[start..];
    let path = &path[memchr::memchr(b'/', path).unwrap_or(path.len())..];
    let known = |directory: &&[u8]| {
        let len = directory.len().min(path.len());
        // A class may be within the first name, too: `/bi[n]/sh`.
        len >= 2 && path[..len].eq_ignore_ascii_case(&directory[..len]) && (len > 3 || path.len() == len)
    };
    path == b"/" || DIRECTORIES.iter().any(known)
}
