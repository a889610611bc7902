//! XML as a stream of named texts.
//!
//! Text and `CDATA` of an element are joined across comments, as parsers do. Every attribute, comment, instruction and
//! declaration is visited, and each tag as written, because a tag can be the attack. Predefined entities and character
//! references are decoded. Other entities are never expanded: their value is visited where it is declared, so that an
//! entity bomb costs no more than its own length.

use alloc::vec::Vec;
use core::ops::ControlFlow;

use crate::detect::lang::names::Names;

/// One named text of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece<'x> {
    /// The element or attribute, as written; for a declaration, the declared name.
    pub(crate) name: &'x [u8],
    pub(crate) value: &'x [u8],
}

/// Whether `body` starts like XML or HTML.
pub(crate) fn looks_like_xml(body: &[u8]) -> bool {
    matches!(body.trim_ascii_start(), [b'<', b'?' | b'!' | b'a'..=b'z' | b'A'..=b'Z', ..])
}

/// Visit all texts of `document`; `text` is space to decode into. Continues with whether the document is well formed,
/// as far as the walker checks.
pub(crate) fn walk<B>(
    document: &[u8],
    text: &mut Vec<u8>,
    visit: &mut impl FnMut(Piece<'_>) -> ControlFlow<B>,
) -> ControlFlow<B, bool> {
    text.clear();
    let mut walker = Walker { document, at: 0, text, names: Names::new(), regular: true, visit };
    while walker.at < document.len() {
        walker.step()?;
    }
    walker.flush()?;
    let regular = walker.regular && walker.names.depth() == 0;
    ControlFlow::Continue(regular)
}

struct Walker<'d, 't, 'v, V> {
    document: &'d [u8],
    at: usize,
    /// Text of the current element so far.
    text: &'t mut Vec<u8>,
    names: Names,
    regular: bool,
    visit: &'v mut V,
}

impl<B, V: FnMut(Piece<'_>) -> ControlFlow<B>> Walker<'_, '_, '_, V> {
    fn step(&mut self) -> ControlFlow<B> {
        let rest = &self.document[self.at..];
        match rest {
            [b'<', b'!', b'-', b'-', ..] => self.delimited(4, b"-->", true),
            [b'<', b'?', ..] => self.delimited(2, b"?>", true),
            _ if rest.starts_with(b"<![CDATA[") => self.delimited(9, b"]]>", false),
            [b'<', b'!', ..] => self.declaration(),
            [b'<', b'/', ..] => self.end_tag(),
            [b'<', b'a'..=b'z' | b'A'..=b'Z' | b'_' | b':' | 0x80.., ..] => self.start_tag(),
            [b'<', ..] => {
                self.regular = false;
                self.text.push(b'<');
                self.at += 1;
                ControlFlow::Continue(())
            }
            _ => {
                let end = memchr::memchr(b'<', rest).unwrap_or(rest.len());
                self.regular &= self.names.depth() > 0 || rest[..end].trim_ascii().is_empty();
                decode(&rest[..end], self.text);
                self.at += end;
                ControlFlow::Continue(())
            }
        }
    }

    /// The text between an opening of `skip` bytes and `end`: visited on its own if `apart`, else appended to the text.
    fn delimited(&mut self, skip: usize, end: &[u8], apart: bool) -> ControlFlow<B> {
        let inside = &self.document[self.at + skip..];
        let found = memchr::memmem::find(inside, end);
        self.regular &= found.is_some();
        let length = found.unwrap_or(inside.len());
        self.at += skip + found.map_or(length, |length| length + end.len());
        if !apart {
            self.text.extend_from_slice(&inside[..length]);
            return ControlFlow::Continue(());
        }
        let name = self.names.above(self.document, false);
        (self.visit)(Piece { name, value: &inside[..length] })
    }

    /// Visit the text of the element up to here.
    fn flush(&mut self) -> ControlFlow<B> {
        if !self.text.trim_ascii().is_empty() {
            let name = self.names.above(self.document, false);
            (self.visit)(Piece { name, value: self.text })?;
        }
        self.text.clear();
        ControlFlow::Continue(())
    }

    fn end_tag(&mut self) -> ControlFlow<B> {
        self.flush()?;
        let rest = &self.document[self.at..];
        let end = memchr::memchr(b'>', rest).map_or(rest.len(), |end| end + 1);
        let tag = &rest[..end];
        let name = self.names.above(self.document, false);
        let own = tag[2..].strip_suffix(b">").unwrap_or(&tag[2..]).trim_ascii_end();
        self.at += end;
        if self.names.depth() == 0 || own != name {
            self.regular = false;
            (self.visit)(Piece { name, value: tag })?;
        }
        self.names.leave();
        ControlFlow::Continue(())
    }

    fn start_tag(&mut self) -> ControlFlow<B> {
        self.flush()?;
        let start = self.at;
        let name_start = start + 1;
        let document = self.document;
        let name_len = document[name_start..].iter().take_while(|byte| !ends_name(**byte)).count();
        let name = &document[name_start..name_start + name_len];
        self.at = name_start + name_len;
        let mut empty = false;
        loop {
            let rest = &document[self.at..];
            match rest {
                [] => {
                    self.regular = false;
                    break;
                }
                [b'>', ..] => {
                    self.at += 1;
                    break;
                }
                [b'/', ..] => empty = true,
                [byte, ..] if byte.is_ascii_whitespace() => {}
                _ => {
                    empty = false;
                    self.attribute()?;
                    continue;
                }
            }
            self.at += 1;
        }
        (self.visit)(Piece { name, value: &document[start..self.at] })?;
        if !empty {
            self.names.enter();
            self.names.set(name_start, name_len);
        }
        ControlFlow::Continue(())
    }

    fn attribute(&mut self) -> ControlFlow<B> {
        let rest = &self.document[self.at..];
        let name_len = rest.iter().take_while(|byte| !ends_name(**byte)).count();
        let name = &rest[..name_len];
        let after = rest[name_len..].trim_ascii_start();
        let Some(after) = after.strip_prefix(b"=") else {
            // An attribute without a value, as in HTML. A lone `=` must not stop the walk.
            self.regular = false;
            self.at += name_len.max(1);
            return ControlFlow::Continue(());
        };
        let after = after.trim_ascii_start();
        let (value, used) = match after {
            [quote @ (b'"' | b'\''), inside @ ..] => match memchr::memchr(*quote, inside) {
                Some(end) => (&inside[..end], end + 2),
                None => {
                    self.regular = false;
                    (inside, after.len())
                }
            },
            _ => {
                self.regular = false;
                let end = after.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'>');
                let end = end.unwrap_or(after.len());
                (&after[..end], end)
            }
        };
        self.regular &= !name.is_empty() && memchr::memchr(b'<', value).is_none();
        self.at = self.document.len() - after.len() + used;
        self.visit_decoded(name, value)
    }

    /// `<!DOCTYPE` and the like, and the internal subset that may follow.
    fn declaration(&mut self) -> ControlFlow<B> {
        self.flush()?;
        self.markup_declaration(true)?;
        if self.document[..self.at].ends_with(b"[") {
            self.subset()?;
        }
        ControlFlow::Continue(())
    }

    /// One declaration: each literal in it, then the whole as written. If `subset`, an opening bracket ends it.
    fn markup_declaration(&mut self, subset: bool) -> ControlFlow<B> {
        let rest = &self.document[self.at..];
        let name = declaration_name(rest);
        let mut at = 2;
        let end = loop {
            match rest.get(at) {
                Some(quote @ (b'"' | b'\'')) => {
                    let inside = &rest[at + 1..];
                    let length = memchr::memchr(*quote, inside).unwrap_or(inside.len());
                    self.visit_decoded(name, &inside[..length])?;
                    at = (at + length + 2).min(rest.len());
                }
                Some(b'>') => break at + 1,
                Some(b'[') if subset => break at + 1,
                Some(_) => at += 1,
                None => {
                    self.regular = false;
                    break rest.len();
                }
            }
        };
        self.at += end;
        (self.visit)(Piece { name, value: &rest[..end] })
    }

    /// The internal subset: declarations, comments, instructions and references up to the closing bracket.
    fn subset(&mut self) -> ControlFlow<B> {
        loop {
            let rest = &self.document[self.at..];
            match rest {
                [b']', ..] => {
                    let end = rest.iter().skip(1).take_while(|byte| byte.is_ascii_whitespace()).count() + 1;
                    let closed = rest.get(end) == Some(&b'>');
                    self.regular &= closed;
                    self.at += end + usize::from(closed);
                    return ControlFlow::Continue(());
                }
                [b'<', b'!', b'-', b'-', ..] => self.delimited(4, b"-->", true)?,
                [b'<', b'?', ..] => self.delimited(2, b"?>", true)?,
                [b'<', b'!', ..] => self.markup_declaration(false)?,
                [b'<', ..] | [] => {
                    self.regular = false;
                    return ControlFlow::Continue(());
                }
                [byte, ..] => {
                    self.regular &=
                        !ends_name(*byte) || byte.is_ascii_whitespace() || matches!(byte, b'%' | b';');
                    self.at += 1;
                }
            }
        }
    }

    fn visit_decoded(&mut self, name: &[u8], value: &[u8]) -> ControlFlow<B> {
        if memchr::memchr(b'&', value).is_none() {
            return (self.visit)(Piece { name, value });
        }
        // The text of the element has been flushed: its buffer is free.
        decode(value, self.text);
        let flow = (self.visit)(Piece { name, value: self.text });
        self.text.clear();
        flow
    }
}

/// The declared name: the second word of the declaration.
fn declaration_name(rest: &[u8]) -> &[u8] {
    const MAX_LEN: usize = 128;
    let start = &rest[..rest.len().min(MAX_LEN)];
    let start = &start[..memchr::memchr(b'>', start).unwrap_or(start.len())];
    let mut words = start.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty() && *word != b"%");
    let name = words.nth(1).unwrap_or_default();
    &name[..name.iter().take_while(|byte| !ends_name(**byte)).count()]
}

const fn ends_name(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>' | b'=' | b'<' | b'"' | b'\'' | b'[')
}

/// Append `input` with predefined entities and character references decoded.
fn decode(input: &[u8], out: &mut Vec<u8>) {
    let mut rest = input;
    while let Some(at) = memchr::memchr(b'&', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let used = match reference(rest) {
            Some((char, used)) => {
                out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                used
            }
            None => {
                out.push(b'&');
                1
            }
        };
        rest = &rest[used..];
    }
    out.extend_from_slice(rest);
}

/// The character of the reference at the start of `text`, and the length of the reference.
fn reference(text: &[u8]) -> Option<(char, usize)> {
    const MAX_LEN: usize = 16;
    let end = memchr::memchr(b';', &text[..text.len().min(MAX_LEN)])?;
    let char = match &text[1..end] {
        b"lt" => '<',
        b"gt" => '>',
        b"amp" => '&',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16)?,
        [b'#', digits @ ..] => number(digits, 10)?,
        _ => return None,
    };
    Some((char, end + 1))
}

fn number(digits: &[u8], radix: u32) -> Option<char> {
    let digits = core::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    u32::from_str_radix(digits, radix).ok().and_then(char::from_u32)
}

#[cfg(test)]
mod tests;
