//! Takes a body apart into named values, layer by layer.
//!
//! First the charset, then the media type, then the format that the text looks like, because an application may go by
//! either. Parts of multipart bodies and documents inside of strings go through the same layers, to a fixed depth. The
//! visitor decides; the walker only reports what was not inspected.

mod parts;

use core::ops::ControlFlow;

use arrayvec::ArrayVec;
use encoding_rs::Encoding;
use memchr::memmem;

use super::binary::{self, Noise};
use super::buffers::Buffers;
use super::kind::Kind;
use super::media::Media;
use super::repeated::RepeatedNames;
use super::{charset, form, transfer, xml};
use crate::body::gaps::Gaps;
use crate::budget::{Exhausted, WorkBudget};
use crate::detect::lang::{graphql, json};
use crate::detect::{ClassSet, Input, Location, decode, names_session};

/// Depth to which documents in strings are parsed; deeper ones are text.
const MAX_EMBEDDED_DEPTH: u8 = 2;

/// Readings of a text, as a multiple of its length: in other charsets and codings, and as other kinds.
const MAX_READINGS: usize = 16;
/// Minimum of bytes that may be read of every text.
const MIN_READABLE: usize = 64 << 10;

/// One named value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'b> {
    pub(crate) input: Input<'b>,
    /// For a field name, the content of the field; for a JSON key, the document after it. Else empty.
    pub(crate) content: &'b [u8],
    /// The classes that apply: all of them, or fewer for data with noise.
    pub(crate) classes: ClassSet,
}

/// Passes the values of bodies to a visitor.
pub(crate) struct Walker<'w, V> {
    buffers: &'w mut Buffers,
    /// The remaining steps for the body on the wire.
    budget: &'w WorkBudget,
    /// A type parameter instead of `dyn`: a body has hundreds of values that cost less than an indirect call.
    visit: V,
    /// What was not inspected.
    pub(crate) gaps: Gaps,
    /// Whether plain strings of JSON documents are skipped.
    pub(crate) skips_plain: bool,
    /// Bytes of the skipped strings.
    pub(crate) skipped: u64,
    /// Whether the body is read as received, with a content coding applied. Compressed bytes are noise, so that of a
    /// text that is mostly noise only the runs of text are visited, as in a file.
    pub(crate) is_wire: bool,
    /// Bytes of this text that may still be read.
    readable: usize,
    /// GraphQL documents so far.
    documents: usize,
}

/// Why a walk stops before the end.
enum Stop<B> {
    /// The visitor returned a value.
    Found(B),
    /// The budget is used up.
    Exhausted,
}

type Flow<B, C = ()> = ControlFlow<Stop<B>, C>;

/// The result of a walk for its caller. An exhausted budget is a gap, no result.
fn settle<B>(flow: Flow<B>) -> ControlFlow<B> {
    match flow {
        ControlFlow::Break(Stop::Found(found)) => ControlFlow::Break(found),
        ControlFlow::Break(Stop::Exhausted) | ControlFlow::Continue(()) => ControlFlow::Continue(()),
    }
}

/// A text with its type and position.
#[derive(Clone, Copy)]
struct Doc<'d> {
    kind: Kind,
    media: Media<'d>,
    /// The field that has this content.
    name: &'d [u8],
    part: bool,
    /// Whether it is a file, which may be binary.
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
            readable: MIN_READABLE,
            documents: 0,
        }
    }

    /// Visit the values of a body of this type.
    pub(crate) fn body(&mut self, media: &Media<'_>, bytes: &[u8]) -> ControlFlow<B> {
        self.readable = bytes.len().saturating_mul(MAX_READINGS).max(MIN_READABLE);
        let kind = Kind::of(media);
        let file = kind == Kind::Text && is_file(media);
        let doc = Doc { kind, media: *media, name: b"", part: false, file, depth: 0 };
        settle(self.content(doc, None, bytes))
    }

    /// Visit the pairs of a query or form, the documents in their values, and the values of one name joined.
    pub(crate) fn pairs(&mut self, text: &[u8], names: Location, values: Location) -> ControlFlow<B> {
        settle(self.list(text, names, values))
    }

    fn list(&mut self, text: &[u8], names: Location, values: Location) -> Flow<B> {
        let mut repeated = RepeatedNames::new();
        for (name, value) in form::pairs(text) {
            repeated.add(name);
            self.emit(names, name, name, value)?;
            if names_session(name) {
                self.emit(Location::LinkedName, name, name, value)?;
            }
            self.emit(values, name, value, b"")?;
            if may_embed(name, value) {
                self.value_document(name, value, true)?;
            }
        }
        if repeated.exceeds_limit() {
            self.gaps.add(Gaps::VALUES);
            return ControlFlow::Continue(());
        }
        if self.budget.read(repeated.passes() * text.len()) == Err(Exhausted) {
            return self.over_budget();
        }
        let mut space = self.buffers.take();
        let flow = repeated.for_each(text, &mut space, |name, joined| self.emit(values, name, joined, b""));
        self.buffers.give(space);
        flow
    }

    /// Visit the document in a value of the head or of a form, percent-encoded or not, if the value [may be](may_embed)
    /// one. The caller has visited the value itself.
    pub(crate) fn embedded(&mut self, name: &[u8], value: &[u8], plus: bool) -> ControlFlow<B> {
        settle(self.value_document(name, value, plus))
    }

    fn value_document(&mut self, name: &[u8], value: &[u8], plus: bool) -> Flow<B> {
        let mut decoded = self.buffers.take();
        let unchanged = decode::percent(value, plus, &mut decoded).decodings == crate::detect::Decodings::RAW;
        let flow = self.embedded_in(name, if unchanged { value } else { &decoded }, 0);
        self.buffers.give(decoded);
        flow
    }

    fn emit(&mut self, location: Location, name: &[u8], value: &[u8], content: &[u8]) -> Flow<B> {
        self.visit(&Value { input: Input { location, name, value }, content, classes: ClassSet::ALL })
    }

    fn visit(&mut self, value: &Value<'_>) -> Flow<B> {
        match self.budget.value() {
            Ok(()) => (self.visit)(value).map_break(Stop::Found),
            Err(Exhausted) => self.over_budget(),
        }
    }

    /// A text: unchanged, and transcoded to UTF-8 if that changes it.
    fn content(&mut self, doc: Doc<'_>, default: Option<&[u8]>, bytes: &[u8]) -> Flow<B> {
        let (label, conflict) = doc.media.parameter("charset");
        let textual = doc.kind != Kind::Text || doc.media.starts_with("text/");
        let received = bytes;
        let (bytes, readings) = charset::readings(label.or(default), doc.kind, textual, received);
        if readings.unknown || conflict {
            self.gaps.add(Gaps::CHARSET);
        }
        self.document(doc, &readings.others, bytes)?;
        for encoding in readings.others {
            // In UTF-16 the byte order mark of UTF-8 is text, and without its three bytes all others would be misaligned.
            let bytes = if encoding.is_ascii_compatible() { bytes } else { received };
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

    /// A text by its kind, and by the format it looks like. A declared form that looks like JSON is read as a form
    /// first: otherwise one odd name in front would switch off the form decoding of all other fields.
    fn document(&mut self, doc: Doc<'_>, others: Encodings<'_>, bytes: &[u8]) -> Flow<B> {
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
                // The delimiters of both are found in noise too.
                Kind::Form => self.form_in_noise(bytes),
                Kind::Multipart => self.multipart(doc, bytes),
                _ => self.long_runs(doc, bytes),
            };
        }
        if doc.file && !json::looks_like_json(bytes) && self.file(doc, bytes)? {
            return ControlFlow::Continue(());
        }
        let looks_like_json = doc.kind == Kind::Json || json::looks_like_json(bytes);
        match doc.kind {
            Kind::Form => {
                self.form(bytes, others)?;
                // Readers of multipart bodies take a part of any type for one text.
                if doc.part {
                    self.text(doc, bytes)?;
                }
            }
            Kind::Multipart => {
                self.multipart(doc, bytes)?;
                if doc.part {
                    self.loose(doc, bytes)?;
                }
            }
            Kind::Xml => {
                self.xml(doc, bytes, false)?;
                // A field, not an uploaded file, whose markup is expected.
                if doc.part && !doc.file {
                    self.text(doc, bytes)?;
                }
            }
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
        // Rocket reads JSON of any type. Without an escape, the string was visited with the text.
        let is_new = doc.kind != Kind::Text || memchr::memchr(b'\\', bytes).is_some();
        if !looks_like_json && is_new && is_string_document(bytes) {
            self.json(doc.name, bytes, Some(0))?;
        }
        // Not JSON: a parser for plain text reads one text, in which brackets and quotes do not separate values.
        if looks_like_json && self.json(doc.name, bytes, None)? {
            self.text(doc, bytes)?;
        }
        ControlFlow::Continue(())
    }

    /// The rest is not inspected.
    fn over_budget(&mut self) -> Flow<B> {
        self.gaps.add(Gaps::WORK);
        ControlFlow::Break(Stop::Exhausted)
    }

    fn text(&mut self, doc: Doc<'_>, bytes: &[u8]) -> Flow<B> {
        self.emit(if doc.part { Location::Part } else { Location::Text }, doc.name, bytes, b"")
    }

    fn text_for(&mut self, doc: Doc<'_>, value: &[u8], classes: ClassSet) -> Flow<B> {
        let location = if doc.part { Location::Part } else { Location::Text };
        self.visit(&Value { input: Input { location, name: doc.name, value }, content: b"", classes })
    }

    /// A file. Continues with whether it was visited as data with noise; its text as received remains otherwise.
    fn file(&mut self, doc: Doc<'_>, bytes: &[u8]) -> Flow<B, bool> {
        match Noise::of(bytes) {
            Noise::Clean => return ControlFlow::Continue(false),
            Noise::Noisy => {
                self.stripped(doc, bytes, ClassSet::IN_NOISE)?;
                if binary::has_much_noise(bytes) {
                    self.long_runs(doc, bytes)?;
                }
                return ControlFlow::Continue(false);
            }
            Noise::Mixed => self.mixed(doc, bytes)?,
            Noise::Binary => self.runs(doc, bytes)?,
        }
        ControlFlow::Continue(true)
    }

    fn long_runs(&mut self, doc: Doc<'_>, bytes: &[u8]) -> Flow<B> {
        binary::long_runs(bytes).try_for_each(|run| self.text(doc, run))
    }

    /// The runs of text in binary data.
    fn runs(&mut self, doc: Doc<'_>, bytes: &[u8]) -> Flow<B> {
        binary::runs(bytes).try_for_each(|run| self.text_for(doc, run.text, run.classes))
    }

    /// The runs of text in mixed data, and its text without noise.
    fn mixed(&mut self, doc: Doc<'_>, bytes: &[u8]) -> Flow<B> {
        binary::mixed_runs(bytes).try_for_each(|run| self.text_for(doc, run, ClassSet::ALL))?;
        self.stripped(doc, bytes, ClassSet::IN_FILES)
    }

    /// A text without its noise.
    fn stripped(&mut self, doc: Doc<'_>, bytes: &[u8], classes: ClassSet) -> Flow<B> {
        if self.budget.decode(bytes.len()) == Err(Exhausted) {
            return self.over_budget();
        }
        let mut text = self.buffers.take();
        binary::strip(bytes, &mut text);
        let flow = self.text_for(doc, &text, classes);
        self.buffers.give(text);
        flow
    }

    /// A form in compressed bytes: of a name or value with noise, only the runs of text.
    fn form_in_noise(&mut self, bytes: &[u8]) -> Flow<B> {
        for (name, value) in form::pairs(bytes) {
            for (location, text) in [(Location::FieldName, name), (Location::Field, value)] {
                if binary::has_noise(text) {
                    binary::long_runs(text).try_for_each(|run| self.emit(location, b"", run, b""))?;
                } else {
                    self.emit(location, if binary::has_noise(name) { b"" } else { name }, text, b"")?;
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// A form, also in the legacy charset of its type or its `_charset_` field: browsers escape bytes of that charset.
    fn form(&mut self, text: &[u8], others: Encodings<'_>) -> Flow<B> {
        self.list(text, Location::FieldName, Location::Field)?;
        let mut legacy: ArrayVec<&'static Encoding, 6> = others.iter().copied().collect();
        if memmem::find(text, b"_charset_").is_some() {
            for (_, label) in form::pairs(text).filter(|(name, _)| *name == b"_charset_") {
                match charset::for_label(label) {
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

    /// A JSON document; `embedded_in` is its depth if it is embedded in a value. Continues with whether there was text
    /// outside of strings.
    fn json(&mut self, outer: &[u8], document: &[u8], embedded_in: Option<u8>) -> Flow<B, bool> {
        let mut text = self.buffers.take();
        let mut has_bare = false;
        let mut skipped = 0;
        let skips = self.skips_plain.then_some(&mut skipped);
        let flow = json::walk(document, &mut text, skips, &mut |leaf| {
            has_bare |= leaf.is_bare;
            // The enclosing value has been visited as one text.
            if leaf.is_bare && embedded_in.is_some() {
                return ControlFlow::Continue(());
            }
            let name = if leaf.name.is_empty() { outer } else { leaf.name };
            if leaf.is_key {
                return self.emit(Location::JsonKey, name, leaf.value, leaf.after);
            }
            self.emit(Location::Json, name, leaf.value, b"")?;
            self.embedded_in(name, leaf.value, embedded_in.map_or(0, |depth| depth + 1))
        });
        self.skipped += skipped;
        self.buffers.give(text);
        flow?;
        ControlFlow::Continue(has_bare)
    }

    /// The document that a string may contain. The string itself has been visited.
    fn embedded_in(&mut self, name: &[u8], value: &[u8], depth: u8) -> Flow<B> {
        if depth < MAX_EMBEDDED_DEPTH && json::looks_like_json(value) {
            self.json(name, value, Some(depth))?;
        }
        if name == b"query" && graphql::looks_like_graphql(value) {
            self.documents += 1;
            if self.documents == graphql::MAX_BATCH + 1 {
                self.emit(Location::Graphql, graphql::BATCHED, value, b"")?;
            }
            self.graphql(value)?;
        }
        ControlFlow::Continue(())
    }

    fn graphql(&mut self, document: &[u8]) -> Flow<B> {
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

    /// XML; a document that is not well formed is visited as one text as well, unless it was `seen` as such.
    fn xml(&mut self, doc: Doc<'_>, document: &[u8], seen: bool) -> Flow<B> {
        let mut text = self.buffers.take();
        let flow = xml::walk(document, &mut text, &mut |piece| {
            // Markup in a field that is not an XML document takes the name of the field: an exclusion of the field
            // applies to it.
            let outer = piece.name.is_empty() || seen && doc.part;
            let name = if outer { doc.name } else { piece.name };
            self.emit(Location::Xml, name, piece.value, b"")
        });
        self.buffers.give(text);
        if flow? || seen { ControlFlow::Continue(()) } else { self.text(doc, document) }
    }
}

/// Whether a text is one string of JSON.
fn is_string_document(bytes: &[u8]) -> bool {
    let trimmed = bytes.trim_ascii();
    trimmed.len() > 1 && trimmed.starts_with(b"\"") && trimmed.ends_with(b"\"")
}

/// Whether the value of this name may be a JSON or GraphQL document.
#[inline]
pub(crate) fn may_embed(name: &[u8], value: &[u8]) -> bool {
    // Fast path: most values start with a byte that no document starts with.
    let open = value.first().is_some_and(|first| matches!(first, b'{' | b'[' | b'%' | b'+' | b' '));
    open && starts_document(value) || name == b"query"
}

/// Whether a value starts like a JSON document, percent-encoded or not.
fn starts_document(value: &[u8]) -> bool {
    let start = value.iter().position(|byte| !matches!(byte, b'+' | b' ')).unwrap_or(0);
    matches!(value[start..], [b'{' | b'[', ..] | [b'%', b'5' | b'7', b'b' | b'B', ..])
}

/// Whether bodies of this type are files that are rarely text.
fn is_file(media: &Media<'_>) -> bool {
    const TYPES: [&str; 4] = ["image/", "audio/", "video/", "font/"];
    const ESSENCES: [&str; 4] =
        ["application/octet-stream", "application/pdf", "application/zip", "application/gzip"];
    TYPES.iter().any(|start| media.starts_with(start)) || ESSENCES.iter().any(|essence| media.is(essence))
}

#[cfg(test)]
mod tests;
