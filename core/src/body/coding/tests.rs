use super::*;
use crate::body::inflate::{StreamEnd, decode};

const TEXT: &[u8] = b"<script>alert(1)</script>";
/// [`TEXT`] as encoded by other programs.
const GZIP: &[u8] =
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xb3)N.\xca,(\xb1K\xccI-*\xd10\xd4\xb4\xd1\x87\x0a\x00\x00v\xee&\xfe\x19\x00\x00\x00";
const BROTLI: &[u8] = b"\x0b\x0c\x80<script>alert(1)</script>\x03";

fn gzip(text: &[u8]) -> Vec<u8> {
    let sum = 0_u32.to_le_bytes();
    let length = (text.len() as u32).to_le_bytes();
    [b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec(), stored(text), sum.to_vec(), length.to_vec()].concat()
}

/// A raw deflate stream of stored blocks.
fn stored(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut chunks = text.chunks(0xffff).peekable();
    if text.is_empty() {
        return b"\x01\0\0\xff\xff".to_vec();
    }
    while let Some(chunk) = chunks.next() {
        let length = chunk.len() as u16;
        out.push(u8::from(chunks.peek().is_none()));
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(chunk);
    }
    out
}

/// A raw deflate stream of one fixed block: the byte zero and `times` copies of 258 more.
fn zeros(times: usize) -> Vec<u8> {
    let mut bits: Vec<bool> = std::vec![true, true, false];
    let mut code = |value: u32, length: u32| bits.extend((0..length).rev().map(|bit| value >> bit & 1 == 1));
    code(0x30, 8);
    for _ in 0..times {
        code(0xc5, 8);
        code(0, 5);
    }
    code(0, 7);
    bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |sum, bit| sum << 1 | u8::from(*bit))).collect()
}

fn decoded(coding: Coding, input: &[u8], cap: usize) -> (StreamEnd, Vec<u8>) {
    let mut out = Vec::new();
    let ended = decode(coding, input, cap, &mut out);
    (ended, out)
}

fn codings(lines: &[&str]) -> Codings {
    let mut codings = Codings::default();
    lines.iter().for_each(|line| codings.add(line.as_bytes()));
    codings
}

type Stages = Vec<(Vec<u8>, bool)>;

fn stages(
    codings: &Codings,
    body: &[u8],
    cut: bool,
    inflation: Inflation,
    buffers: &mut Buffers,
) -> (Stages, Vec<&'static str>) {
    let mut seen = Vec::new();
    let budget = WorkBudget::of_body(body.len(), inflation.ratio);
    let gaps = codings.stages(body, cut, (inflation, &budget), buffers, |stage, _| {
        seen.push((stage.bytes.to_vec(), stage.is_wire));
    });
    (seen, gaps.names().collect())
}

#[test]
fn every_stage_is_inspected_and_the_received_bytes_last() {
    let mut buffers = Buffers::new();
    let all = |line: &str, body: &[u8], inflation, buffers: &mut Buffers| {
        stages(&codings(&[line]), body, false, inflation, buffers).0
    };
    let on = Inflation::default();
    assert_eq!(all("", TEXT, on, &mut buffers), [(TEXT.to_vec(), false)]);
    assert_eq!(all("gzip", GZIP, on, &mut buffers), [(TEXT.to_vec(), false), (GZIP.to_vec(), true)]);
    let twice = gzip(BROTLI);
    let three = [(TEXT.to_vec(), false), (BROTLI.to_vec(), true), (twice.clone(), true)];
    assert_eq!(all("br, gzip, identity", &twice, on, &mut buffers), three);
    let off = Inflation { enabled: false, ..on };
    for (line, inflation) in [("zstd", on), ("zstd, gzip", on), ("gzip", off)] {
        assert_eq!(all(line, GZIP, inflation, &mut buffers), [(GZIP.to_vec(), true)], "{line}");
    }
}

#[test]
fn a_budget_that_is_used_up_caps_the_output() {
    let bomb = [b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec(), zeros(20_000), std::vec![0; 8]].concat();
    let budget = WorkBudget::of_body(0, 0);
    while budget.inflatable() > 1000 {
        budget.inflate(1000).unwrap();
    }
    let mut lengths = Vec::new();
    let gaps = codings(&["gzip"]).stages(
        &bomb,
        false,
        (Inflation::default(), &budget),
        &mut Buffers::new(),
        |stage, _| {
            lengths.push(stage.bytes.len());
        },
    );
    assert!(lengths[0] <= 1000 && gaps.has(Gaps::WORK), "{lengths:?}");
}

#[test]
fn lists_of_codings_are_read_from_all_lines() {
    assert!(codings(&[]).is_plain() && codings(&["Identity, "]).is_plain());
    assert!(codings(&["GZip"]).is_known() && !codings(&["x-gzip"]).is_plain());
    assert_eq!(codings(&["gzip, br"]), codings(&["gzip", "identity", "br"]));
    for unknown in ["zstd", "compress", "gzip;q=1", "gzip, br, gzip"] {
        assert!(!codings(&[unknown]).is_known(), "{unknown}");
    }
}

#[test]
fn every_coding_is_decoded() {
    let zlib = [b"\x78\x9c", &stored(TEXT)[..], b"sums"].concat();
    for (coding, input) in [
        (Coding::Gzip, GZIP),
        (Coding::Gzip, &gzip(TEXT)),
        (Coding::Deflate, &zlib),
        (Coding::Deflate, &stored(TEXT)),
        (Coding::Brotli, BROTLI),
    ] {
        assert_eq!(decoded(coding, input, 1000), (StreamEnd::Whole, TEXT.to_vec()), "{coding:?}");
        assert_eq!(decoded(coding, input, TEXT.len()), (StreamEnd::Whole, TEXT.to_vec()), "{coding:?}");
        assert_eq!(decoded(coding, input, 7), (StreamEnd::Capped, TEXT[..7].to_vec()), "{coding:?}");
        assert_eq!(decoded(coding, b"", 1000), (StreamEnd::Whole, Vec::new()));
        for cut in 1..input.len() {
            let (ended, out) = decoded(coding, &input[..cut], 1000);
            assert!(ended == StreamEnd::Broken && TEXT.starts_with(&out), "{coding:?} {cut}");
        }
        let (ended, out) = decoded(coding, &[input, b"junk"].concat(), 1000);
        assert_eq!((ended, out), (StreamEnd::Broken, TEXT.to_vec()), "{coding:?}");
    }
}

#[test]
fn members_of_gzip_are_joined_and_their_headers_parsed() {
    let members = [GZIP, &gzip(b"two"), &gzip(b""), b"\0\0\0"].concat();
    assert_eq!(decoded(Coding::Gzip, &members, 1000), (StreamEnd::Whole, [TEXT, b"two"].concat()));
    let mut fields = b"\x1f\x8b\x08\x1e\0\0\0\0\0\xff\x02\0xxname\0comment\0hc".to_vec();
    fields.extend_from_slice(&GZIP[10..]);
    assert_eq!(decoded(Coding::Gzip, &fields, 1000), (StreamEnd::Whole, TEXT.to_vec()));
    let many = gzip(b"a").repeat(40_000);
    assert_eq!(decoded(Coding::Gzip, &many, 1 << 20).1.len(), 40_000);
}

#[test]
fn a_window_that_is_too_large_is_not_set_up() {
    // 24 bits, and the large windows outside of RFC 7932.
    for first in [0x0f, 0x11] {
        assert_eq!(decoded(Coding::Brotli, &[first, 0, 0, 0], 1000), (StreamEnd::Broken, Vec::new()));
    }
}

#[test]
fn a_bomb_ends_at_the_cap_with_its_gap() {
    let bomb = [b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec(), zeros(20_000), std::vec![0; 8]].concat();
    let honest = 1 + 258 * 20_000;
    let mut buffers = Buffers::new();
    let mut undo = |limit, ratio| {
        let inflation = Inflation { enabled: true, limit, ratio };
        let (stages, gaps) = stages(&codings(&["gzip"]), &bomb, false, inflation, &mut buffers);
        (stages[0].0.len(), gaps)
    };
    assert_eq!(undo(honest, 1000), (honest, Vec::new()));
    assert_eq!(undo(honest - 1, 1000), (honest - 1, Vec::from(["length"])));
    assert_eq!(undo(honest, 10), (bomb.len() * 10, Vec::from(["ratio"])));
    assert_eq!(undo(honest, 1), (MIN_RATIO_BYTES, Vec::from(["ratio"])));
}

#[test]
fn stacked_codings_are_decoded_last_first() {
    let twice = gzip(BROTLI);
    let mut buffers = Buffers::new();
    let mut undo = |line, cut| {
        let (stages, gaps) = stages(&codings(&[line]), &twice, cut, Inflation::default(), &mut buffers);
        (stages[0].0.clone(), gaps)
    };
    assert_eq!(undo("br, gzip", false), (TEXT.to_vec(), Vec::new()));
    assert_eq!(undo("gzip, br", false).1, ["coding"]);
    assert_eq!(undo("gzip, br", true).1, [""; 0], "what was cut off breaks");
}
