//! What the words behind a command look like: options, paths, addresses, or prose.

/// What kind of argument this is, one bit each: 2 an option, 4 a path, 8 an address, 16 code or a wildcard, 32 perhaps
/// a path; 0 a plain word.
pub(super) fn kind_of(body: &[u8]) -> u8 {
    match body {
        [b'-', b'-' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9', ..]
        | [b'/', b'a'..=b'z' | b'A'..=b'Z']
        | [b'/', b'a'..=b'z' | b'A'..=b'Z', b':'] => 2,
        [b'/', ..]
        | [b'~', b'/', ..]
        | [b'.', b'/', ..]
        | [b'.', b'.', b'/', ..]
        | [b'a'..=b'z' | b'A'..=b'Z', b':', b'\\' | b'/', ..]
        | [b'c' | b'C', b':']
        | [b'\\', b'\\', ..] => 4,
        [b'<', b'?', ..] | [b'*', ..] => 16,
        _ if contains(body, b"://") || is_address(body) => 8,
        _ if body.len() > 3 && body[0] == b'%' || body.len() > 6 && body.contains(&b'\\') => 4,
        _ if contains(body, b"/") && !contains(body, b"//") && body.len() > 4 => 32,
        _ => 0,
    }
}

pub(super) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle))
}

fn is_address(body: &[u8]) -> bool {
    let dots = body.iter().filter(|byte| **byte == b'.').count();
    dots == 3 && body.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b':'))
}
