//! Script URLs, and code in style sheets.

use crate::detect::decode::work::work;

/// How far a scheme may be stretched by characters that browsers drop.
const REACH: usize = 96;

/// Schemes whose URL is code.
const CODE: [&[u8]; 6] = [b"javascript", b"vbscript", b"livescript", b"jscript", b"mocha", b"ecmascript"];

/// What follows `data:` when the document it holds can run code.
const DOCUMENTS: [&[u8]; 7] = [
    b"text/html",
    b"image/svg",
    b"text/xml",
    b"application/xml",
    b"application/xhtml",
    b"text/javascript",
    b"application/x-",
];

/// Whether `url` starts with a scheme that carries code.
pub(super) fn is_code(url: &[u8]) -> bool {
    match scheme(url) {
        Some((Scheme::Code, _)) => true,
        Some((Scheme::Data, rest)) => {
            let rest = rest.trim_ascii_start();
            DOCUMENTS.iter().any(|kind| starts_with_folded(rest, kind)) || rest.starts_with(b",")
        }
        None => false,
    }
}

/// Whether a value that is nothing but a URL is a document that runs. Pictures are sent as SVG too.
pub(super) fn is_page(url: &[u8]) -> bool {
    is_code(url)
        && scheme(url).is_some_and(|(_, rest)| !starts_with_folded(rest.trim_ascii_start(), b"image/svg"))
}

/// Whether a code scheme starts after one of the separators in a list.
pub(super) fn holds_code(list: &[u8]) -> bool {
    // A separator costs a constant look-ahead, which ends at the next one.
    list.iter()
        .enumerate()
        .any(|(at, byte)| matches!(byte, b';' | b'=' | b',' | b'(' | b'<') && is_code(&list[at + 1..]))
}

/// Whether a declaration of a style sheet loads code: `background: url(javascript:f())`.
pub(super) fn loads_code(text: &[u8]) -> bool {
    memchr::memchr_iter(b'(', text).any(|at| {
        let near = text[at.saturating_sub(16)..at].trim_ascii_end();
        let property = near.len().checked_sub(3).map(|name| near.split_at(name));
        property.is_some_and(|(before, name)| {
            name.eq_ignore_ascii_case(b"url")
                && before.trim_ascii_end().ends_with(b":")
                && matches!(scheme(&text[at + 1..]), Some((Scheme::Code, _)))
        })
    })
}

/// Whether `url` names another host or an absolute URL.
pub(super) fn is_remote(url: &[u8]) -> bool {
    let url = url.trim_ascii_start();
    url.starts_with(b"//") || memchr::memmem::find(&url[..url.len().min(16)], b"://").is_some()
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    /// The rest is code.
    Code,
    /// The rest is a document.
    Data,
}

/// The scheme that `url` starts with and what follows its colon, if it can carry code. Blanks, controls and quotes
/// before it and blanks and controls within it do not count.
pub(super) fn scheme(url: &[u8]) -> Option<(Scheme, &[u8])> {
    let window = &url[..url.len().min(REACH)];
    let mut word = [0; 16];
    let mut len = 0;
    let mut at = 0;
    while let Some(byte) = window.get(at) {
        work(1);
        match byte {
            0..=b' ' | b'\\' => {}
            b'"' | b'\'' | b'`' if len == 0 => {}
            b':' => {
                let kind = match &word[..len] {
                    b"data" => Scheme::Data,
                    word if CODE.contains(&word) => Scheme::Code,
                    _ => return None,
                };
                return Some((kind, &url[at + 1..]));
            }
            // No scheme begins like this; most values end here.
            _ if len == 0
                && !matches!(byte.to_ascii_lowercase(), b'd' | b'e' | b'j' | b'l' | b'm' | b'v') =>
            {
                return None;
            }
            _ if byte.is_ascii_alphabetic() && len < word.len() => {
                word[len] = byte.to_ascii_lowercase();
                len += 1;
            }
            b'<' | b']' if len > 0 => at += joint(&window[at..])? - 1,
            _ => return None,
        }
        at += 1;
    }
    None
}

/// The length of the comment or section boundary at the start of `text`, which leaves no trace in an attribute that is
/// put together from both sides of it.
fn joint(text: &[u8]) -> Option<usize> {
    if text.starts_with(b"<!--") {
        return memchr::memmem::find(text, b"-->").map(|at| at + 3);
    }
    let closed = if text.starts_with(b"]]>") {
        3
    } else if text.starts_with(b"]]") {
        2
    } else {
        0
    };
    starts_with_folded(&text[closed..], b"<![cdata[").then_some(closed + 9)
}

fn starts_with_folded(text: &[u8], prefix: &[u8]) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// What runs code from a style sheet.
const STYLE: [&[u8]; 7] =
    [b"expression(", b"javascript:", b"vbscript:", b"binding:", b"behavior:", b"behaviour:", b"@import"];

/// Whether a style sheet holds code. Comments, escapes, quotes, blanks and controls do not count.
pub(super) fn style_code(style: &[u8]) -> bool {
    let mut tail = [0_u8; 16];
    let mut at = 0;
    while let Some(byte) = style.get(at) {
        work(1);
        at += 1;
        match byte {
            b'/' if style.get(at) == Some(&b'*') => {
                let comment = &style[at + 1..];
                at += 1 + memchr::memmem::find(comment, b"*/").map_or(comment.len(), |len| len + 2);
            }
            0..=b' ' | b'"' | b'\'' => {}
            _ => {
                let (letter, len) = if *byte == b'\\' { css_escape(&style[at..]) } else { (*byte, 0) };
                at += len;
                if letter == b'\\' {
                    continue;
                }
                tail.copy_within(1.., 0);
                tail[15] = letter.to_ascii_lowercase();
                if matches!(tail[15], b'(' | b':' | b't')
                    && STYLE.iter().any(|needle| tail.ends_with(needle))
                    && !is_drawing(&style[at..])
                {
                    return true;
                }
            }
        }
    }
    false
}

/// Whether a behaviour is the one that word processors write into every document, for drawings.
fn is_drawing(rest: &[u8]) -> bool {
    starts_with_folded(rest.trim_ascii_start(), b"url(#default#")
}

/// The character of a backslash escape, and the number of its digits; a lone backslash is itself.
fn css_escape(text: &[u8]) -> (u8, usize) {
    let len = text.iter().take(6).take_while(|byte| byte.is_ascii_hexdigit()).count();
    let code = text[..len]
        .iter()
        .fold(0, |code, digit| code << 4 | char::from(*digit).to_digit(16).unwrap_or_default());
    match u8::try_from(code) {
        Ok(code) if len > 1 && code.is_ascii_graphic() => (code, len),
        _ => (b'\\', 0),
    }
}
