//! `Content-Disposition` of a part: the names of the field and of the file, in every notation.

use alloc::vec::Vec;

use super::charset;
use super::media::{Media, Parameter};
use super::transfer;

/// The meaning of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The name of the field.
    Name,
    /// The name of the file.
    FileName,
    /// A continuation of the file name (RFC 2231 section 3).
    FileNamePiece,
    Other,
}

pub(crate) fn role(parameter: &Parameter<'_>) -> Role {
    let name = parameter.name;
    let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
    if is("name") || is("name*") {
        Role::Name
    } else if is("filename") || is("filename*") {
        Role::FileName
    } else if name.get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"filename*")) {
        Role::FileNamePiece
    } else {
        Role::Other
    }
}

/// Whether parsers may disagree about the type or the parameters.
pub(crate) fn is_odd(line: &[u8]) -> bool {
    let media = Media::of(line);
    let usual = ["form-data", "file", "attachment", "inline"].iter().any(|usual| media.is(usual));
    let count = |wanted| media.parameters().filter(|parameter| role(parameter) == wanted).count();
    !usual
        || memchr::memchr2(b'\r', b'\n', line).is_some()
        || media.parameters().any(|parameter| parameter.odd)
        || count(Role::Name) > 1
}

/// The name of the field as multer (3.1) finds it: after the first `name` that follows a blank, a semicolon or nothing, even
/// inside quotes, up to the next quote without a backslash before it, or without quotes up to a semicolon or blank.
pub(crate) fn name_by_multer(line: &[u8]) -> Option<&[u8]> {
    let mut rest = line;
    loop {
        let at = memchr::memmem::find(rest, b"name")?;
        let (before, after) = (at.checked_sub(1).map(|before| rest[before]), &rest[at + 4..]);
        rest = after;
        if before.is_some_and(|byte| !byte.is_ascii_whitespace() && byte != b';') {
            continue;
        }
        let value = after.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
        let Some(inside) = value.strip_prefix(b"\"") else {
            let end = memchr::memchr2(b';', b' ', value).unwrap_or(value.len());
            return Some(&value[..end]);
        };
        let end = memchr::memchr_iter(b'"', inside).find(|at| *at == 0 || inside[at - 1] != b'\\')?;
        return Some(&inside[..end]);
    }
}

/// The decoded value, if it is encoded as in RFC 5987, in RFC 2047 or as a quoted string with escapes. `Err` for a
/// charset that cannot be transcoded.
pub(crate) fn decode_value<'o>(
    parameter: &Parameter<'_>,
    out: &'o mut Vec<u8>,
) -> Result<Option<&'o [u8]>, ()> {
    out.clear();
    let value = parameter.value;
    if parameter.name.ends_with(b"*") {
        extended(value, out)?;
    } else if memchr::memmem::find(value, b"=?").is_some() {
        encoded_words(value, out)?;
    } else if memchr::memchr(b'\\', value).is_some() {
        unescape(value, out);
    } else {
        return Ok(None);
    }
    Ok(Some(out))
}

/// `charset'language'percent-encoded`.
fn extended(value: &[u8], out: &mut Vec<u8>) -> Result<(), ()> {
    let mut parts = value.splitn(3, |byte| *byte == b'\'');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(label), Some(_), Some(text)) => {
            let mut raw = Vec::new();
            transfer::percent(text, &mut raw);
            transcode(label, &raw, out)
        }
        _ => {
            transfer::percent(value, out);
            Ok(())
        }
    }
}

/// `=?charset?B?base64?=` and `=?charset?Q?quoted=20printable?=`, among other text.
fn encoded_words(value: &[u8], out: &mut Vec<u8>) -> Result<(), ()> {
    let mut rest = value;
    while let Some(at) = memchr::memmem::find(rest, b"=?") {
        out.extend_from_slice(&rest[..at]);
        let inside = &rest[at + 2..];
        let mut parts = inside.splitn(4, |byte| *byte == b'?');
        let word = (parts.next(), parts.next(), parts.next(), parts.next());
        let (Some(label), Some(coding @ (b"B" | b"b" | b"Q" | b"q")), Some(text), Some([b'=', after @ ..])) =
            word
        else {
            out.extend_from_slice(b"=?");
            rest = inside;
            continue;
        };
        let mut raw = Vec::new();
        if coding.eq_ignore_ascii_case(b"b") {
            transfer::base64(text, &mut raw);
        } else {
            transfer::quoted_printable(text, &mut raw);
            raw.iter_mut().filter(|byte| **byte == b'_').for_each(|byte| *byte = b' ');
        }
        transcode(label, &raw, out)?;
        rest = after;
    }
    out.extend_from_slice(rest);
    Ok(())
}

fn transcode(label: &[u8], raw: &[u8], out: &mut Vec<u8>) -> Result<(), ()> {
    let encoding = charset::for_label(label).ok_or(())?;
    charset::transcode(encoding, raw, out);
    Ok(())
}

/// Undo quoted pairs (RFC 9110 section 5.6.4).
fn unescape(value: &[u8], out: &mut Vec<u8>) {
    let mut bytes = value.iter();
    while let Some(byte) = bytes.next() {
        out.push(if *byte == b'\\' { *bytes.next().unwrap_or(byte) } else { *byte });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(line: &str) -> Option<std::string::String> {
        let parameter = Media::of(line.as_bytes()).parameters().last().unwrap();
        let mut out = Vec::new();
        let text = decode_value(&parameter, &mut out).unwrap();
        text.map(|text| std::string::String::from_utf8_lossy(text).into_owned())
    }

    #[test]
    fn file_names_are_decoded_in_every_notation() {
        for (line, text) in [
            ("form-data; filename*=UTF-8''%e2%82%ac.png", Some("€.png")),
            ("form-data; filename*=iso-8859-1'en'%A3", Some("£")),
            ("form-data; filename*=%2e%2e", Some("..")),
            ("form-data; filename=\"a\\\"b\\\\c\"", Some("a\"b\\c")),
            ("form-data; filename=\"=?utf-8?B?Li4v?=x\"", Some("../x")),
            ("form-data; filename=\"=?utf-8?Q?a_=3cb?=\"", Some("a <b")),
            ("form-data; filename=\"=?half\"", Some("=?half")),
            ("form-data; filename=\"plain.png\"", None),
        ] {
            assert_eq!(decode(line).as_deref(), text, "{line}");
        }
    }

    #[test]
    fn the_name_of_multer_may_differ() {
        for (line, name) in [
            ("form-data; name=\"a\"", Some("a")),
            ("form-data; x=\"; name=comment; \"; name=\"html\"", Some("comment")),
            ("form-data; filename=\"b name=c\"; name=d", Some("c\"")),
            ("form-data; name=\"a\\\"b\"", Some("a\\\"b")),
            ("form-data; filename=x", None),
        ] {
            assert_eq!(name_by_multer(line.as_bytes()), name.map(str::as_bytes), "{line}");
        }
    }

    #[test]
    fn an_unknown_charset_is_an_error() {
        let parameter = Media::of(b"form-data; filename*=utf-7''a").parameters().next().unwrap();
        assert_eq!(decode_value(&parameter, &mut Vec::new()), Err(()));
    }

    #[test]
    fn lines_that_parsers_read_differently_are_odd() {
        for odd in [
            "form-data; name=a; name=b",
            "form-data; name=\"a\"; filename=\"x; name=b\"",
            "form-data;\r\n name=\"a\"",
            "script; name=\"a\"",
            "form-data; name=\"a\\\"b\"",
        ] {
            assert!(is_odd(odd.as_bytes()), "{odd}");
        }
        for usual in
            ["form-data; name=\"a b\"; filename=\"x y.png\"; filename*=UTF-8''x", "Form-Data; name=a"]
        {
            assert!(!is_odd(usual.as_bytes()), "{usual}");
        }
    }
}
