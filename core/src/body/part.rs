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
    /// The first and the last name of the field.
    pub(super) names: [&'p [u8]; 2],
    pub(super) file: bool,
    pub(super) media: Media<'p>,
    pub(super) two_types: bool,
    /// The declared transfer encodings.
    pub(super) transfers: ArrayVec<Transfer, 2>,
    /// Whether there are more lines than [`MAX_HEADERS`].
    pub(super) excess: bool,
}

impl<'p> PartHead<'p> {
    pub(super) fn of(head: &'p [u8]) -> Self {
        let mut names: Option<[&[u8]; 2]> = None;
        let mut file = false;
        let (mut media, mut two_types): (Option<&[u8]>, _) = (None, false);
        let mut transfers = ArrayVec::new();
        for (name, value) in multipart::lines(head).take(MAX_HEADERS) {
            if name.eq_ignore_ascii_case(b"content-disposition") {
                for parameter in Media::of(value).parameters() {
                    match disposition::role(&parameter) {
                        Role::Name => {
                            let [_, last] = names.get_or_insert([parameter.value; 2]);
                            *last = parameter.value;
                        }
                        Role::FileName | Role::FileNamePiece => file = true,
                        Role::Other => {}
                    }
                }
            } else if name.eq_ignore_ascii_case(b"content-type") {
                two_types |= media.is_some_and(|first| first != value);
                media = media.or(Some(value));
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
        Self { names: names.unwrap_or_default(), file, media, two_types, transfers, excess }
    }
}
