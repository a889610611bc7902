//! The form of the words after a command: options, paths, addresses, or prose.

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

/// Options by which common programs run a command, up to the command.
const RUNNERS: [&[u8]; 10] = [
    b"-oproxycommand=",
    b"-olocalcommand=",
    b"--checkpoint-action=",
    b"--gpu-launcher=",
    b"--receive-pack=",
    b"--rsh=",
    b"--to-command=",
    b"--upload-pack=",
    b"--use-askpass=",
    b"--use-compress-program=",
];

/// Whether `text` starts with an option that has a program run a command.
pub(super) fn runs_command(text: &[u8]) -> bool {
    RUNNERS
        .iter()
        .any(|option| text.len() > option.len() && text[..option.len()].eq_ignore_ascii_case(option))
}

pub(super) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    // Most windows differ in their first byte.
    let begins = |window: &[u8]| window[0] | 0x20 == needle[0] | 0x20;
    haystack.windows(needle.len()).any(|window| begins(window) && window.eq_ignore_ascii_case(needle))
}

/// Whether this is an address of the network, with a port or without.
pub(super) fn is_address(body: &[u8]) -> bool {
    let dots = body.iter().filter(|byte| **byte == b'.').count();
    dots == 3 && body.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b':'))
}
