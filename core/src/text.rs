//! Text for reports and errors: printable excerpts, the nearest of known names, and names of headers.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Whether `name` is that of a header that is called `known` in lower case, as nearly all lines are.
#[inline]
pub(crate) fn is_name(name: &[u8], known: &str) -> bool {
    name == known.as_bytes() || name.eq_ignore_ascii_case(known.as_bytes())
}

/// A message about a name that does not exist, with the nearest one that does.
pub(crate) fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(nearest) => format!("there is no {what} `{name}`; did you mean `{nearest}`?"),
        None if known.len() <= 20 => {
            format!("there is no {what} `{name}`; there are `{}`", known.join("`, `"))
        }
        None => format!("there is no {what} `{name}`"),
    }
}

/// The known name that `name` is most likely a slip of: at most two edits, or a third of its length.
pub(crate) fn nearest<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    if name.len() > 64 {
        return None;
    }
    let by_distance = known.iter().map(|candidate| (distance(name, candidate), *candidate));
    by_distance.min().filter(|(edits, _)| *edits <= (name.len() / 3).max(2)).map(|(_, candidate)| candidate)
}

/// Levenshtein distance, case ignored.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let substituted = diagonal + usize::from(!x.eq_ignore_ascii_case(&y));
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// Characters that break lines or turn the direction of what follows.
const fn is_deceptive(char: char) -> bool {
    let marks = matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}');
    marks || matches!(char, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text of `bytes` for logs, at most `most` bytes of it: what is not printable becomes `\xHH`, so that no line can be
/// forged.
pub(crate) fn printable(bytes: &[u8], most: usize) -> String {
    // Nearly all texts are ASCII without anything odd. Without a way out the loop takes many bytes at once.
    let start = &bytes[..bytes.len().min(most)];
    let plain = start.iter().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'));
    if let (true, Ok(text)) = (plain, str::from_utf8(start)) {
        return text.into();
    }
    let mut text = String::with_capacity(bytes.len().min(most));
    for chunk in bytes.utf8_chunks() {
        for char in chunk.valid().chars() {
            let odd = char.is_control() || is_deceptive(char);
            let fits = if odd {
                add(&mut text, most, char.escape_unicode())
            } else {
                add(&mut text, most, core::iter::once(char))
            };
            if !fits {
                return text;
            }
        }
        for byte in chunk.invalid() {
            if !add(&mut text, most, core::ascii::escape_default(*byte).map(char::from)) {
                return text;
            }
        }
    }
    text
}

/// A printable text for a field of a log line, at most `most` bytes: between quotes, or as one word if `word` is set. `"` and
/// `\` are escaped, and blanks in a word, so that no byte of the text ends its field.
pub(crate) fn field(text: &str, most: usize, word: bool) -> String {
    let mut field = String::with_capacity(text.len().min(most));
    for char in text.chars() {
        let fits = match char {
            '"' | '\\' => add(&mut field, most, ['\\', char].into_iter()),
            char if word && char.is_whitespace() => add(&mut field, most, char.escape_unicode()),
            char => add(&mut field, most, core::iter::once(char)),
        };
        if !fits {
            break;
        }
    }
    field
}

/// Append `piece`, unless `text` would become longer than `most`.
fn add(text: &mut String, most: usize, piece: impl Iterator<Item = char>) -> bool {
    let before = text.len();
    text.extend(piece);
    let fits = text.len() <= most;
    if !fits {
        text.truncate(before);
    }
    fits
}
