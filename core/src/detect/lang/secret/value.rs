//! Where the value behind a sensitive name ends, by its notation.

use core::ops::Range;

use arrayvec::ArrayVec;

use super::unit::{self, Unit};

/// The bytes of a name that is the value of another one, and of blanks before a value.
const MAX_AHEAD: usize = 64;
/// Words of names whose values have a structure of their own: the value is the rest of the line.
const STRUCTURED: [&str; 6] = ["cookie", "cookies", "auth", "authorization", "credential", "credentials"];

/// Whether the value of `name` has parts with names of their own.
pub(super) fn is_structured(name: &[u8]) -> bool {
    let mut words = name.split(|byte| !byte.is_ascii_alphanumeric());
    words.any(|word| STRUCTURED.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes())))
}

/// The value behind `separator`.
pub(super) fn of_pair(text: &[u8], separator: Unit, structured: bool) -> Option<Range<usize>> {
    let start = skip_blanks(text, separator.end, true);
    let first = (start < text.len()).then(|| unit::read(text, start))?;
    let end = match first.byte {
        b'"' | b'\'' | b'`' => {
            let close = end_of_string(text, first);
            if ends_value(text, close) {
                return Some(first.end..close);
            }
            // More than a string: the quotes are part of the value.
            end_of_bare(text, close, separator, structured)
        }
        b'{' | b'[' => end_of_brackets(text, start),
        _ => end_of_bare(text, start, separator, structured),
    };
    has_content(text, start..end)
}

/// The value of a pair whose name is the value behind `separator`: `"name": "password", "value": "..."`.
pub(super) fn of_named_pair(
    text: &[u8],
    separator: Unit,
    is_sensitive: impl Fn(&[u8]) -> bool,
) -> Option<Range<usize>> {
    let start = skip_blanks(text, separator.end, false);
    let first = (start < text.len()).then(|| unit::read(text, start))?;
    let quoted = matches!(first.byte, b'"' | b'\'' | b'`');
    let mut name = ArrayVec::<u8, MAX_AHEAD>::new();
    let (mut end, mut behind) = (if quoted { first.end } else { start }, 0);
    while end < text.len() {
        let unit = unit::read(text, end);
        behind = unit.byte;
        if !unit::is_name(unit.byte) || name.try_push(unit.byte).is_err() {
            break;
        }
        end = unit.end;
    }
    // Without quotes, `type=password` may be a pair of a query.
    let whole = quoted || matches!(behind, b' ' | b'\t' | b'\r' | b'\n' | b'>' | b';');
    if !whole || !is_sensitive(&name) {
        return None;
    }
    let rest = if separator.byte == b':' { end_of_members(text, end) } else { end_of_part(text, end) };
    has_content(text, end..rest)
}

/// The attributes and the content of the element `name`, whose name ends before `unit`.
pub(super) fn of_element(text: &[u8], unit: Unit, name: &[u8]) -> Option<Range<usize>> {
    let mut at = unit.end;
    let (mut open, mut slash) = (unit.byte != b'>', unit.byte == b'/');
    while at < text.len() {
        let next = unit::read(text, at);
        match next.byte {
            b'>' if open && slash => return has_content(text, unit.end..at),
            b'>' => open = false,
            b'<' if closes(text, next.end, name) => return has_content(text, unit.end..at),
            _ => {}
        }
        (slash, at) = (next.byte == b'/', next.end);
    }
    has_content(text, unit.end..text.len())
}

/// The string behind a comma: `"password", "..."`.
pub(super) fn next_string(text: &[u8], at: usize) -> Option<Range<usize>> {
    let start = skip_blanks(text, at, false);
    let first = (start < text.len()).then(|| unit::read(text, start))?;
    if !matches!(first.byte, b'"' | b'\'' | b'`') {
        return None;
    }
    Some(first.end..end_of_string(text, first))
}

/// The user and the password of a URL whose authority starts at `at`. `at_sign` is where the next `@` is, as far as it was
/// searched, so that a text with many URLs is searched once.
pub(super) fn user_of_url(text: &[u8], at: usize, at_sign: &mut usize) -> Option<Range<usize>> {
    let end = end_of_user(text, at);
    if end.is_some() {
        return end.map(|end| at..end);
    }
    // The delimiters of an attack may be in a password, but not behind a port.
    let head = text.get(at..)?.iter().take(MAX_AHEAD);
    let name = head.take_while(|byte| unit::is_name(**byte) && **byte != b'[').count();
    let colon = text.get(at + name..).filter(|rest| !rest.is_empty()).map(|_| unit::read(text, at + name))?;
    let password = colon.end < text.len() && !unit::read(text, colon.end).byte.is_ascii_digit();
    let digits = text.get(colon.end..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let port = text.get(colon.end + digits).is_none_or(|byte| !unit::is_name(*byte));
    if name == 0 || colon.byte != b':' || !password && port {
        return None;
    }
    let mut next = (*at_sign).max(colon.end);
    while next < text.len() && unit::read(text, next).byte != b'@' {
        next = unit::read(text, next).end;
    }
    *at_sign = next;
    let whole = next < text.len() && memchr::memchr2(b'\r', b'\n', text.get(at..next)?).is_none();
    whole.then(|| at..end_of_user(text, next).unwrap_or(next))
}

/// Where the user ends in the authority at `at`: before its last `@`.
fn end_of_user(text: &[u8], at: usize) -> Option<usize> {
    let (mut next, mut user, mut password, mut blank) = (at, None, false, false);
    while next < text.len() {
        let unit = unit::read(text, next);
        match unit.byte {
            b'/' | b'?' | b'#' | b'<' | b'>' | b'"' | b'\\' | b'\r' | b'\n' => break,
            // An attack may contain blanks, but a sentence with an address does as well.
            b' ' | b'\t' if !password => break,
            b' ' | b'\t' => blank = true,
            b':' if !blank => password = true,
            b'@' => user = Some(next),
            _ => {}
        }
        next = unit.end;
    }
    user
}

/// The credential behind the name of a scheme of HTTP authentication.
pub(super) fn of_scheme(text: &[u8], at: usize, scheme: &[u8]) -> Option<Range<usize>> {
    let is = |known: &str| scheme.eq_ignore_ascii_case(known.as_bytes());
    let start = skip_blanks(text, at, false);
    let rest = text.get(start..).unwrap_or_default();
    if is("digest") {
        // The name of the first parameter distinguishes the scheme from a word of a sentence.
        let name = rest.iter().take(MAX_AHEAD).take_while(|byte| unit::is_name(**byte)).count();
        let line = Unit { byte: b':', level: 0, end: start };
        return (rest.get(name) == Some(&b'=')).then(|| start..end_of_bare(text, start, line, true));
    }
    let known = is("bearer") || (is("basic") || is("negotiate") || is("ntlm")) && is_encoded(rest);
    let len = if known { rest.iter().take_while(|byte| is_token(**byte)).count() } else { 0 };
    (len > 0).then_some(start..start + len)
}

/// Whether a text starts with a credential in base64, and not with a word.
fn is_encoded(text: &[u8]) -> bool {
    let token = || text.iter().take(MAX_AHEAD).take_while(|byte| is_token(**byte));
    let mixed = token().skip(1).any(u8::is_ascii_uppercase) && token().any(u8::is_ascii_lowercase);
    mixed || token().any(|byte| byte.is_ascii_digit() || *byte == b'=')
}

/// Characters of `token68` (RFC 9110, section 11.2), and those of escapes in it.
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=' | b'%' | b':')
}

/// Skip blanks, at most [`MAX_AHEAD`]; with `arrow` also the second character of `=>`, `==` and `:=`. Line breaks are skipped
/// before a quote or a bracket, because JSON allows them.
fn skip_blanks(text: &[u8], at: usize, arrow: bool) -> usize {
    let (mut at, mut start) = (at, None);
    for count in 0..MAX_AHEAD {
        if at >= text.len() {
            break;
        }
        let unit = unit::read(text, at);
        match unit.byte {
            b' ' | b'\t' | b'+' => {}
            b'=' | b'>' if arrow && count == 0 => {}
            b'\r' | b'\n' => start = start.or(Some(at)),
            b'"' | b'{' | b'[' => return at,
            _ => break,
        }
        at = unit.end;
    }
    start.unwrap_or(at)
}

/// Where the string that `open` starts ends: before its closing quote, or with the text.
fn end_of_string(text: &[u8], open: Unit) -> usize {
    let (mut at, mut escaped) = (open.end, false);
    while at < text.len() {
        let unit = unit::read(text, at);
        if unit.byte == open.byte && unit.level <= open.level && !escaped {
            return at;
        }
        // A backslash that is percent-encoded escapes the quote behind it.
        (escaped, at) = (unit.byte == b'\\' && unit.level > 0, unit.end);
    }
    text.len()
}

/// Whether the text ends at the quote at `close`, or a delimiter is behind it.
fn ends_value(text: &[u8], close: usize) -> bool {
    if close >= text.len() {
        return true;
    }
    let end = unit::read(text, close).end;
    let delimiter = |byte| {
        matches!(
            byte,
            b' ' | b'\t' | b'\r' | b'\n' | b',' | b';' | b'}' | b']' | b')' | b'>' | b'/' | b'&' | b'?'
        ) || matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b'<' | b'|')
    };
    end >= text.len() || delimiter(unit::read(text, end).byte)
}

/// Where an object or an array ends that starts at `at`.
fn end_of_brackets(text: &[u8], at: usize) -> usize {
    let (mut at, mut depth) = (at, 0_usize);
    while at < text.len() {
        let unit = unit::read(text, at);
        at = unit.end;
        match unit.byte {
            b'"' => {
                let close = end_of_string(text, unit);
                at = if close < text.len() { unit::read(text, close).end } else { close };
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return at,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// Where the members of the object end that `at` is in.
fn end_of_members(text: &[u8], at: usize) -> usize {
    let mut at = at;
    // The quote at the start closes the name.
    if at < text.len() && matches!(unit::read(text, at).byte, b'"' | b'\'' | b'`') {
        at = unit::read(text, at).end;
    }
    while at < text.len() {
        let unit = unit::read(text, at);
        match unit.byte {
            b'}' => return at,
            b'"' => {
                let close = end_of_string(text, unit);
                at = if close < text.len() { unit::read(text, close).end } else { close };
            }
            b'{' | b'[' => at = end_of_brackets(text, at),
            _ => at = unit.end,
        }
    }
    text.len()
}

/// Where the element or the part of a multipart body ends that `at` is in: at its end tag, or at a boundary.
fn end_of_part(text: &[u8], at: usize) -> usize {
    let (mut next, mut last) = (at, [0; 2]);
    while next < text.len() {
        let unit = unit::read(text, next);
        match (last, unit.byte) {
            ([_, b'<'], b'/') | ([_, b'/'], b'>') | ([b'\n', b'-'], b'-') => return next,
            _ => (last, next) = ([last[1], unit.byte], unit.end),
        }
    }
    text.len()
}

/// Whether the end tag of `name` is at `at`, with any prefix.
fn closes(text: &[u8], at: usize, name: &[u8]) -> bool {
    let mut at = at;
    if at >= text.len() || unit::read(text, at).byte != b'/' {
        return false;
    }
    at = unit::read(text, at).end;
    let rest = &text[at..text.len().min(at + 2 * MAX_AHEAD)];
    let len = rest.iter().take_while(|byte| unit::is_name(**byte) || **byte == b':').count();
    let tag = &rest[..len];
    let tag = tag.iter().rposition(|byte| *byte == b':').map_or(tag, |colon| &tag[colon + 1..]);
    tag.eq_ignore_ascii_case(name)
}

/// Where a value without quotes ends: at the end of the line, at `&` behind `=`, at an end tag, at the quote around the pair, or
/// where the next pair starts. The value of a structured name contains pairs.
fn end_of_bare(text: &[u8], start: usize, separator: Unit, structured: bool) -> usize {
    let mut pair = NextPair::default();
    let (mut at, mut content, mut quoted, mut last) = (start, false, false, 0);
    while at < text.len() {
        let unit = unit::read(text, at);
        let ends = match unit.byte {
            b'"' if !structured => ends_value(text, at),
            _ if unit.level > separator.level => false,
            // The value of a name without one on its line is on the next lines: `password: |`.
            b'\r' | b'\n' => content,
            b'&' => separator.byte == b'=' && !structured,
            b'<' => text.get(unit.end) == Some(&b'/'),
            b'"' => {
                let inside = quoted;
                quoted = !quoted && last == b'=';
                !inside && !quoted
            }
            _ => false,
        };
        if ends {
            return at;
        }
        if let Some(end) = pair.add(text, at, unit).filter(|_| !structured) {
            return end;
        }
        content |= is_content(unit.byte);
        (last, at) = (unit.byte, unit.end);
    }
    text.len()
}

/// The search for the start of the next pair: a delimiter, a name that starts with a letter, and `=` or `:`.
#[derive(Default)]
struct NextPair {
    /// Where the last delimiter is, if only blanks and a name are behind it.
    delimiter: Option<usize>,
    /// Whether the name has started.
    named: bool,
    /// Whether the name is complete.
    complete: bool,
}

impl NextPair {
    fn add(&mut self, text: &[u8], at: usize, unit: Unit) -> Option<usize> {
        match unit.byte {
            b' ' | b'\t' | b',' | b';' | b'|' | b'{' | b'(' => {
                let blank = matches!(unit.byte, b' ' | b'\t');
                let keeps = blank && self.delimiter.is_some() && !self.named;
                if !keeps {
                    *self = Self { delimiter: Some(at), ..Self::default() };
                }
            }
            b'"' | b'\'' | b'`' if self.delimiter.is_some() => self.complete |= self.named,
            b'=' | b':' if self.named => {
                let is_url = unit.byte == b':' && text.get(unit.end) == Some(&b'/');
                let start = self.delimiter.filter(|_| !is_url);
                *self = Self::default();
                return start;
            }
            byte if unit::is_name(byte) && (self.named || byte.is_ascii_alphabetic() || byte == b'_') => {
                self.named = !self.complete && self.delimiter.is_some();
            }
            _ => *self = Self::default(),
        }
        None
    }
}

/// The range, if it contains a letter or a digit.
fn has_content(text: &[u8], range: Range<usize>) -> Option<Range<usize>> {
    let content = text.get(range.clone())?;
    content.iter().any(|byte| is_content(*byte)).then_some(range)
}

const fn is_content(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}
