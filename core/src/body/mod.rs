//! Bodies and other structured text, sliced into named values.
//!
//! [`walk`] carries a body through its layers: charset, kind, parts, documents inside of strings. Each file below it knows
//! one of them and nothing of the others. None is a validator: what does not parse is handed over as text, so that no byte
//! escapes inspection by being wrong, and what is read in two ways out there is inspected in both. Work is linear in the
//! body: layers nest to a fixed depth, and what lies deeper, or is more than a limit allows, is named as a gap.
//!
//! Nothing is copied unless an encoding forces it, and then into space that is kept from request to request.

pub(crate) mod binary;
pub(crate) mod budget;
pub(crate) mod buffers;
pub(crate) mod charset;
pub(crate) mod coding;
pub(crate) mod disposition;
pub(crate) mod form;
pub(crate) mod inflate;
pub(crate) mod kind;
pub(crate) mod media;
pub(crate) mod multipart;
mod part;
mod repeated;
pub(crate) mod replay;
pub(crate) mod transfer;
pub(crate) mod trap;
pub(crate) mod walk;
pub(crate) mod xml;
