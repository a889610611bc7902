//! Paths of properties: `a.b`, `a[b]`, `a["b"]`.

use crate::detect::decode::work::work;

/// The property through which every object of JavaScript reaches its prototype.
pub(super) const PROTO: &[u8] = b"__proto__";

/// Whether a step of the path `name` is the prototype: by its own name, or through the constructor, which may be the step
/// `above`.
pub(super) fn reaches_prototype(name: &[u8], above: &[u8]) -> bool {
    work(name.len());
    let mut before = above.trim_ascii();
    name.split(|byte| matches!(byte, b'.' | b'[' | b']')).map(unquoted).filter(|step| !step.is_empty()).any(
        |step| {
            let reaches = step == PROTO || step == b"prototype" && before == b"constructor";
            before = step;
            reaches
        },
    )
}

/// A step without blanks and quotes around it.
fn unquoted(step: &[u8]) -> &[u8] {
    let step = step.trim_ascii();
    [b'"', b'\'']
        .iter()
        .find_map(|quote| step.strip_prefix(&[*quote])?.strip_suffix(&[*quote]))
        .unwrap_or(step)
}

/// Whether `text` is a path to a prototype, or below it, that is set: `__proto__[x]=1`.
pub(super) fn is_set(text: &[u8]) -> bool {
    work(text.len());
    let Some(end) = memchr::memchr(b'=', text) else { return false };
    let path = &text[..end];
    let is_path = path.iter().all(|byte| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b'$' | b'.' | b'[' | b']' | b'"' | b'\'' | b' ' | b'&' | b'?')
    });
    let path = path.rsplit(|byte| matches!(byte, b'&' | b'?')).next().unwrap_or(path);
    let one_word = path.trim_ascii().split(|byte| *byte == b' ').count() == 1;
    is_path && one_word && text.get(end + 1) != Some(&b'=') && reaches_prototype(path, b"")
}
