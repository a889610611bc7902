//! Multipart bodies, with the heads and cuts that readers disagree about.

use super::generate::{BOUNDARIES, CHARSETS, Choices, encode, json, parameter, text};

/// Depth of bodies in parts.
const MAX_DEPTH: usize = 2;

pub(super) fn multipart(from: &mut Choices<'_>, depth: usize) -> Vec<u8> {
    let boundary = BOUNDARIES[depth];
    let mut out = Vec::new();
    if from.is_odd(10) {
        let start: &[u8] = from.pick(&[b"preamble\r\n", b"\r\n", b"preamble", b"\n", b"--", b"preamble\n"]);
        out.extend_from_slice(start);
    }
    for _ in 0..=from.below(3) {
        out.extend_from_slice(b"--");
        out.extend_from_slice(boundary.as_bytes());
        let end: &[u8] = if from.is_odd(16) {
            from.pick(&[b"\n", b" \r\n", b"\t\r\n", b"x\r\n", b"\r\r\n", b"-\r\n"])
        } else {
            b"\r\n"
        };
        out.extend_from_slice(end);
        part(from, depth, &mut out);
        out.extend_from_slice(if from.is_odd(16) { from.pick(&[b"\n", b"\r", b""]) } else { b"\r\n" });
    }
    if !from.is_odd(12) {
        out.extend_from_slice(b"--");
        out.extend_from_slice(boundary.as_bytes());
        let end: &[u8] = if from.is_odd(8) {
            from.pick(&[b"--", b"--\r\nepilogue", b"-- \r\n", b"--x", b"\r\n", b"-"])
        } else {
            b"--\r\n"
        };
        out.extend_from_slice(end);
    }
    out
}

fn part(from: &mut Choices<'_>, depth: usize, out: &mut Vec<u8>) {
    let mut content = match from.below(8) {
        0 => json(from),
        1 if depth < MAX_DEPTH => multipart(from, depth + 1),
        2 => {
            let mut file =
                from.pick(&[&b"\x89PNG\r\n\x1a\n"[..], b"GIF89a", b"%PDF-", b"PK\x03\x04"]).to_vec();
            file.extend(text(from));
            file
        }
        _ => text(from),
    };
    let mut lines = vec![disposition(from)];
    if from.is_odd(3) {
        let line = content_type(from, depth, &mut content);
        lines.push(line);
    }
    for _ in 0..from.below(8).saturating_sub(5) {
        let line = match from.below(8) {
            0 => b"Content-Transfer-Encoding: base64".to_vec(),
            1 => b"Content-Transfer-Encoding: quoted-printable".to_vec(),
            2 => format!("Content-Length: {}", from.below(60)).into_bytes(),
            3 => b"X-Note: a note".to_vec(),
            4 => b"no colon".to_vec(),
            5 => b"X-Folded: a\r\n folded".to_vec(),
            6 => disposition(from),
            _ => b"Content-Type: text/plain".to_vec(),
        };
        let at = from.below(lines.len() + 1);
        lines.insert(at, line);
    }
    for line in lines {
        out.extend_from_slice(&line);
        out.extend_from_slice(if from.is_odd(24) { from.pick(&[b"\n", b"\r", b"\n\n"]) } else { b"\r\n" });
    }
    out.extend_from_slice(if from.is_odd(24) { from.pick(&[b"\n", b" \r\n", b""]) } else { b"\r\n" });
    out.extend_from_slice(&content);
}

fn content_type(from: &mut Choices<'_>, depth: usize, content: &mut Vec<u8>) -> Vec<u8> {
    let mut line = b"Content-Type: ".to_vec();
    let media = from.pick(&[
        "text/plain",
        "application/json",
        "multipart/mixed",
        "multipart/form-data",
        "application/octet-stream",
        "application/x-www-form-urlencoded",
        "image/png",
        "text/xml",
        "nonsense",
    ]);
    line.extend_from_slice(media.as_bytes());
    if media.starts_with("multipart") {
        line.extend_from_slice(b"; ");
        let inner = BOUNDARIES[(depth + 1).min(BOUNDARIES.len() - 1)];
        line.extend_from_slice(&parameter(from, "boundary", inner));
        if from.is_odd(6) {
            line.extend_from_slice(b"; boundary=x123");
        }
    } else if from.is_odd(2) {
        let charset = from.pick(&CHARSETS);
        line.extend_from_slice(b"; ");
        line.extend_from_slice(&parameter(from, "charset", charset));
        if from.is_odd(2) {
            encode(charset, content);
        }
    }
    line
}

fn disposition(from: &mut Choices<'_>) -> Vec<u8> {
    let mut line = if from.is_odd(8) {
        from.pick(&[
            "content-disposition:form-data",
            "CONTENT-DISPOSITION: Form-Data",
            "Content-Disposition: attachment",
            "Content-Disposition : form-data",
        ])
    } else {
        "Content-Disposition: form-data"
    }
    .as_bytes()
    .to_vec();
    let mut all = vec![parameter(from, "name", "field")];
    if from.is_odd(3) {
        all.push(parameter(from, "filename", "file.txt"));
    }
    for _ in 0..from.below(8).saturating_sub(5) {
        let odd: &[u8] = from.pick(&[
            b"name=other",
            b"name=\"a\\\"bcd\"",
            b"x=\"; name=hidden; \"",
            b"filename*=utf-8''%65%76%69%6c.txt",
            b"filename=\"a\\\\bcd.txt\"",
            b"name=\"_charset_\"",
            b"filename*0=\"evil\"",
            b"name=\"=?utf-8?B?ZXZpbA==?=\"",
            b"filename=\"a\"; name",
            b"name*=utf-8''evil%20name",
            b"filename=\"\xff\xffname\"",
            b"name =\t\"tab\"",
        ]);
        let at = from.below(all.len() + 1);
        all.insert(at, odd.to_vec());
    }
    for one in all {
        let separator: &[u8] =
            if from.is_odd(8) { from.pick(&[b";", b" ; ", b";;", b";\r\n ", b" "]) } else { b"; " };
        line.extend_from_slice(separator);
        line.extend_from_slice(&one);
    }
    line
}
