//! A body from its bytes to named values, layer by layer.
//!
//! Charset first, then what the media type says, then what the text looks like: an application may go by either. Parts of
//! multipart bodies and documents inside of strings go through the same again, to a fixed depth. Whoever visits the values
//! decides; the walk only says what it could not look into.

use core::ops::ControlFlow;

use arrayvec::ArrayVec;
use encoding_rs::Encoding;
use memchr::memmem;

use super::budget::{Exhausted, WorkBudget};
use super::buffers::Buffers;
use super::kind::{self, Kind};
use super::media::Media;
use super::multipart::{self, Slice, Slices};
use super::part::{HEADERS, PartHead};
use super::repeated::RepeatedNames;
use super::transfer::{self, Transfer};
use super::{binary, charset, disposition, form, xml};
use crate::detect::lang::{graphql, json};
use crate::detect::{Input, Location};
use crate::detect::{decode, names_session};
use crate::verdict::Gaps;

/// How deeply documents in strings are read as documents; deeper ones are texts.
const EMBEDDED: u8 = 2;
/// How deeply multipart bodies nest.
const NESTED: u8 = 2;
/// Parts of one multipart body that are read as parts.
const PARTS: usize = 256;
/// Names of one part for which it is said what they hold.
const HOLDERS: usize = 4;

/// How many times its length a text may be read in all, in other charsets and codings and as other kinds.
const READINGS: usize = 16;
/// What every text may be read, however short it is.
const READABLE: usize = 64 << 10;

/// One named value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'b> {
    pub(crate) input: Input<'b>,
    /// Of the name of a field, what the field holds, and of a JSON key, the document behind it. Else empty.
    pub(crate) held: &'b [u8],
}

/// Carries bodies to a visitor.
pub(crate) struct Walker<'w, V> {
    buffers: &'w mut Buffers,
    /// Steps that may still be taken for the body on the wire.
    budget: &'w WorkBudget,
    /// A type of its own and no `dyn`, because a body holds hundreds of values that cost less than a call.
    visit: V,
    /// What was not looked into.
    pub(crate) gaps: Gaps,
    /// Whether plain strings of JSON documents are worth no visit.
    pub(crate) skips_plain: bool,
    /// Bytes of those that were not visited.
    pub(crate) skipped: u64,
    /// Whether the body is read as it came on the wire, before a content coding is undone. Compressed bytes are noise, so of
    /// a text that is mostly noise only the runs of text are visited, as of a file.
    pub(crate) is_wire: bool,
    /// Bytes of this text that may still be read.
    readable: usize,
    /// GraphQL documents met so far.
    documents: usize,
}

/// A text and what is known about it.
#[derive(Clone, Copy)]
struct Doc<'d> {
    kind: Kind,
    media: Media<'d>,
    /// The field it is the content of.
    name: &'d [u8],
    part: bool,
    /// Whether it is a file, which may be anything.
    file: bool,
    depth: u8,
}

type Encodings<'e> = &'e [&'static Encoding];

impl<'w, B, V: FnMut(&Value<'_>) -> ControlFlow<B>> Walker<'w, V> {
    pub(crate) fn new(buffers: &'w mut Buffers, budget: &'w WorkBudget, visit: V) -> Self {
        Self {
            buffers,
            budget,
            visit,
            gaps: Gaps::default(),
            skips_plain: false,
            skipped: 0,
            is_wire: false,
            readable: READABLE,
            documents: 0,
        }
    }

    /// Visit the values of a body of this type.
    pub(crate) fn body(&mut self, media: &Media<'_>, bytes: &[u8]) -> ControlFlow<B> {
        self.readable = bytes.len().saturating_mul(READINGS).max(READABLE);
        let kind = Kind::of(media);
        let file = kind == Kind::Text && is_file(media);
        self.content(Doc { kind, media: *media, name: b"", part: false, file, depth: 0 }, None, bytes)
    }

    /// Visit the pairs of a query or form, the documents in their values, and the values of one name joined.
    pub(crate) fn pairs(&mut self, text: &[u8], names: Location, values: Location) -> ControlFlow<B> {
        let mut repeated = RepeatedNames::new();
        for (name, value) in form::pairs(text) {
            repeated.note(name);
            self.emit(names, name, name, value)?;
            if names_session(name) {
                self.emit(Location::LinkedName, name, name, value)?;
            }
            self.emit(values, name, value, b"")?;
            if may_embed(name, value) {
                self.embedded(name, value, true)?;
            }
        }
        let mut space = self.buffers.take();
        let flow = repeated.each(text, &mut space, |name, joined| self.emit(values, name, joined, b""));
        self.buffers.give(space);
        flow
    }

    /// Visit what is in the document that a value of the head or of a form is, percent-encoded or not, where it
    /// [may be](may_embed) one. The value itself has been visited.
    pub(crate) fn embedded(&mut self, name: &[u8], value: &[u8], plus: bool) -> ControlFlow<B> {
        let mut decoded = self.buffers.take();
        let unchanged = decode::percent(value, plus, &mut decoded).decodings == crate::detect::Decodings::RAW;
        let flow = self.inside(name, if unchanged { value } else { &decoded }, 0);
        self.buffers.give(decoded);
        flow
    }

    fn emit(&mut self, location: Location, name: &[u8], value: &[u8], held: &[u8]) -> ControlFlow<B> {
        (self.visit)(&Value { input: Input { location, name, value }, held })
    }

    /// A text in whatever charset: as it stands, and in UTF-8 where that reads otherwise.
    fn content(&mut self, doc: Doc<'_>, default: Option<&[u8]>, bytes: &[u8]) -> ControlFlow<B> {
        let (label, conflict) = doc.media.parameter("charset");
        let textual = doc.kind != Kind::Text || doc.media.starts_with("text/");
        let (bytes, readings) = charset::readings(label.or(default), doc.kind, textual, bytes);
        if readings.unknown || conflict {
            self.gaps.add(Gaps::CHARSET);
        }
        self.document(doc, &readings.others, bytes)?;
        for encoding in readings.others {
            if charset::changes(encoding, bytes) {
                if self.budget.decode(charset::MAX_GROWTH * bytes.len()) == Err(Exhausted) {
                    return self.over_budget();
                }
                let mut text = self.buffers.take();
                charset::transcode(encoding, bytes, &mut text);
                let flow = self.document(doc, &[], &text);
                self.buffers.give(text);
                flow?;
            }
        }
        ControlFlow::Continue(())
    }

    /// A text by its kind, and by what it looks like: a declared form that looks like JSON is a form first, or one odd
    /// name in front would take the form's decoding away from all that follows.
    fn document(&mut self, doc: Doc<'_>, others: Encodings<'_>, bytes: &[u8]) -> ControlFlow<B> {
        let Some(readable) = self.readable.checked_sub(bytes.len()) else {
            self.gaps.add(Gaps::VALUES);
            return ControlFlow::Continue(());
        };
        self.readable = readable;
        if self.budget.read(bytes.len()) == Err(Exhausted) {
            return self.over_budget();
        }
        if self.is_wire && !doc.part && binary::has_noise(bytes) {
            return match doc.kind {
                // Both are found between delimiters, in noise too.
                Kind::Form => self.form_in_noise(bytes),
                Kind::Multipart => self.multipart(doc, bytes),
                _ => self.runs(doc, bytes),
            };
        }
        if doc.file && binary::is_binary(bytes) {
            return self.runs(doc, bytes);
        }
        let looks_like_json = doc.kind == Kind::Json || json::looks_like_json(bytes);
        match doc.kind {
            Kind::Form => self.form(bytes, others)?,
            Kind::Multipart => self.multipart(doc, bytes)?,
            Kind::Xml => self.xml(doc, bytes, false)?,
            Kind::Graphql => {
                self.text(doc, bytes)?;
                self.graphql(bytes)?;
            }
            Kind::Text if !looks_like_json => {
                self.text(doc, bytes)?;
                if xml::looks_like_xml(bytes) {
                    self.xml(doc, bytes, true)?;
                }
            }
            Kind::Json | Kind::Text => {}
        }
        // No JSON after all: whoever reads it reads one text, in which the brackets and quotes separate nothing.
        if looks_like_json && self.json(doc.name, bytes, None)? {
            self.text(doc, bytes)?;
        }
        ControlFlow::Continue(())
    }

    /// The rest is not inspected.
    fn over_budget(&mut self) -> ControlFlow<B> {
        self.gaps.add(Gaps::WORK);
        ControlFlow::Continue(())
    }

    fn text(&mut self, doc: Doc<'_>, bytes: &[u8]) -> ControlFlow<B> {
        self.emit(if doc.part { Location::Part } else { Location::Text }, doc.name, bytes, b"")
    }

    fn runs(&mut self, doc: Doc<'_>, bytes: &[u8]) -> ControlFlow<B> {
        binary::runs(bytes).try_for_each(|run| self.text(doc, run))
    }

    /// A form among compressed bytes: of a name or value with noise in it, only the runs of text.
    fn form_in_noise(&mut self, bytes: &[u8]) -> ControlFlow<B> {
        for (name, value) in form::pairs(bytes) {
            for (location, text) in [(Location::FieldName, name), (Location::Field, value)] {
                if binary::has_noise(text) {
                    binary::runs(text).try_for_each(|run| self.emit(location, b"", run, b""))?;
                } else {
                    self.emit(location, if binary::has_noise(name) { b"" } else { name }, text, b"")?;
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// A form, also in the legacy charset that its type or its `_charset_` field names: browsers escape bytes of it.
    fn form(&mut self, text: &[u8], others: Encodings<'_>) -> ControlFlow<B> {
        self.pairs(text, Location::FieldName, Location::Field)?;
        let mut legacy: ArrayVec<&'static Encoding, 6> = others.iter().copied().collect();
        if memmem::find(text, b"_charset_").is_some() {
            for (_, label) in form::pairs(text).filter(|(name, _)| *name == b"_charset_") {
                match charset::named(label) {
                    Some(encoding) if encoding == encoding_rs::UTF_8 || legacy.contains(&encoding) => {}
                    Some(encoding) if encoding.is_ascii_compatible() && !legacy.is_full() => {
                        legacy.push(encoding);
                    }
                    _ => self.gaps.add(Gaps::CHARSET),
                }
            }
        }
        if legacy.is_empty() {
            return ControlFlow::Continue(());
        }
        let (mut raw, mut decoded) = (self.buffers.take(), self.buffers.take());
        let flow = form::pairs(text).try_for_each(|(name, value)| {
            for (location, escaped) in [(Location::FieldName, name), (Location::Field, value)] {
                raw.clear();
                transfer::percent(escaped, &mut raw);
                for encoding in legacy.iter().filter(|encoding| charset::changes(encoding, &raw)) {
                    decoded.clear();
                    if self.budget.decode(charset::MAX_GROWTH * raw.len()) == Err(Exhausted) {
                        return self.over_budget();
                    }
                    charset::transcode(encoding, &raw, &mut decoded);
                    self.emit(location, name, &decoded, b"")?;
                }
            }
            ControlFlow::Continue(())
        });
        self.buffers.give(raw);
        self.buffers.give(decoded);
        flow
    }

    /// A document, or one that lies in a value as deep as `inside` says. Continues with whether there was text outside of
    /// strings.
    fn json(&mut self, outer: &[u8], document: &[u8], inside: Option<u8>) -> ControlFlow<B, bool> {
        let mut text = self.buffers.take();
        let mut bare = false;
        let mut skipped = 0;
        let skips = self.skips_plain.then_some(&mut skipped);
        let flow = json::walk(document, &mut text, skips, &mut |leaf| {
            bare |= leaf.is_bare;
            // The value it lies in has been read as one text.
            if leaf.is_bare && inside.is_some() {
                return ControlFlow::Continue(());
            }
            let name = if leaf.name.is_empty() { outer } else { leaf.name };
            if leaf.is_key {
                return self.emit(Location::JsonKey, name, leaf.value, leaf.after);
            }
            self.emit(Location::Json, name, leaf.value, b"")?;
            self.inside(name, leaf.value, inside.map_or(0, |depth| depth + 1))
        });
        self.skipped += skipped;
        self.buffers.give(text);
        flow?;
        ControlFlow::Continue(bare)
    }

    /// The document that a string may hold. The string itself has been visited.
    fn inside(&mut self, name: &[u8], value: &[u8], depth: u8) -> ControlFlow<B> {
        if depth < EMBEDDED && json::looks_like_json(value) {
            self.json(name, value, Some(depth))?;
        }
        if name == b"query" && graphql::looks_like_graphql(value) {
            self.documents += 1;
            if self.documents == graphql::BATCH + 1 {
                self.emit(Location::Graphql, graphql::BATCHED, value, b"")?;
            }
            self.graphql(value)?;
        }
        ControlFlow::Continue(())
    }

    fn graphql(&mut self, document: &[u8]) -> ControlFlow<B> {
        let mut text = self.buffers.take();
        let flow = graphql::walk(document, &mut text, &mut |name, value| {
            self.emit(Location::Graphql, name, value, b"")
        });
        self.buffers.give(text);
        if !flow? {
            self.gaps.add(Gaps::VALUES);
        }
        ControlFlow::Continue(())
    }

    /// XML; a document that is not well formed is one text as well, unless it has been `seen` as one.
    fn xml(&mut self, doc: Doc<'_>, document: &[u8], seen: bool) -> ControlFlow<B> {
        let mut text = self.buffers.take();
        let flow = xml::walk(document, &mut text, &mut |piece| {
            // Markup in a field that is no XML document is the field's: whoever excludes the field means it too.
            let outer = piece.name.is_empty() || seen && doc.part;
            let name = if outer { doc.name } else { piece.name };
            self.emit(Location::Xml, name, piece.value, b"")
        });
        self.buffers.give(text);
        if flow? || seen { ControlFlow::Continue(()) } else { self.text(doc, document) }
    }

    fn multipart(&mut self, doc: Doc<'_>, body: &[u8]) -> ControlFlow<B> {
        if doc.depth >= NESTED {
            self.gaps.add(Gaps::VALUES);
            return self.loose(doc, body);
        }
        let mut delimiter = self.buffers.take();
        delimiter.extend_from_slice(b"--");
        delimiter.extend_from_slice(kind::boundary(&doc.media).0.unwrap_or_default());
        let flow = self.slices(doc, body, &memmem::Finder::new(&delimiter));
        self.buffers.give(delimiter);
        // Some parser cuts elsewhere, so that values may be longer than those that were visited.
        if flow? { self.loose(doc, body) } else { ControlFlow::Continue(()) }
    }

    /// Continues with whether parsers may cut elsewhere.
    fn slices(&mut self, doc: Doc<'_>, body: &[u8], delimiter: &memmem::Finder<'_>) -> ControlFlow<B, bool> {
        let default = default_charset(body, delimiter);
        let mut slices = Slices::new(body, delimiter);
        let mut parts = 0;
        for slice in slices.by_ref() {
            match slice {
                Slice::Part { head, content } if parts < PARTS => {
                    parts += 1;
                    self.part(doc, default, head, content)?;
                }
                Slice::Part { head, content } => {
                    self.gaps.add(Gaps::VALUES);
                    self.loose(doc, head)?;
                    self.loose(doc, content)?;
                }
                Slice::Headless(piece) => {
                    self.gaps.add(Gaps::VALUES);
                    self.loose(doc, piece)?;
                }
                Slice::Loose(piece) => self.loose(doc, piece)?,
            }
        }
        ControlFlow::Continue(slices.irregular)
    }

    /// Bytes of a multipart body that belong to no part.
    fn loose(&mut self, doc: Doc<'_>, bytes: &[u8]) -> ControlFlow<B> {
        let doc = Doc { part: false, ..doc };
        if bytes.trim_ascii().is_empty() {
            ControlFlow::Continue(())
        } else if binary::is_binary(bytes) {
            self.runs(doc, bytes)
        } else {
            self.text(doc, bytes)
        }
    }

    fn part(
        &mut self,
        outer: Doc<'_>,
        default: Option<&[u8]>,
        head: &[u8],
        content: &[u8],
    ) -> ControlFlow<B> {
        let part = PartHead::of(head);
        if part.excess {
            self.gaps.add(Gaps::VALUES);
            self.emit(Location::PartHeader, b"", head, b"")?;
        }
        if part.two_types {
            self.gaps.add(Gaps::CHARSET);
        }
        for (name, value) in multipart::lines(head).take(HEADERS) {
            self.emit(Location::PartHeader, name, name, b"")?;
            if !name.eq_ignore_ascii_case(b"content-disposition") {
                self.emit(Location::PartHeader, name, value, b"")?;
                continue;
            }
            if disposition::is_odd(value) {
                self.emit(Location::PartHeader, name, value, b"")?;
            }
            self.disposition(&part, value, content)?;
        }
        let kind = Kind::of(&part.media);
        // A part with two names has either.
        let names = [part.names[0], part.names[1]];
        for name in &names[..if names[0] == names[1] { 1 } else { 2 }] {
            let (media, file) = (part.media, part.file);
            let doc = Doc { kind, media, name, part: true, file, depth: outer.depth + 1 };
            self.content(doc, default, content)?;
            self.transferred(doc, default, &part.transfers, content)?;
        }
        ControlFlow::Continue(())
    }

    /// The content as it is once its transfer encoding is undone.
    fn transferred(
        &mut self,
        doc: Doc<'_>,
        default: Option<&[u8]>,
        transfers: &[Transfer],
        content: &[u8],
    ) -> ControlFlow<B> {
        for transfer in transfers {
            if *transfer != Transfer::Identity && self.budget.decode(content.len()) == Err(Exhausted) {
                return self.over_budget();
            }
            let mut decoded = self.buffers.take();
            match transfer {
                Transfer::Identity => {}
                Transfer::Base64 => transfer::base64(content, &mut decoded),
                Transfer::QuotedPrintable => transfer::quoted_printable(content, &mut decoded),
                Transfer::Unknown => self.gaps.add(Gaps::CODING),
            }
            let flow = match decoded.is_empty() {
                true => ControlFlow::Continue(()),
                false => self.content(doc, default, &decoded),
            };
            self.buffers.give(decoded);
            flow?;
        }
        ControlFlow::Continue(())
    }

    /// The names that a part gives to its field and its file, in every notation.
    fn disposition(&mut self, part: &PartHead<'_>, line: &[u8], content: &[u8]) -> ControlFlow<B> {
        let field = part.names[0];
        let (mut text, mut pieces) = (self.buffers.take(), self.buffers.take());
        let mut holders = 0;
        let flow = Media::of(line).parameters().try_for_each(|parameter| {
            let (location, held) = match disposition::role(&parameter) {
                disposition::Role::Name if holders < HOLDERS => {
                    holders += 1;
                    (Location::FieldName, content)
                }
                disposition::Role::Name => (Location::FieldName, &b""[..]),
                disposition::Role::FileName | disposition::Role::FileNamePiece => {
                    (Location::FileName, &b""[..])
                }
                disposition::Role::Other => (Location::PartHeader, &b""[..]),
            };
            let name = if location == Location::PartHeader { parameter.name } else { field };
            self.emit(location, name, parameter.value, held)?;
            if location == Location::FieldName && names_session(parameter.value) {
                self.emit(Location::LinkedName, name, parameter.value, held)?;
            }
            match disposition::decoded(&parameter, &mut text) {
                Ok(Some(value)) => self.emit(location, name, value, held)?,
                Ok(None) => {}
                Err(()) => self.gaps.add(Gaps::CHARSET),
            }
            if disposition::role(&parameter) == disposition::Role::FileNamePiece {
                transfer::percent(parameter.value, &mut pieces);
            }
            ControlFlow::Continue(())
        });
        let flow = match flow {
            ControlFlow::Continue(()) if !pieces.is_empty() => {
                self.emit(Location::FileName, field, &pieces, b"")
            }
            flow => flow,
        };
        self.buffers.give(text);
        self.buffers.give(pieces);
        flow
    }
}

/// The charset that a `_charset_` field gives to the other fields (RFC 7578 section 4.6).
fn default_charset<'b>(body: &'b [u8], delimiter: &memmem::Finder<'_>) -> Option<&'b [u8]> {
    memmem::find(body, b"_charset_")?;
    Slices::new(body, delimiter).take(PARTS).find_map(|slice| match slice {
        Slice::Part { head, content } if PartHead::of(head).names.contains(&&b"_charset_"[..]) => {
            Some(content)
        }
        _ => None,
    })
}

/// Whether the value of this name may be a document of JSON or GraphQL.
#[inline]
pub(crate) fn may_embed(name: &[u8], value: &[u8]) -> bool {
    // Most values start with what no document does.
    let open = value.first().is_some_and(|first| matches!(first, b'{' | b'[' | b'%' | b'+' | b' '));
    open && starts_document(value) || name == b"query"
}

/// Whether a value starts like a JSON document, percent-encoded or not.
fn starts_document(value: &[u8]) -> bool {
    let start = value.iter().position(|byte| !matches!(byte, b'+' | b' ')).unwrap_or(0);
    matches!(value[start..], [b'{' | b'[', ..] | [b'%', b'5' | b'7', b'b' | b'B', ..])
}

/// Whether bodies of this type are files that are hardly ever text.
fn is_file(media: &Media<'_>) -> bool {
    const TYPES: [&str; 4] = ["image/", "audio/", "video/", "font/"];
    const ESSENCES: [&str; 4] =
        ["application/octet-stream", "application/pdf", "application/zip", "application/gzip"];
    TYPES.iter().any(|start| media.starts_with(start)) || ESSENCES.iter().any(|essence| media.is(essence))
}

#[cfg(test)]
mod tests;
