//! Honeypot fields: form fields that are invisible to people, so that only bots fill them in.

use alloc::string::String;

use super::buffers::Buffers;
use super::walk::Value;
use crate::detect::Decodings;
use crate::detect::Location;
use crate::detect::decode;

/// The honeypot field that `value` fills in: a field name or JSON key that is one of `fields` and has a value.
pub(crate) fn find_filled<'t>(
    fields: &'t [String],
    value: &Value<'_>,
    buffers: &mut Buffers,
) -> Option<&'t str> {
    let mut text = buffers.take();
    let mut plain = |text_of: &[u8], holds: &dyn Fn(&[u8]) -> bool| {
        let unchanged = decode::percent(text_of, true, &mut text).decodings == Decodings::RAW;
        holds(if unchanged { text_of } else { &text })
    };
    let name = value.input.value;
    let filled = match value.input.location {
        Location::FieldName => fields
            .iter()
            .find(|field| plain(name, &|name| name == field.as_bytes()))
            .filter(|_| plain(value.content, &|content| !content.trim_ascii().is_empty())),
        Location::JsonKey => {
            fields.iter().find(|field| field.as_bytes() == name).filter(|_| is_truthy(value.content))
        }
        _ => None,
    };
    buffers.give(text);
    filled.map(String::as_str)
}

/// Whether the value after a JSON key is filled in: not null, false, zero, blank or empty.
fn is_truthy(after: &[u8]) -> bool {
    let value = after.trim_ascii_start().strip_prefix(b":").unwrap_or_default().trim_ascii_start();
    // Longer than every literal and every useful number.
    let start = &value[..value.len().min(64)];
    let end = start.iter().position(|byte| b",}] \t\r\n".contains(byte));
    let word = &start[..end.unwrap_or(start.len())];
    match value {
        [b'"', text @ ..] => !matches!(text.trim_ascii_start(), [] | [b'"', ..]),
        [b'{', inside @ ..] => !matches!(inside.trim_ascii_start(), [] | [b'}', ..]),
        [b'[', inside @ ..] => !matches!(inside.trim_ascii_start(), [] | [b']', ..]),
        [b'-' | b'0'..=b'9', ..] => {
            let mantissa = word.split(|byte| matches!(byte, b'e' | b'E')).next().unwrap_or_default();
            mantissa.iter().any(|byte| matches!(byte, b'1'..=b'9'))
        }
        _ => !matches!(word, b"" | b"null" | b"false"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_values_with_content_count_as_filled() {
        for empty in
            [": \"\"", ":\"  \"", ":null", " : false}", ":0,", ":-0.0e5]", ":{ }", ":[]", "", ":", ":{"]
        {
            assert!(!is_truthy(empty.as_bytes()), "{empty}");
        }
        for filled in [":\"x\"", ":true", ":1", ":0.5}", ":[0]", ":{\"a\":0}", ":\" x", ":junk"] {
            assert!(is_truthy(filled.as_bytes()), "{filled}");
        }
    }
}
