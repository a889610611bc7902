use alloc::vec::Vec;
use std::string::String;

use super::work::assert_linear;
use super::*;

type Decoder = fn(&[u8], &mut Vec<u8>) -> DecodeResult;

const DECODERS: [(&str, Decoder); 4] = [
    ("percent", |input, out| percent(input, false, out)),
    ("percent and plus", |input, out| percent(input, true, out)),
    ("escapes", escapes),
    ("fold", fold),
];

fn decoded(decoder: Decoder, input: &[u8]) -> (Vec<u8>, DecodeResult) {
    let mut out = Vec::new();
    let undone = decoder(input, &mut out);
    if undone.decodings == Decodings::RAW { (input.to_vec(), undone) } else { (out, undone) }
}

fn text(decoder: Decoder, input: &str) -> String {
    String::from_utf8_lossy(&decoded(decoder, input.as_bytes()).0).into_owned()
}

fn unpercent(input: &str) -> (Vec<u8>, u8) {
    let (out, undone) = decoded(DECODERS[0].1, input.as_bytes());
    (out, undone.depth)
}

#[test]
fn percent_counts_how_deeply_a_value_was_encoded() {
    for (input, output, depth) in [
        ("plain", "plain", 0),
        ("%3Cb%3E", "<b>", 1),
        ("%253C", "<", 2),
        ("%25253C", "<", 3),
        ("%2525", "%", 2),
        ("100%25", "100%", 1),
        ("%%32%65", ".", 2),
        ("%%37%33", "s", 2),
        ("%2%35%33C", "<", 3),
        ("%u003cscript%u003E", "<script>", 1),
        ("%25u003c", "<", 2),
        ("%u%30%303c", "<", 2),
        ("%uff1c", "\u{ff1c}", 1),
        ("%c0%ae%c0%af", "./", 2),
        ("%e0%80%ae", ".", 2),
        ("%f0%80%80%af", "/", 2),
        ("%c0%a53c", "<", 3),
        ("%e2%82%ac", "€", 1),
        ("100% sure, 5%-10%, %zz, %u12, %", "100% sure, 5%-10%, %zz, %u12, %", 0),
    ] {
        assert_eq!(unpercent(input), (output.as_bytes().to_vec(), depth), "{input}");
    }
}

#[test]
fn an_escaped_plus_stays_a_plus() {
    assert_eq!(text(DECODERS[1].1, "a+b%2Bc%252Bd"), "a b+c+d");
    assert_eq!(text(DECODERS[0].1, "a+b"), "a+b");
    assert_eq!(decoded(DECODERS[1].1, b"a+b").1.decodings, Decodings::PLUS);
}

#[test]
fn references_and_escapes_are_undone() {
    for (input, output) in [
        ("&lt;b&gt;", "<b>"),
        ("&amp;lt;", "<"),
        ("&amp;amp;lt;b", "<b"),
        ("&LT;&Tab;&NewLine;&colon;&lpar;1&rpar;", "<\t\n:(1)"),
        ("&#60;&#x3c;&#X3C;&#0000060&#x000003c ", "<<<<< "),
        ("&#106&#97&#118&#97", "java"),
        ("&lt script", "< script"),
        ("&l&#116;;", "<"),
        (r"\x3cb\x3e\u003c\u{3c}\u{00003C}", "<b><<<"),
        (r"\\u003c", r"\<"),
        (r"\u005cu003c", "<"),
        (r"\074script\076", "<script>"),
        (r"\00003cscript", "<script"),
        (r"\0065xpression \65 xpression", "expression expression"),
        ("&#92;x3c", "<"),
    ] {
        assert_eq!(text(escapes, input), output, "{input}");
    }
}

#[test]
fn ordinary_text_is_not_taken_for_escapes() {
    for input in [
        r"C:\dev\users\x\data",
        r"\d+\w*\s",
        r"C:\2024\12",
        "Tom & Jerry",
        "a=1&b=2&copy=3",
        "AT&T; R&D;",
        "&#; &#x; &#xg;",
        r"\u12 \xz \u{} \u{zz}",
    ] {
        assert_eq!(decoded(escapes, input.as_bytes()).1.decodings, Decodings::RAW, "{input}");
        assert_eq!(text(escapes, input), input);
    }
}

#[test]
fn compatibility_characters_fold_and_other_text_stays() {
    for (input, output) in [
        ("＜ｓｃｒｉｐｔ＞", "<script>"),
        ("𝒂𝓵𝖊𝚛𝘵", "alert"),
        ("𝟏𝟚", "12"),
        ("a\u{a0}b\u{2003}c\u{3000}d", "a b c d"),
        ("sel\u{200b}ect\u{feff}", "select"),
        ("‥／…∕․", "../.../."),
        ("‘x’ “y” ′z″", "'x' \"y\" 'z\""),
        ("ⓔⓧⓔⓒ ²³¹ ℯ ⅼ", "exec 231 e l"),
        ("﹤a﹥", "<a>"),
    ] {
        assert_eq!(text(fold, input), output, "{input}");
    }
    assert_eq!(decoded(fold, b"\xc0\xae\xc0\xaf\xe0\x80\xae1\xa0and").0, b"./.1 and");
    for input in ["naïve café Ærøskøbing", "日本語テキスト", "Привет", "½ € £ ©"] {
        assert_eq!(decoded(fold, input.as_bytes()).1, DecodeResult::default(), "{input}");
    }
}

#[test]
fn tables_are_in_order() {
    assert!(escapes::NAMES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    assert!(escapes::NAMES.iter().all(|(name, _)| name.len() <= escapes::MAX_NAME));
    assert!(fold::RANGES.windows(2).all(|pair| pair[0].1 < pair[1].0));
    assert!(fold::RANGES.iter().all(|(first, last, _)| first <= last));
}

/// A small generator (xorshift), so that failures repeat.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    fn pieces(&mut self, pieces: &[&[u8]]) -> Vec<u8> {
        let count = self.below(24);
        (0..count).flat_map(|_| pieces[self.below(pieces.len())].to_vec()).collect()
    }
}

const PIECES: &[&[u8]] = &[
    b"%",
    b"2",
    b"5",
    b"3",
    b"c",
    b"u",
    b"0",
    b"+",
    b"%25",
    b"%u00",
    b"%c0",
    b"%ae",
    b"%80",
    b"\xe0",
    b"\xc0",
    b"&",
    b"#",
    b"x",
    b";",
    b"l",
    b"t",
    b"amp",
    b"&lt",
    b"&#3",
    b"&#38;",
    b"\\",
    b"\\u00",
    b"5c",
    b"{",
    b"}",
    b"\\x",
    b" ",
    b"6",
    b"00",
    "＆".as_bytes(),
    "％".as_bytes(),
    b"\xa0",
    b"\xff",
    "é".as_bytes(),
    b"\xf0\x80",
    b"\x80",
];

#[test]
fn decoding_never_lengthens_and_reaches_its_end_at_once() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..40_000 {
        let input = random.pieces(PIECES);
        for (name, decoder) in DECODERS {
            let (once, undone) = decoded(decoder, &input);
            assert!(once.len() <= input.len(), "{name} lengthens {input:02x?}");
            assert_eq!(
                undone.decodings == Decodings::RAW,
                once == input,
                "{name} is wrong about {input:02x?}"
            );
            if name != "percent and plus" {
                let (twice, _) = decoded(decoder, &once);
                assert_eq!(twice, once, "{name} stops too early on {:?}", String::from_utf8_lossy(&input));
            }
        }
    }
}

#[test]
fn hostile_repetition_is_linear() {
    let units: [&[u8]; 18] = [
        b"%",
        b"&#",
        b"\\u",
        b"&",
        b"\\",
        b"&#0",
        b"%2",
        b"%25",
        b"&am",
        b"&amp;",
        b"\\u{",
        b"\xc0",
        b"\xe0\x80",
        b"&#x0&",
        b"&aaaaaaaaaaaaaaa&#97;",
        b"%2%3%35",
        b"&#000000000000000000000000000&#48;",
        b"\\u005cu005c",
    ];
    for unit in units {
        for (_, decoder) in DECODERS {
            assert_linear(unit, b"5;", 8, |input| {
                let (once, _) = decoded(decoder, input);
                assert!(once.len() <= input.len());
            });
        }
    }
}

#[test]
fn what_vanishes_does_not_join_stray_bytes_into_a_character() {
    // U+034F between the halves of another U+034F.
    let input = b"\xcd\xcd\x8f\x8f";
    assert_eq!(decoded(fold, input).0, input);
    assert_eq!(decoded(fold, b"a\xcd\x8fb").0, b"ab");
}

#[test]
fn escapes_that_never_end_do_not_keep_later_ones_from_being_undone() {
    for noise in ["&", "& ", "&#", "&#x", "&am", "\\u", "\\x", "\\u{", "\\", "&\\u"] {
        let input = [noise.repeat(40), "&lt;\\u003c\\x3c&#60;&amp;lt;".into()].concat();
        let (output, _) = decoded(escapes, input.as_bytes());
        assert!(output.ends_with(b"<<<<<"), "{noise}: {}", output.escape_ascii());
    }
}
