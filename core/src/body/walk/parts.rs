//! The parts of multipart bodies: their headers, dispositions and contents.

use alloc::string::ToString as _;
use core::ops::ControlFlow;

use memchr::memmem;

use super::{Doc, Flow, Value, Walker};
use crate::body::binary::Noise;
use crate::body::disposition;
use crate::body::gaps::Gaps;
use crate::body::kind::{self, Kind};
use crate::body::media::Media;
use crate::body::multipart::{self, Slice, Slices};
use crate::body::part::{MAX_HEADERS, PartHead};
use crate::body::transfer::{self, Transfer};
use crate::budget::Exhausted;
use crate::detect::{Location, names_session};

/// Depth to which multipart bodies nest.
const MAX_MULTIPART_DEPTH: u8 = 2;
/// Parts of one multipart body that are parsed.
pub(super) const MAX_PARTS: usize = 256;
/// Field names of one part that are visited with its content.
const MAX_CONTENT_NAMES: usize = 4;

impl<B, V: FnMut(&Value<'_>) -> ControlFlow<B>> Walker<'_, V> {
    pub(super) fn multipart(&mut self, doc: Doc<'_>, body: &[u8]) -> Flow<B> {
        if doc.depth >= MAX_MULTIPART_DEPTH {
            self.gaps.add(Gaps::VALUES);
            return self.loose(doc, body);
        }
        let mut delimiter = self.buffers.take();
        delimiter.extend_from_slice(b"--");
        delimiter.extend_from_slice(kind::boundary(&doc.media).0.unwrap_or_default());
        let flow = self.slices(doc, body, &memmem::Finder::new(&delimiter));
        self.buffers.give(delimiter);
        // Some parsers cut elsewhere, so that their values may be longer than those that were visited.
        if flow? { self.loose(doc, body) } else { ControlFlow::Continue(()) }
    }

    /// Continues with whether parsers may cut elsewhere.
    fn slices(&mut self, doc: Doc<'_>, body: &[u8], delimiter: &memmem::Finder<'_>) -> Flow<B, bool> {
        let default = default_charset(body, delimiter);
        let mut slices = Slices::new(body, delimiter);
        let (mut parts, mut cuts_differ) = (0, false);
        while let Some(slice) = slices.next() {
            match slice {
                Slice::Part { head, content } if parts < MAX_PARTS => {
                    parts += 1;
                    cuts_differ |= self.part(doc, default, head, content)?;
                    // multer ends a head at CRLFCRLF only, so that a document may begin after it.
                    if slices.irregular
                        && let Some(end) = memmem::find(content, b"\r\n\r\n")
                    {
                        let (kind, media, depth) = (Kind::Text, Media::of(b""), doc.depth + 1);
                        let doc = Doc { kind, media, name: b"", part: true, file: false, depth };
                        self.content(doc, default, &content[end + 4..])?;
                    }
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
        ControlFlow::Continue(slices.irregular || cuts_differ)
    }

    /// Bytes of a multipart body that belong to no part.
    pub(super) fn loose(&mut self, doc: Doc<'_>, bytes: &[u8]) -> Flow<B> {
        let doc = Doc { part: false, ..doc };
        if bytes.trim_ascii().is_empty() {
            ControlFlow::Continue(())
        } else {
            match Noise::of(bytes) {
                Noise::Clean | Noise::Noisy => self.text(doc, bytes),
                Noise::Mixed => self.mixed(doc, bytes),
                Noise::Binary => self.runs(doc, bytes),
            }
        }
    }

    /// Continues with whether the part declares another length than it has: `actix-multipart` (0.7) cuts there.
    fn part(&mut self, outer: Doc<'_>, default: Option<&[u8]>, head: &[u8], content: &[u8]) -> Flow<B, bool> {
        let part = PartHead::of(head);
        if part.excess {
            self.gaps.add(Gaps::VALUES);
            self.emit(Location::PartHeader, b"", head, b"")?;
        }
        if part.two_types {
            self.gaps.add(Gaps::CHARSET);
        }
        for (name, value) in multipart::lines(head).take(MAX_HEADERS) {
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
        if let Some(name) = part.by_multer {
            self.name_by_multer(&part, name, content)?;
        }
        let kind = Kind::of(&part.media);
        // A part with several names is visited under each of them, so that an exclusion applies only if it covers all of them.
        for name in &part.names {
            let (media, file) = (part.media, part.file);
            let doc = Doc { kind, media, name, part: true, file, depth: outer.depth + 1 };
            self.content(doc, default, content)?;
            self.transfer_decoded(doc, default, &part.transfers, content)?;
        }
        ControlFlow::Continue(
            part.length.is_some_and(|length| length != content.len().to_string().as_bytes()),
        )
    }

    /// The name that multer finds where other readers find none. It unescapes quotes, and no other characters.
    fn name_by_multer(&mut self, part: &PartHead<'_>, name: &[u8], content: &[u8]) -> Flow<B> {
        let mut text = self.buffers.take();
        let quoted = name.iter().zip(name.iter().skip(1)).map(|(byte, next)| (*byte, *next) == (b'\\', b'"'));
        let kept = name.iter().zip(quoted.chain([false])).filter(|(_, is_escape)| !is_escape);
        text.extend(kept.map(|(byte, _)| *byte));
        let flow = self.emit(Location::FieldName, part.names[0], &text, content);
        self.buffers.give(text);
        flow
    }

    /// The content with its transfer encoding undone.
    fn transfer_decoded(
        &mut self,
        doc: Doc<'_>,
        default: Option<&[u8]>,
        transfers: &[Transfer],
        content: &[u8],
    ) -> Flow<B> {
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

    /// The names of field and file in a disposition, in every notation.
    fn disposition(&mut self, part: &PartHead<'_>, line: &[u8], content: &[u8]) -> Flow<B> {
        let field = part.names[0];
        let (mut text, mut pieces) = (self.buffers.take(), self.buffers.take());
        let mut content_names = 0;
        let flow = Media::of(line).parameters().try_for_each(|parameter| {
            let (location, content) = match disposition::role(&parameter) {
                disposition::Role::Name if content_names < MAX_CONTENT_NAMES => {
                    content_names += 1;
                    (Location::FieldName, content)
                }
                disposition::Role::Name => (Location::FieldName, &b""[..]),
                disposition::Role::FileName | disposition::Role::FileNamePiece => {
                    (Location::FileName, &b""[..])
                }
                disposition::Role::Other => (Location::PartHeader, &b""[..]),
            };
            let name = if location == Location::PartHeader { parameter.name } else { field };
            self.emit(location, name, parameter.value, content)?;
            if location == Location::FieldName && names_session(parameter.value) {
                self.emit(Location::LinkedName, name, parameter.value, content)?;
            }
            match disposition::decode_value(&parameter, &mut text) {
                Ok(Some(value)) => self.emit(location, name, value, content)?,
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

/// The charset of the other fields in a `_charset_` field (RFC 7578 section 4.6).
fn default_charset<'b>(body: &'b [u8], delimiter: &memmem::Finder<'_>) -> Option<&'b [u8]> {
    memmem::find(body, b"_charset_")?;
    Slices::new(body, delimiter).take(MAX_PARTS).find_map(|slice| match slice {
        Slice::Part { head, content } if PartHead::of(head).names.contains(&&b"_charset_"[..]) => {
            Some(content)
        }
        _ => None,
    })
}
