//! Declarations of document types and entities.

use super::text::{is_remote, starts_with};
use super::{element, rules};
use crate::detect::decode::work::work;
use crate::detect::evidence::Evidence;

/// References in one value beyond which an entity serves to grow.
const GROWTH: usize = 4;

/// Whether a declaration or an element starts that is worth reading.
pub(super) fn holds_mark(text: &[u8]) -> bool {
    memchr::memchr_iter(b'<', text).any(|at| {
        let rest = &text[at + 1..];
        starts_with(rest, b"!doctype") || starts_with(rest, b"!entity") || element::starts(rest)
    })
}

/// Where a declaration starts in UTF-7, which some parsers read when the document declares it.
pub(super) fn utf7(text: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, b"+ADwAIQ")
}

/// The evidence in all declarations of `text`.
pub(super) fn read(text: &[u8], evidence: &mut Evidence<'_>) {
    let mut at = 0;
    while let Some(found) = memchr::memmem::find(&text[at..], b"<!") {
        let start = at + found;
        work(found + 2);
        at = start + 2;
        let rest = &text[at..];
        let mut reader = Reader { text, at, start };
        if starts_with(rest, b"doctype") {
            reader.at += 7;
            reader.document_type(evidence);
        } else if starts_with(rest, b"entity") {
            reader.at += 6;
            reader.entity(evidence);
        }
        at = reader.at;
    }
}

/// Reads the words and literals of one declaration.
struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    start: usize,
}

enum Token<'t> {
    Word(&'t [u8]),
    Literal(&'t [u8]),
}

impl<'t> Reader<'t> {
    /// The next word or literal of the declaration; `None` at its end, or where its subset starts.
    fn next(&mut self) -> Option<Token<'t>> {
        let blanks = self.text[self.at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.at += blanks;
        let rest = &self.text[self.at..];
        let (first, inside) = rest.split_first()?;
        work(blanks + 1);
        match first {
            b'>' | b'[' | b'<' => None,
            b'"' | b'\'' => {
                let len = memchr::memchr(*first, inside).unwrap_or(inside.len());
                work(len);
                self.at = (self.at + len + 2).min(self.text.len());
                Some(Token::Literal(&inside[..len]))
            }
            _ => {
                let len = rest.iter().take_while(|byte| !ends_word(**byte)).count().max(1);
                work(len);
                self.at += len;
                Some(Token::Word(&rest[..len]))
            }
        }
    }

    /// Whether the rest names something outside, and the last literal of it: the address.
    fn outside(&mut self, word: &[u8]) -> Option<&'t [u8]> {
        let literals = match ExternalId::of(word)? {
            ExternalId::System => 1,
            ExternalId::Public => 2,
        };
        let mut address = &self.text[..0];
        for _ in 0..literals {
            match self.next() {
                Some(Token::Literal(literal)) => address = literal,
                _ => break,
            }
        }
        Some(address)
    }

    fn span(&self) -> core::ops::Range<usize> {
        self.start..self.at
    }

    /// `<!DOCTYPE name SYSTEM "address"` or `PUBLIC "name" "address"`.
    fn document_type(&mut self, evidence: &mut Evidence<'_>) {
        let Some(Token::Word(_)) = self.next() else { return };
        let Some(Token::Word(word)) = self.next() else { return };
        let Some(address) = self.outside(word) else { return };
        if is_published(address) {
            return;
        }
        let rule = if is_remote(address) { &rules::EXTERNAL_TYPE } else { &rules::LOCAL_TYPE };
        evidence.add(rule, self.span());
    }

    /// `<!ENTITY name SYSTEM "address">`, `<!ENTITY % name "value">`.
    fn entity(&mut self, evidence: &mut Evidence<'_>) {
        let Some(Token::Word(mut name)) = self.next() else { return };
        let parameter = name == b"%";
        if parameter {
            let Some(Token::Word(word)) = self.next() else { return };
            name = word;
        }
        match self.next() {
            Some(Token::Literal(value)) => {
                if grows(value, name) {
                    evidence.add(&rules::GROWTH, self.span());
                }
                let rule = if parameter || declares(value) { &rules::PARAMETER } else { &rules::INTERNAL };
                evidence.add(rule, self.span());
            }
            Some(Token::Word(word)) if self.outside(word).is_some() => {
                evidence.add(&rules::EXTERNAL_ENTITY, self.span());
            }
            Some(Token::Word(_)) | None => {}
        }
    }
}

/// How something outside of the document is named.
#[derive(Clone, Copy)]
enum ExternalId {
    /// By its address.
    System,
    /// By a public identifier, and its address.
    Public,
}

impl ExternalId {
    /// What a keyword announces.
    fn of(word: &[u8]) -> Option<Self> {
        if word.eq_ignore_ascii_case(b"system") {
            Some(Self::System)
        } else if word.eq_ignore_ascii_case(b"public") {
            Some(Self::Public)
        } else {
            None
        }
    }
}

const fn ends_word(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'>' | b'[' | b'<' | b'"' | b'\'')
}

/// Whether a value refers to entities so often that it serves to grow, or to the entity itself.
fn grows(value: &[u8], name: &[u8]) -> bool {
    let mut references = 0;
    for at in memchr::memchr2_iter(b'&', b'%', value) {
        let inside = &value[at + 1..];
        let len = inside
            .iter()
            .take(name.len().max(32))
            .take_while(|byte| !matches!(byte, b';' | b'&' | b'%'))
            .count();
        work(len);
        let reference = &inside[..len];
        let is_entity = reference.first().is_some_and(|byte| *byte != b'#') && inside.get(len) == Some(&b';');
        if is_entity && reference == name {
            return true;
        }
        references += usize::from(is_entity);
    }
    references >= GROWTH
}

/// Whether a value declares more, written so that it is not read at once.
fn declares(value: &[u8]) -> bool {
    memchr::memmem::find(value, b"<!").is_some()
}

/// Hosts of published definitions; parsers have them built in.
const PUBLISHERS: [&[u8]; 14] = [
    b"www.w3.org",
    b"w3.org",
    b"www.oasis-open.org",
    b"docbook.org",
    b"www.docbook.org",
    b"www.apple.com",
    b"java.sun.com",
    b"www.springframework.org",
    b"hibernate.org",
    b"www.hibernate.org",
    b"mybatis.org",
    b"struts.apache.org",
    b"my.netscape.com",
    b"www.wapforum.org",
];

/// Whether an address is that of a definition which a standard publishes; none is no address.
fn is_published(address: &[u8]) -> bool {
    let address = address.trim_ascii();
    if address.is_empty() || address.eq_ignore_ascii_case(b"about:legacy-compat") {
        return true;
    }
    let host = [&b"http://"[..], b"https://"]
        .into_iter()
        .find(|scheme| starts_with(address, scheme))
        .map(|scheme| &address[scheme.len()..]);
    let host = host.and_then(|rest| rest.split(|byte| *byte == b'/').next()).unwrap_or_default();
    PUBLISHERS.iter().any(|publisher| host.eq_ignore_ascii_case(publisher))
}
