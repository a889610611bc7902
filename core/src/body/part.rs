//! The header of a part of a multipart body: its field name, type and encoding.
//!
//! Ambiguous headers keep every reading.

use arrayvec::ArrayVec;

use super::disposition::{self, Role};
use super::media::Media;
use super::multipart;
use super::transfer::Transfer;

/// Header lines of one part that are parsed.
pub(super) const MAX_HEADERS: usize = 32;

/// The parsed header of a part.
pub(super) struct PartHead<'p> {
    /// The different names of the field that parsers read: the first one, the last one, and that of multer.
    pub(super) names: ArrayVec<&'p [u8], 3>,
    pub(super) file: bool,
    pub(super) media: Media<'p>,
    pub(super) two_types: bool,
    /// The name that multer finds, if no parameter has it or it has escapes.
    pub(super) by_multer: Option<&'p [u8]>,
    /// The declared length of the content.
    pub(super) length: Option<&'p [u8]>,
    /// The declared transfer encodings.
    pub(super) transfers: ArrayVec<Transfer, 2>,
    /// Whether there are more lines than [`MAX_HEADERS`].
    pub(super) excess: bool,
}

impl<'p> PartHead<'p> {
    pub(super) fn of(head: &'p [u8]) -> Self {
        let mut names: ArrayVec<&[u8], 3> = ArrayVec::new();
        let (mut file, mut by_multer) = (false, None);
        let (mut media, mut two_types): (Option<&[u8]>, _) = (None, false);
        let mut length = None;
        let mut transfers = ArrayVec::new();
        for (name, value) in multipart::lines(head).take(MAX_HEADERS) {
            if name.eq_ignore_ascii_case(b"content-disposition") {
                for parameter in Media::of(value).parameters() {
                    match disposition::role(&parameter) {
                        Role::Name => {
                            names.truncate(1);
                            add(&mut names, parameter.value);
                        }
                        Role::FileName | Role::FileNamePiece => file = true,
                        Role::Other => {}
                    }
                }
                if let Some(name) = disposition::name_by_multer(value) {
                    by_multer = by_multer.or(Some(name));
                }
            } else if name.eq_ignore_ascii_case(b"content-type") {
                two_types |= media.is_some_and(|first| first != value);
                media = media.or(Some(value));
            } else if name.eq_ignore_ascii_case(b"content-length") {
                length = length.or(Some(value));
            } else if name.eq_ignore_ascii_case(b"content-transfer-encoding") {
                let transfer = Transfer::from_header(value);
                if !transfers.contains(&transfer) && transfers.try_push(transfer).is_err() {
                    // Three different ones: which one applies is unknown.
                    transfers[0] = Transfer::Unknown;
                }
            }
        }
        let media = Media::of(media.unwrap_or_default());
        let excess = multipart::lines(head).nth(MAX_HEADERS).is_some();
        let by_multer =
            by_multer.filter(|name| !names.contains(name) || memchr::memchr(b'\\', name).is_some());
        if let Some(name) = by_multer {
            add(&mut names, name);
        }
        if names.is_empty() {
            names.push(b"");
        }
        Self { names, file, media, two_types, by_multer, length, transfers, excess }
    }
}

/// Add a name unless it is known.
fn add<'p>(names: &mut ArrayVec<&'p [u8], 3>, name: &'p [u8]) {
    if !names.contains(&name) {
        // At most the first, the last, and that of multer.
        let _ = names.try_push(name);
    }
}
