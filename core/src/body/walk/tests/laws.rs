//! For all bodies: no panic, and work in proportion to the length.

use proptest::prelude::*;

use super::*;
use crate::body::coding::{Codings, Inflation};

const KINDS: [&str; 12] = [
    "",
    "application/json",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=gbk",
    "text/xml",
    "application/graphql",
    "text/plain; charset=utf-16",
    "text/plain; charset=iso-2022-jp",
    "image/png",
    "multipart/form-data; boundary=x",
    "multipart/mixed; boundary=x; charset=utf-16",
    "multipart/mixed; boundary=\"\\\"",
];

/// How coded bodies start.
const STARTS: &[&[u8]] = &[b"", b"\x1f\x8b\x08\0\0\0\0\0\0\0", b"\x78\x9c", b"\x0b\x02\x80", b"\x1b\xff\0"];

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::sample::select(
            &[
                "--x",
                "--x--",
                "\r\n",
                "\r\n\r\n",
                "Content-Disposition: form-data; name=\"_charset_\"",
                "Content-Type: multipart/mixed; boundary=x",
                "Content-Type: text/xml; charset=utf-16",
                "Content-Transfer-Encoding: base64",
                "=?utf-8?B?",
                "filename*0*=",
                "<!DOCTYPE a [",
                "<!ENTITY",
                "<![CDATA[",
                "<a b=\"",
                "</a>",
                "&#x",
                "]>",
                "{\"query\":\"{",
                "\\u00",
                "\"\"\"",
                "_charset_=utf-16&a=%",
                "\u{feff}",
            ][..],
        )
        .prop_map(|text| text.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn checklist_39_no_body_panics(body in bytes(), kind in prop::sample::select(&KINDS[..])) {
        visited(kind, &body);
    }

    #[test]
    fn checklist_39_no_coded_body_panics_or_outgrows_its_limit(
        body in bytes(),
        start in prop::sample::select(STARTS),
        line in prop::sample::select(&["gzip", "deflate", "br", "br, gzip", "gzip, deflate"][..]),
    ) {
        let mut codings = Codings::default();
        codings.add(line.as_bytes());
        let inflation = Inflation { enabled: true, limit: 100, ratio: 100 };
        let input = [start, &body].concat();
        let budget = WorkBudget::of_body(input.len(), inflation.ratio);
        let mut longest = 0;
        codings.stages(&input, false, (inflation, &budget), &mut Buffers::new(), |stage, _| {
            longest = longest.max(if stage.is_wire { 0 } else { stage.bytes.len() });
        });
        prop_assert!(longest <= 100);
    }
}

/// Bytes visited in all readings together. Termination shows that the reading itself is linear.
fn work(kind: &str, body: &[u8]) -> usize {
    let mut work = 0;
    let visit = |value: &Value<'_>| {
        work += value.input.value.len() + 1;
        ControlFlow::<()>::Continue(())
    };
    let budget = WorkBudget::of_body(body.len(), 0);
    let _ = Walker::new(&mut Buffers::new(), &budget, visit).body(&Media::of(kind.as_bytes()), body);
    work
}

/// A part that is read in many ways.
const NESTED_PARTS: &str = "--x\r\nContent-Disposition: a; name=a; name=b\r\nContent-Type: multipart/mixed; boundary=x; charset=utf-16\r\n\
    Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";

#[test]
fn checklist_38_work_is_in_proportion_to_the_length() {
    for unit in [
        "<",
        "</",
        "<a",
        "<a ",
        "<a b='",
        "<a b ",
        "<!",
        "<!a>",
        "<!ENTITY ",
        "<!--",
        "<![CDATA[",
        "<?",
        "]",
        "&",
        "&#",
        "<!DOCTYPE [",
        "{",
        "[",
        "{\"a\":",
        "\"",
        "\\",
        "\"\\\"{\"",
        "\"query\":\"{\\\"",
        "{\"query\":\"{a(b:\\\"\\\\\\\"",
        "\"\"\"",
        "#",
        "{a:\"",
        "--x",
        "\r\n--x",
        "\n--x\r\n",
        "--x\r\nA:\n\n",
        "--x\r\nContent-Disposition: form-data; name=\"",
        ";name=a",
        "=?",
        NESTED_PARTS,
        "a=%7b&",
        "_charset_=gbk&",
        "query={&",
        "%5b",
        "=3D",
        "\u{feff}",
        "\0<",
    ] {
        for kind in KINDS {
            for length in [3_000, 100_000] {
                let body = unit.repeat(length / unit.len());
                let work = work(kind, body.as_bytes());
                // Sixteen readings of a text that charsets may make three times as long, each in up to four kinds.
                assert!(
                    work <= 200 * body.len().max(4 << 10),
                    "{unit:?} as {kind:?}: {work} of {}",
                    body.len()
                );
            }
        }
    }
}

#[test]
fn a_body_with_too_many_readings_is_a_gap() {
    let head = "Content-Disposition: a; name=a; name=b\r\nContent-Type: multipart/mixed; boundary=y; charset=utf-16\r\n\
        Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: quoted-printable";
    let inner =
        format!("--y\r\n{}\r\n\r\n{}\r\n--y--", head.replace("boundary=y", "boundary=z"), "é".repeat(50_000));
    let (_, gaps) = visited("multipart/form-data; boundary=x; charset=utf-16", &one(head, &inner));
    assert!(gaps.has(Gaps::VALUES));
}
