//! Bodies and other structured text, sliced into named values. Nothing is copied unless an escape forces it, and no byte
//! is dropped: what does not parse is handed over as text.

pub(crate) mod form;
pub(crate) mod json;
pub(crate) mod kind;
pub(crate) mod replay;
