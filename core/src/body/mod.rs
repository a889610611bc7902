//! Bodies and other structured text, sliced into named values.
//!
//! [`walk`] takes a body apart layer by layer: charset, kind, parts, documents inside of strings. Each of the other
//! modules parses one format and depends on none of the others. They do not validate: text that does not parse is
//! inspected as plain text, so that a malformed body does not escape inspection, and where parsers disagree every
//! reading is inspected. Work is linear in the body: layers nest to a fixed depth, and what is deeper, or beyond a
//! limit, is reported as a gap.
//!
//! Bytes are copied only where an encoding requires it, into buffers that are reused between requests.

pub(crate) mod binary;
pub(crate) mod buffers;
pub(crate) mod charset;
pub(crate) mod coding;
pub(crate) mod disposition;
pub(crate) mod form;
pub(crate) mod gaps;
pub(crate) mod honeypot;
pub(crate) mod inflate;
pub(crate) mod kind;
pub(crate) mod media;
pub(crate) mod multipart;
mod part;
mod readers;
mod repeated;
pub(crate) mod replay;
pub(crate) mod transfer;
pub(crate) mod walk;
pub(crate) mod xml;
