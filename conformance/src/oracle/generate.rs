//! From bytes to a request with a body: media types, charsets, codings, forms, documents and multipart bodies as clients send
//! them, and with the oddities that readers disagree about.

use std::io::Write as _;

use bytes::Bytes;

use super::generate_parts::multipart;
use crate::differential::ADDRESSES;
use crate::vector::{WirePeer, WireRequest};

/// Decisions, taken from bytes. After the last byte each decision is the plain one.
pub(super) struct Choices<'c>(&'c [u8]);

impl Choices<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let byte = usize::from(self.byte());
        if end <= 256 { byte % end } else { (byte << 8 | usize::from(self.byte())) % end }
    }

    /// Whether to do something odd, in one of `often` cases.
    pub(super) fn is_odd(&mut self, often: usize) -> bool {
        self.below(often) == often - 1
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// The boundaries of generated multipart bodies, the outer one first.
pub(super) const BOUNDARIES: [&str; 3] = ["----b0undary", "inner-b0undary", "x123"];

const FORMS: [&str; 9] = [
    "application/x-www-form-urlencoded",
    "Application/X-WWW-Form-URLEncoded",
    "application/x-www-form-urlencodedX",
    "application/x-www-form-urlencoded+json",
    "application/x-www-form-urlencoded ",
    " application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded,text/plain",
    "text/x-www-form-urlencoded",
    "application/x-www-form-urlencoded\t",
];
const DOCUMENTS: [&str; 10] = [
    "application/json",
    "application/vnd.api+json",
    "application/json+v2",
    "text/json",
    "APPLICATION/JSON",
    "application/json ",
    "application/+json",
    "application/a+b+json",
    "application/jsonp",
    "application/json/x",
];
const MULTIPARTS: [&str; 5] = [
    "multipart/form-data",
    "Multipart/Form-Data",
    "multipart/mixed",
    "multipart/form-data ",
    "multipart/form-data+json",
];
const TEXTS: [&str; 9] = [
    "text/plain",
    "",
    "application/octet-stream",
    "image/png",
    "text/html",
    "text/xml",
    "application/graphql",
    "application/x-ndjson",
    "*/*",
];
pub(super) const CHARSETS: [&str; 16] = [
    "utf-8",
    "utf-16le",
    "utf-16be",
    "utf-16",
    "iso-8859-1",
    "shift_jis",
    "gbk",
    "iso-2022-jp",
    "windows-1252",
    "utf-7",
    "utf-32",
    "euc-kr",
    "x-user-defined",
    "'utf-16le'",
    "utf8",
    "big5",
];

/// Pieces of texts: what recognisers look for, what separates values, what is escaped, and noise.
const PIECES: [&[u8]; 52] = [
    b"plain",
    b"text",
    b" or 1=1",
    b"'",
    b"\"",
    b"<script>",
    b"../..",
    b"&",
    b"=",
    b";",
    b"+",
    b" ",
    b"%27",
    b"%2527",
    b"%zz",
    b"%",
    b"%u0027",
    b"%ff",
    b"%00",
    b"\\u0027",
    b"\\",
    b"&lt;",
    b"&#39;",
    b"\r\n",
    b"\n",
    b"\t",
    b",",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b"{\"a\":\"bcde\"}",
    b"[\"value\"]",
    b"\"string\"",
    b"<a>text</a>",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\0",
    b"\x01",
    b"\x7f",
    b"\x80",
    b"\xff",
    "é".as_bytes(),
    "日本".as_bytes(),
    "\u{ff07}".as_bytes(),
    "\u{fffd}".as_bytes(),
    b"--",
    b"------b0undary",
    b"_charset_",
    b"union select",
];

/// A text of a few pieces.
pub(super) fn text(from: &mut Choices<'_>) -> Vec<u8> {
    let mut out = b"word".to_vec();
    for _ in 0..from.below(7) {
        out.extend_from_slice(from.pick(&PIECES));
    }
    if from.is_odd(24) {
        // As long as the samples that decide whether data is binary.
        out = out.repeat(40);
    }
    out
}

/// A request with a body.
pub(super) fn request(bytes: &[u8]) -> WireRequest {
    let from = &mut Choices(bytes);
    let kind = from.below(6);
    let mut body = match kind {
        0 => form(from),
        1 => json(from),
        2 | 3 => multipart(from, 0),
        4 => text(from),
        _ => xml(from),
    };
    // The type follows the body, except sometimes.
    let declared = if from.is_odd(12) { from.below(6) } else { kind };
    let mut media = match declared {
        0 => spelling(from, &FORMS),
        1 => spelling(from, &DOCUMENTS),
        2 | 3 => spelling(from, &MULTIPARTS),
        4 => from.pick(&TEXTS),
        _ => from.pick(&["text/xml", "application/xml", "image/svg+xml"]),
    }
    .as_bytes()
    .to_vec();
    let is_multipart = matches!(declared, 2 | 3);
    parameters(from, is_multipart, &mut media, &mut body);
    if from.is_odd(6) {
        mutate(from, &mut body);
    }
    let mut headers = vec![("content-type".to_owned(), media)];
    if from.is_odd(40) {
        headers.push(("content-type".to_owned(), from.pick(&TEXTS).as_bytes().to_vec()));
    }
    if from.is_odd(4) {
        let (coding, coded) = coding(from, body);
        headers.push(("content-encoding".to_owned(), coding.as_bytes().to_vec()));
        body = coded;
    }
    if from.is_odd(4) {
        headers.push(("transfer-encoding".to_owned(), b"chunked".to_vec()));
    } else {
        headers.push(("content-length".to_owned(), body.len().to_string().into_bytes()));
    }
    headers.retain(|(_, value)| http::HeaderValue::from_bytes(value).is_ok());
    post(headers, body)
}

/// A request with these headers and this body.
#[must_use]
pub fn post(headers: Vec<(String, Vec<u8>)>, body: Vec<u8>) -> WireRequest {
    WireRequest {
        peer: WirePeer::Address(ADDRESSES[0]),
        tls: false,
        method: "POST".into(),
        target: "/".into(),
        http2: false,
        headers,
        chunks: vec![Bytes::from(body)],
        response: None,
    }
}

fn spelling(from: &mut Choices<'_>, all: &[&'static str]) -> &'static str {
    if from.is_odd(3) { from.pick(all) } else { all[0] }
}

/// Add parameters to a media type, and encode the body in the charset among them.
fn parameters(from: &mut Choices<'_>, is_multipart: bool, media: &mut Vec<u8>, body: &mut Vec<u8>) {
    let mut all: Vec<Vec<u8>> = Vec::new();
    if is_multipart {
        all.push(parameter(from, "boundary", BOUNDARIES[0]));
    }
    if from.is_odd(3) {
        let charset = from.pick(&CHARSETS);
        all.push(parameter(from, "charset", charset));
        if from.is_odd(2) {
            encode(charset, body);
        }
    } else if from.is_odd(8) {
        let charset = from.pick(&CHARSETS[..4]);
        encode(charset, body);
    }
    if from.is_odd(8) {
        let mark: &[u8] = from.pick(&[b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"]);
        body.splice(0..0, mark.iter().copied());
    }
    for _ in 0..from.below(8).saturating_sub(5) {
        let odd = match from.below(8) {
            0 => b"a=\"b\\\"".to_vec(),
            1 => b"d=\"x\"".to_vec(),
            2 => b"version=1".to_vec(),
            3 => b"x".to_vec(),
            4 => b"e=\"".to_vec(),
            5 => parameter(from, "charset", "utf-16le"),
            6 => parameter(from, "boundary", BOUNDARIES[1]),
            _ => b"f=\"\"".to_vec(),
        };
        let at = from.below(all.len() + 1);
        all.insert(at, odd);
    }
    for one in all {
        let separator: &[u8] =
            if from.is_odd(6) { from.pick(&[b";", b" ; ", b";;", b";\t", b", "]) } else { b"; " };
        media.extend_from_slice(separator);
        media.extend_from_slice(&one);
    }
}

/// `name=value` in one of its notations.
pub(super) fn parameter(from: &mut Choices<'_>, name: &str, value: &str) -> Vec<u8> {
    let name = if from.is_odd(8) { name.to_ascii_uppercase() } else { name.to_owned() };
    let text = match from.below(16) {
        0..=7 => format!("{name}={value}"),
        8..=10 => format!("{name}=\"{value}\""),
        11 => format!("{name} = {value}"),
        12 => format!("{name}={value} "),
        13 => format!("{name}=\"{value}"),
        14 => format!("{name}='{value}'"),
        _ => format!("{name}=\"\\{value}\""),
    };
    text.into_bytes()
}

/// Encode ASCII in UTF-16; other charsets contain ASCII unchanged.
pub(super) fn encode(charset: &str, text: &mut Vec<u8>) {
    let is_big = charset.ends_with("be");
    if charset.contains("utf-16") {
        let wide = |byte: &u8| if is_big { [0, *byte] } else { [*byte, 0] };
        *text = text.iter().flat_map(wide).collect();
    } else if charset == "utf-32" {
        *text = text.iter().flat_map(|byte| [*byte, 0, 0, 0]).collect();
    }
}

fn form(from: &mut Choices<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 0..=from.below(4) {
        let name: &[u8] =
            from.pick(&[b"name", b"na%6de", b"query", b"_charset_", b"items[0].x", b"a+b", b""]);
        let value = if from.is_odd(6) { from.pick(&CHARSETS).as_bytes().to_vec() } else { text(from) };
        if !out.is_empty() {
            out.push(if from.is_odd(8) { b';' } else { b'&' });
        }
        out.extend_from_slice(name);
        if !from.is_odd(16) {
            out.push(b'=');
        }
        out.extend_from_slice(&value);
    }
    out
}

/// A JSON document: mostly valid, with repeated keys, escapes, and what some readers accept.
pub(super) fn json(from: &mut Choices<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    if from.is_odd(8) {
        out.extend_from_slice(from.pick(&[b" ", b"\r\n", b"\t", b"/**/", b"// x\n", b"\x0c", b"\x0b"]));
    }
    document(from, 3, &mut out);
    if from.is_odd(8) {
        let end: &[u8] = from.pick(&[b" ", b",", b"\n{\"next\":\"line\"}", b"// comment", b"\0", b"]"]);
        out.extend_from_slice(end);
    }
    out
}

fn document(from: &mut Choices<'_>, depth: usize, out: &mut Vec<u8>) {
    match if depth == 0 { from.below(3) } else { from.below(8) } {
        0..=2 => string(from, out),
        3 => out.extend_from_slice(from.pick(&[&b"1"[..], b"-2.5e3", b"true", b"null", b"1e999"])),
        4 | 5 => {
            out.push(b'[');
            for at in 0..from.below(4) {
                out.extend_from_slice(if at > 0 { b"," } else { b"" });
                document(from, depth - 1, out);
            }
            out.push(b']');
        }
        _ => {
            out.push(b'{');
            for at in 0..from.below(4) {
                out.extend_from_slice(if at > 0 { b"," } else { b" " });
                let key: &[u8] =
                    from.pick(&[b"\"key\"", b"\"query\"", b"\"k\\u0065y\"", b"\"\"", b"\"__proto__\""]);
                out.extend_from_slice(key);
                out.extend_from_slice(b":");
                document(from, depth - 1, out);
            }
            out.push(b'}');
        }
    }
}

/// A string literal: escaped as JSON requires, and sometimes more.
fn string(from: &mut Choices<'_>, out: &mut Vec<u8>) {
    let inner = if from.is_odd(6) { json(from) } else { text(from) };
    let inner = String::from_utf8_lossy(&inner).into_owned();
    if from.is_odd(4) {
        out.push(b'"');
        inner.encode_utf16().for_each(|unit| drop(write!(out, "\\u{unit:04x}")));
        out.push(b'"');
    } else {
        out.extend_from_slice(serde_json::Value::String(inner).to_string().as_bytes());
    }
}

fn xml(from: &mut Choices<'_>) -> Vec<u8> {
    let start: &[u8] = from.pick(&[
        b"",
        b"<?xml version='1.0'?>",
        b"<?xml version='1.0' encoding='utf-16'?>",
        b"<!-- x -->",
    ]);
    let inner = String::from_utf8_lossy(&text(from)).replace('&', "&amp;").replace('<', "&lt;");
    let mut out = start.to_vec();
    let _ = write!(out, "<a b='value'>{inner}<![CDATA[raw text]]></a>");
    out
}

/// The body in a content coding, or not in the one that is declared.
fn coding(from: &mut Choices<'_>, body: Vec<u8>) -> (&'static str, Vec<u8>) {
    let applied = from.below(4);
    let coded = match applied {
        0 => {
            let level =
                if from.is_odd(2) { flate2::Compression::none() } else { flate2::Compression::fast() };
            let mut out = flate2::GzBuilder::new().filename("a file name").write(Vec::new(), level);
            let _ = out.write_all(&body);
            out.finish().unwrap_or_default()
        }
        1 => {
            let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
            let _ = out.write_all(&body);
            out.finish().unwrap_or_default()
        }
        2 => {
            let mut out = brotli::CompressorWriter::new(Vec::new(), 4096, 3, 18);
            let _ = out.write_all(&body);
            out.into_inner()
        }
        _ => body,
    };
    let names = ["gzip", "deflate", "br", "identity"];
    let odd = ["x-gzip", "GZIP", "zstd", "gzip, br", "", "deflate", "identity, gzip", "br"];
    (if from.is_odd(5) { from.pick(&odd) } else { names[applied] }, coded)
}

/// Cut, repeat or replace bytes.
fn mutate(from: &mut Choices<'_>, body: &mut Vec<u8>) {
    for _ in 0..=from.below(3) {
        let (at, len) = (from.below(body.len() + 1), from.below(16));
        let end = (at + len).min(body.len());
        match from.below(4) {
            0 => drop(body.drain(at..end)),
            1 => {
                let copy = body[at..end].to_vec();
                body.splice(at..at, copy);
            }
            2 => drop(body.splice(at..at, from.pick(&PIECES).iter().copied())),
            _ => body.truncate(at),
        }
    }
}
