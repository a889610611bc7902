//! The content of a file, and the header of a part within content.

use super::extension::is_program;
use super::rules;
use crate::detect::decode::work::work;
use crate::detect::evidence::Evidence;

/// How pictures and documents start that are text enough to hide a program in.
const PICTURES: [&[u8]; 8] =
    [b"GIF8", b"\x89PNG", b"\xff\xd8\xff", b"%PDF-", b"BM", b"RIFF", b"\0\0\x01\0", b"II*\0"];

/// What programs start with that run in pages.
const PROGRAMS: [&[u8]; 4] = [b"<?php", b"<?=", b"<%", b"<script"];

const HEADER: &[u8] = b"content-disposition:";
const FILE_NAME: &[u8] = b"filename=";

/// Bytes of the headers of a part that are looked at.
const HEADERS: usize = 128;

/// Bytes of a name that are looked at.
const NAME: usize = 96;

/// Whether something in the content may make it a program.
pub(super) fn may_run(text: &[u8]) -> bool {
    is_picture(text) && program(text).is_some() || is_header(text) || hidden_name(text).is_some()
}

/// Whether the text quotes the header of a part.
pub(super) fn is_header(text: &[u8]) -> bool {
    quoted_name(text).is_some()
}

/// The evidence in the content of a file or a part, or in another value.
pub(super) fn read(text: &[u8], part: bool, evidence: &mut Evidence<'_>) {
    if let Some(at) = program(text).filter(|_| part && is_picture(text)) {
        evidence.add(&rules::PICTURE, at..text.len().min(at + 64));
    }
    if let Some(at) = quoted_name(text).or_else(|| hidden_name(text).filter(|_| part)) {
        evidence.add(&rules::QUOTED_NAME, at..text.len().min(at + 64));
    }
}

fn is_picture(text: &[u8]) -> bool {
    PICTURES.iter().any(|start| text.starts_with(start))
}

/// Where a program starts: its opening, then at least a blank or a name.
fn program(text: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'<', text).find(|at| {
        let rest = &text[*at..];
        PROGRAMS.iter().any(|open| {
            rest.get(..open.len()).is_some_and(|start| start.eq_ignore_ascii_case(open))
                && rest.get(open.len()).is_some_and(|next| !next.is_ascii_alphanumeric() || *open == b"<?=")
        })
    })
}

/// Where the header of a part gives a file the name of a program, if the text starts with that.
fn quoted_name(text: &[u8]) -> Option<usize> {
    let rest = text.trim_ascii_start();
    if !matches!(rest.first(), Some(b'c' | b'C' | b'f' | b'F')) {
        return None;
    }
    let start = text.len() - rest.len();
    let folded =
        |prefix: &[u8]| rest.get(..prefix.len()).is_some_and(|text| text.eq_ignore_ascii_case(prefix));
    if !folded(FILE_NAME) && !folded(HEADER) {
        return None;
    }
    let at = memchr::memmem::find(&rest[..rest.len().min(HEADERS)], FILE_NAME)?;
    names_program(&rest[at..]).then_some(start)
}

/// Where such a header is apart from text: after a line break, or after bytes that are not text.
fn hidden_name(text: &[u8]) -> Option<usize> {
    memchr::memmem::find_iter(text, FILE_NAME).find_map(|at| {
        if !names_program(&text[at..]) {
            return None;
        }
        let back = &text[at.saturating_sub(HEADERS)..at];
        work(back.len());
        let header = memchr::memmem::rfind(back, b":")?.checked_sub(HEADER.len() - 1)?;
        let apart = header.checked_sub(1).is_none_or(|before| !matches!(back[before], b' '..=b'~'));
        let is_header =
            back[header..].get(..HEADER.len()).is_some_and(|text| text.eq_ignore_ascii_case(HEADER));
        (apart && is_header).then(|| at - back.len() + header)
    })
}

/// Whether `filename=` is followed by the name of a program.
fn names_program(text: &[u8]) -> bool {
    let name = &text[FILE_NAME.len()..];
    let name = name.strip_prefix(b"\"").unwrap_or(name);
    let len =
        name.iter().take(NAME).take_while(|byte| !matches!(byte, b'"' | b'\r' | b'\n' | 0x80..)).count();
    work(len);
    let mut parts = name[..len].split(|byte| matches!(byte, b'.' | b';' | 0)).skip(1);
    parts.any(is_program)
}
