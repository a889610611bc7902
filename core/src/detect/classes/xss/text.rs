//! Helpers on bytes that the readers share.

/// Longest name that is compared; nothing known is longer.
const MAX_NAME: usize = 48;

/// A tag or attribute name in lower case, without the control characters that some browsers drop.
#[derive(Clone, Copy)]
pub(super) struct Name {
    bytes: [u8; MAX_NAME],
    len: usize,
}

impl Default for Name {
    fn default() -> Self {
        Self { bytes: [0; MAX_NAME], len: 0 }
    }
}

impl Name {
    /// The start of `text`, at most [`MAX_NAME`] bytes, without the tags in it.
    pub(super) fn of(text: &[u8]) -> Self {
        let mut name = Self::default();
        let mut inside = false;
        let visible = text.iter().filter(|byte| {
            inside |= **byte == b'<';
            let seen = !inside && !byte.is_ascii_control();
            inside &= **byte != b'>';
            seen
        });
        for (slot, byte) in name.bytes.iter_mut().zip(visible) {
            *slot = byte.to_ascii_lowercase();
            name.len += 1;
        }
        name
    }

    /// The same without a namespace prefix.
    pub(super) fn of_tag(text: &[u8]) -> Self {
        let window = &text[..text.len().min(MAX_NAME)];
        Self::of(window.rsplit(|byte| *byte == b':').next().unwrap_or(text))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    pub(super) fn is(&self, name: &[u8]) -> bool {
        self.bytes() == name
    }

    pub(super) fn has_prefix(&self, prefix: &[u8]) -> bool {
        self.bytes().starts_with(prefix)
    }

    pub(super) fn starts_with_letter(&self) -> bool {
        self.bytes().first().is_some_and(u8::is_ascii_alphabetic)
    }

    /// The letters the name starts with.
    pub(super) fn letters(&self) -> &[u8] {
        let bytes = self.bytes();
        &bytes[..bytes.iter().take_while(|byte| byte.is_ascii_alphabetic()).count()]
    }
}

/// What separates words, in HTML and for browsers that skip control characters.
pub(super) const fn is_blank(byte: u8) -> bool {
    byte <= b' '
}

/// Bytes of an identifier of script.
pub(super) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$')
}
