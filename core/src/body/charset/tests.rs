use std::string::String;

use super::*;

fn read(label: Option<&str>, kind: Kind, bytes: &[u8]) -> (Vec<String>, bool) {
    let (bytes, readings) = readings(label.map(str::as_bytes), kind, true, bytes);
    let texts = readings.others.iter().filter(|encoding| changes(encoding, bytes)).map(|encoding| {
        let mut text = Vec::new();
        transcode(encoding, bytes, &mut text);
        String::from_utf8(text).unwrap()
    });
    (texts.collect(), readings.unknown)
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

#[test]
fn labels_are_transcoded() {
    for (label, bytes, text) in [
        ("shift_jis", &b"\x82\x60\x5c"[..], "Ａ\\"),
        ("EUC-JP", b"\xa3\xc1", "Ａ"),
        ("euc-kr", b"\xa3\xc1", "Ａ"),
        ("gbk", b"\xa3\xc1", "Ａ"),
        ("gb18030", b"\xa3\xc1", "Ａ"),
        ("big5", b"\xa2\xcf", "Ａ"),
        ("iso-2022-jp", b"\x1b$B#A\x1b(B<", "Ａ<"),
        ("windows-1251", b"\xe0", "а"),
        ("iso-8859-1", b"\x8b", "‹"),
        ("koi8-r", b"\xc1", "а"),
        (" UTF-16LE ", b"<\0", "<"),
        ("'koi8-r'", b"\xc1", "а"),
        ("utf-16be", b"\0<", "<"),
    ] {
        assert_eq!(read(Some(label), Kind::Text, bytes), (Vec::from([text.into()]), false), "{label}");
    }
    assert_eq!(read(Some("shift_jis"), Kind::Text, b"plain"), (Vec::new(), false));
}

#[test]
fn utf_16_without_a_mark_is_read_in_both_byte_orders() {
    let (texts, unknown) = read(Some("utf-16"), Kind::Text, &utf16("<a>", true));
    assert!(texts.contains(&"<a>".into()) && texts.len() == 2 && !unknown);
    let (texts, _) = read(Some("UTF-16"), Kind::Text, &utf16("<a>", false));
    assert!(texts.contains(&"<a>".into()));
}

#[test]
fn byte_order_marks_and_zero_bytes_determine_the_charset() {
    let marked = |big| [utf16("\u{feff}", big), utf16("{}", big)].concat();
    for big in [false, true] {
        assert_eq!(read(None, Kind::Text, &marked(big)), (Vec::from(["{}".into()]), false));
        assert_eq!(read(None, Kind::Json, &utf16("{}", big)), (Vec::from(["{}".into()]), false));
        assert_eq!(read(None, Kind::Xml, &utf16("<a/>", big)), (Vec::from(["<a/>".into()]), false));
        assert_eq!(read(None, Kind::Text, &utf16("{}", big)), (Vec::new(), false));
    }
    let (bytes, readings) = readings(None, Kind::Text, true, b"\xef\xbb\xbfx");
    assert!(bytes == b"x" && readings.others.is_empty());
}

#[test]
fn the_declaration_of_a_document_counts() {
    let document = b"<?xml version='1.0' encoding = 'shift_jis'?><a>\x82\x60</a>";
    assert!(read(None, Kind::Xml, document).0[0].contains('Ａ'));
    assert!(read(None, Kind::Xml, b"<?xml version='1.0' encoding='UTF-7'?><a/>").1);
    assert!(!read(None, Kind::Xml, b"<?xml version='1.0'?><a encoding='UTF-7'/>").1);
}

#[test]
fn what_cannot_be_transcoded_is_unknown() {
    for label in ["utf-7", "utf-32", "ibm037", "cp500", "iso-2022-kr", "hz-gb-2312", "x-none"] {
        assert!(read(Some(label), Kind::Text, b"x").1, "{label}");
    }
    for bytes in [&b"\xff\xfe\0\0x\0\0\0"[..], b"\0\0\xfe\xff\0\0\0x"] {
        assert!(read(None, Kind::Text, bytes).1);
    }
    for bytes in [&b"{\0\0\0}\0\0\0"[..], b"\0\0\0{\0\0\0}"] {
        assert!(read(None, Kind::Json, bytes).1);
    }
    assert!(read(None, Kind::Xml, b"\x4c\x6f\xa7\x94\x93").1);
}

#[test]
fn malformed_text_loses_nothing_around_it() {
    for size in [1, 4095, 4096, 4097, 9000] {
        let bytes = ["<a>".repeat(size).as_bytes(), b"\x82\xff<b>\x82"].concat();
        let text = &read(Some("shift_jis"), Kind::Text, &bytes).0[0];
        assert_eq!(text.matches("<a>").count(), size);
        assert!(text.contains("<b>"), "{size}");
    }
}
