//! The meaning of one line in the stream that the value is put into.

use crate::detect::decode::work::work;

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A header that changes what a response or a request means.
    Header,
    /// The first line of a request or a response.
    Request,
    /// A header of a mail that names recipients or the content.
    Mail,
    /// A command that hands a mail over.
    Smtp,
    /// A command of a mail server that is a word of its own.
    Command,
}

/// Bytes of a line that are looked at.
const WINDOW: usize = 128;

/// What the line that `text` starts with is.
pub(super) fn of(text: &[u8]) -> Option<Line> {
    let window = &text[..text.len().min(WINDOW)];
    let end = window.iter().position(|byte| matches!(byte, b'\r' | b'\n' | 0xe5)).unwrap_or(window.len());
    let line = &window[..end];
    work(end.min(40));
    let line = line.trim_ascii_start();
    let name = line
        .iter()
        .take(40)
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        .count();
    let (name, rest) = line.split_at(name);
    if name.is_empty() {
        return None;
    }
    match rest.first() {
        Some(b':') => header(name, &rest[1..]),
        Some(b'/') if name.eq_ignore_ascii_case(b"http") => is_version(&rest[1..]).then_some(Line::Request),
        Some(b' ') => words(name, rest.trim_ascii()),
        None | Some(b'\r' | b'\n') => COMMANDS.contains(&name).then_some(Line::Command),
        _ => None,
    }
}

/// Whether the line that `text` starts with is any header, as its name is written: `X-Name: value`.
pub(super) fn is_field(text: &[u8]) -> bool {
    let name = text.iter().take(40).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    work(name);
    name > 3
        && text[0].is_ascii_uppercase()
        && text[1..name].iter().any(|byte| *byte == b'-' || byte.is_ascii_uppercase())
        && text[name..].starts_with(b":")
}

/// Whether the line that `text` starts with is a non-standard header: `X-Name: value`.
pub(super) fn is_custom(text: &[u8]) -> bool {
    text.starts_with(b"X-") && is_field(text)
}

/// Whether the path up to a break ends in what makes PHP-FPM take the next line as a setting.
pub(super) fn sets_php(before: &[u8]) -> bool {
    before.ends_with(b"/PHP_VALUE") || before.ends_with(b"/PHP_ADMIN_VALUE")
}

/// Headers by which a response or a request is taken over, in lower case.
const HEADERS: [&[u8]; 19] = [
    b"access-control-allow-origin",
    b"clear-site-data",
    b"content-disposition",
    b"content-encoding",
    b"content-length",
    b"content-security-policy",
    b"content-type",
    b"last-modified",
    b"location",
    b"refresh",
    b"remote-addr",
    b"remote-ip",
    b"set-cookie",
    b"set-cookie2",
    b"strict-transport-security",
    b"transfer-encoding",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-xss-protection",
];

/// Headers of mails, of which the value must have the shape.
const MAIL_HEADERS: [&[u8]; 6] = [b"bcc", b"cc", b"from", b"reply-to", b"to", b"sender"];

/// Commands that are lines of their own, as mail servers and their clients write them.
const COMMANDS: [&[u8]; 8] =
    [b"CAPABILITY", b"DATA", b"EHLO", b"LOGOUT", b"NOOP", b"QUIT", b"RSET", b"STARTTLS"];

const IMAP: [&[u8]; 9] =
    [b"CAPABILITY", b"CREATE", b"DELETE", b"EXAMINE", b"FETCH", b"LOGIN", b"LOGOUT", b"NOOP", b"SELECT"];

const METHODS: [&[u8]; 8] = [b"GET", b"POST", b"PUT", b"HEAD", b"DELETE", b"OPTIONS", b"PATCH", b"CONNECT"];

fn header(name: &[u8], value: &[u8]) -> Option<Line> {
    let is = |known: &&[u8]| name.eq_ignore_ascii_case(known);
    let value = value.trim_ascii();
    if HEADERS.iter().any(is) {
        return takes_effect(name, value).then_some(Line::Header);
    }
    (MAIL_HEADERS.iter().any(is) && memchr::memchr(b'@', value).is_some()).then_some(Line::Mail)
}

/// Whether a header has a value that it can have. Some names are words of prose, such as `Location` and `Refresh`.
fn takes_effect(name: &[u8], value: &[u8]) -> bool {
    let prose = [&b"location"[..], b"refresh"].iter().any(|word| name.eq_ignore_ascii_case(word));
    !value.is_empty()
        && (!prose
            || value.starts_with(b"/")
            || value.starts_with(b"www.")
            || value.contains(&b':')
            || value[0].is_ascii_digit())
}

/// A word, blanks, and more: a request line or a command.
fn words(first: &[u8], rest: &[u8]) -> Option<Line> {
    let upper = |word: &[u8]| first.eq_ignore_ascii_case(word);
    if METHODS.iter().any(|method| upper(method)) {
        let version = rest.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
        let slash = version.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"http/"));
        return (slash && is_version(&version[5..])).then_some(Line::Request);
    }
    let folded =
        |prefix: &[u8]| rest.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    if upper(b"rcpt") && folded(b"to:") || upper(b"mail") && folded(b"from:") {
        return Some(Line::Smtp);
    }
    // A tag with a digit, then a command.
    let command = rest.split(|byte| *byte == b' ').next().unwrap_or_default();
    let tag = first.len() <= 8
        && first.iter().any(u8::is_ascii_digit)
        && first.iter().all(|byte| !byte.is_ascii_lowercase());
    (tag && IMAP.contains(&command)).then_some(Line::Command)
}

/// `1.1`, or `2`.
fn is_version(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_digit)
}
