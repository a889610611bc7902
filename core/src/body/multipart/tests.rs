use alloc::vec::Vec;

use super::*;

const fn part<'b>(head: &'b [u8], content: &'b [u8]) -> Slice<'b> {
    Slice::Part { head, content }
}

fn cut(body: &[u8]) -> (Vec<Slice<'_>>, bool) {
    let finder = Finder::new(b"--x");
    let mut slices = Slices::new(body, &finder);
    let all = slices.by_ref().collect();
    let irregular = slices.irregular;
    (all, irregular)
}

#[test]
fn a_regular_body_is_cut_at_its_boundaries() {
    let (all, irregular) =
        cut(b"pre\r\n--x\r\nA: 1\r\n\r\none\r\n\r\n--x \t\r\nB:\r\n\r\ntwo--x\r\n--x--\r\npost");
    assert_eq!(
        all,
        [
            Slice::Loose(b"pre"),
            part(b"A: 1\r\n", b"one\r\n"),
            part(b"B:\r\n", b"two--x"),
            Slice::Loose(b"\r\npost"),
        ]
    );
    assert!(!irregular);
    let (all, irregular) = cut(b"--x\r\nA:\r\n\r\n\r\n--x--");
    assert_eq!(all, [Slice::Loose(b""), part(b"A:\r\n", b""), Slice::Loose(b"")]);
    assert!(!irregular);
}

#[test]
fn boundaries_that_parsers_disagree_about_are_cut_at_and_irregular() {
    let cases: [(&[u8], &[Slice<'_>]); 7] = [
        (b"--x\n\na\n--x--", &[Slice::Loose(b""), part(b"", b"a"), Slice::Loose(b"")]),
        (b"--x\r\n\r\na", &[Slice::Loose(b""), part(b"", b"a")]),
        (b"junk--x\r\n\r\na\r\n--x--", &[Slice::Loose(b"junk"), part(b"", b"a"), Slice::Loose(b"")]),
        (
            b"--x\r\n\r\na\r\n--xyz\r\n--x--",
            &[Slice::Loose(b""), part(b"", b"a"), Slice::Loose(b"yz"), Slice::Loose(b"")],
        ),
        (b"--x\r\nA: 1\r\n--x--", &[Slice::Loose(b""), Slice::Loose(b"A: 1"), Slice::Loose(b"")]),
        (
            b"--x--\r\n--x\r\n\r\na\r\n--x--",
            &[Slice::Loose(b""), Slice::Loose(b""), part(b"", b"a"), Slice::Loose(b"")],
        ),
        (b"--y\r\n\r\na\r\n--y--", &[Slice::Loose(b"--y\r\n\r\na\r\n--y--")]),
    ];
    for (body, expected) in cases {
        let (all, irregular) = cut(body);
        assert_eq!(all, expected, "{}", body.escape_ascii());
        assert!(irregular, "{}", body.escape_ascii());
    }
}

#[test]
fn the_search_for_the_end_of_a_header_is_bounded() {
    let body =
        [b"--x\r\n".to_vec(), b"A: b\r\n".repeat(MAX_HEAD_BYTES), b"\r\n\r\nc\r\n--x--".to_vec()].concat();
    let (all, _) = cut(&body);
    assert!(matches!(all[1], Slice::Headless(piece) if piece.len() > MAX_HEAD_BYTES));
}

#[test]
fn folded_lines_and_lines_without_a_colon_are_lines() {
    let all: Vec<_> = lines(b"A: one\r\n two\r\n\tthree\r\nno colon\r\nB :x\nC:").collect();
    let expected: [(&[u8], &[u8]); 4] =
        [(b"A", b"one\r\n two\r\n\tthree"), (b"", b"no colon"), (b"B", b"x"), (b"C", b"")];
    assert_eq!(all, expected);
}
