//! Words of the gate for this class.

use crate::detect::gate::{Words, word};

/// Words of declarations and elements that reach outside; `adwaiq` is `<!` in UTF-7.
pub(in crate::detect) const WORDS: &[Words] = &[(
    word::XML_OUTSIDE,
    &["adwaiq", "doctype", "entity", "include", "msxsl", "php", "schemalocation", "xalan"],
)];
