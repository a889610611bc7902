//! Inputs: the named values of a request that can carry an attack.

use crate::detect::evidence::Location;
use crate::detect::gate::{Memo, is_plain};

/// One value with its provenance. The value is as on the wire: still percent-encoded, for instance.
#[derive(Clone, Copy, Debug)]
pub struct Input<'v> {
    /// Where it came from.
    pub location: Location,
    /// The parameter, header, cookie, field or JSON path it belongs to; empty where there is no name.
    pub name: &'v [u8],
    /// The bytes themselves.
    pub value: &'v [u8],
}

impl Input<'_> {
    /// Whether the value needs no scan: it is [plain](crate::detect::gate::is_plain). Of files,
    /// clients and sessions the name alone can be evidence.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        is_plain(self.value) && !self.is_name()
    }

    /// Whether the value is the name of a file, of a client or of a session.
    fn is_name(&self) -> bool {
        match self.location {
            Location::FileName | Location::LinkedName => true,
            Location::Header => Memo::accepts(self.name) || names_file(self.name),
            _ => false,
        }
    }
}

/// Whether a header of this name carries the name of a file that is the body.
pub(in crate::detect) fn names_file(header: &[u8]) -> bool {
    const HEADERS: [&[u8]; 4] = [b"x-filename", b"x-file-name", b"x_filename", b"x.filename"];
    HEADERS.iter().any(|known| header.len() == known.len() && header.eq_ignore_ascii_case(known))
}
