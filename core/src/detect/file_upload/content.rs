//! The content of a file, and the header of a part that is quoted where none belongs.

use super::{is_program, rules};
use crate::detect::evidence::Evidence;

/// How pictures and documents start that are text enough to hide a program in.
const PICTURES: [&[u8]; 8] =
    [b"GIF8", b"\x89PNG", b"\xff\xd8\xff", b"%PDF-", b"BM", b"RIFF", b"\0\0\x01\0", b"II*\0"];

/// What programs start with that run in pages.
const PROGRAMS: [&[u8]; 4] = [b"<?php", b"<?=", b"<%", b"<script"];

const FILE_NAME: &[u8] = b"filename=";

/// Bytes of a name that are looked at.
const NAME: usize = 96;

/// Whether something in the content may make it a program.
pub(super) fn may_run(text: &[u8]) -> bool {
    is_picture(text) && program(text).is_some() || is_header(text)
}

/// Whether the text quotes the header of a part.
pub(super) fn is_header(text: &[u8]) -> bool {
    quoted_name(text).is_some()
}

/// The evidence in the content.
pub(super) fn read(text: &[u8], evidence: &mut Evidence<'_>) {
    if let Some(at) = program(text).filter(|_| is_picture(text)) {
        evidence.add(&rules::PICTURE, at..text.len().min(at + 64));
    }
    if let Some(at) = quoted_name(text) {
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

/// Where the name of a file is given as the header of a part does, if that is the name of a program and the text starts
/// with it, or with the header.
fn quoted_name(text: &[u8]) -> Option<usize> {
    let start = text.trim_ascii_start();
    let folded =
        |prefix: &[u8]| start.get(..prefix.len()).is_some_and(|text| text.eq_ignore_ascii_case(prefix));
    if !folded(FILE_NAME) && !folded(b"content-disposition:") {
        return None;
    }
    let window = &start[..start.len().min(3 * NAME)];
    let at = memchr::memmem::find(window, FILE_NAME)? + FILE_NAME.len();
    let name = window[at..].strip_prefix(b"\"").unwrap_or(&window[at..]);
    let len = name.iter().take(NAME).take_while(|byte| !matches!(byte, b'"' | b'\r' | b'\n')).count();
    let mut parts = name[..len].split(|byte| matches!(byte, b'.' | b';' | 0)).skip(1);
    parts.any(is_program).then_some(text.len() - start.len())
}
