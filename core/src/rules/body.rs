//! How bodies are read and which media types they may have, compiled.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use crate::body::coding::Inflation;
use crate::config::policy::BodyRule;

/// How bodies are read, compiled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyRules {
    pub(crate) rule: BodyRule,
    pub(crate) timeout: Duration,
    pub(crate) inflation: Inflation,
}

/// Media types that bodies may have, compiled; empty for any.
#[derive(Debug, Default)]
pub(crate) struct MediaRanges(pub(crate) Vec<(String, String)>);

impl MediaRanges {
    pub(crate) fn accept(&self, (main, sub): (&str, &str)) -> bool {
        let fits = |range: &String, part: &str| range == "*" || range.eq_ignore_ascii_case(part);
        self.0.iter().any(|(range, below)| fits(range, main) && fits(below, sub))
    }
}

/// Type and subtype, parameters left out.
pub(crate) fn media_type(text: &[u8]) -> Option<(&str, &str)> {
    let essence = core::str::from_utf8(text).ok()?.split(';').next()?.trim();
    let (main, sub) = essence.split_once('/')?;
    // The characters of a token: RFC 9110 section 5.6.2.
    let token = |part: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        !part.is_empty() && part.bytes().all(fits)
    };
    (token(main) && token(sub)).then_some((main, sub))
}
