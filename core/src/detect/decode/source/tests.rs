use std::format;
use std::string::String;
use std::vec::Vec;

use super::*;
use crate::detect::{ClassSet, Location, Scanner};

/// The text that a finding in `value` is about, as it stands in the value.
fn found(location: Location, value: &[u8]) -> (String, String) {
    let input = Input { location, name: b"q", value };
    let finding = Scanner::new().scan(&input, ClassSet::ALL).expect("an attack");
    let (start, end) = finding.at;
    let text = String::from_utf8_lossy(&value[start as usize..end as usize]);
    (text.into_owned(), format!("{}", finding.decodings))
}

#[test]
fn a_finding_names_the_bytes_as_they_came() {
    for (value, expected, view) in [
        ("a <script>alert(1)</script>", "<script>", "raw"),
        ("caf%C3%A9 %3Cscript%3Ealert(1)%3C/script%3E", "%3Cscript%3E", "percent"),
        ("tea+%253Cscript%253Ealert(1)", "%253Cscript%253E", "plus+percent"),
        ("%26amp; &lt;script&#62;alert(1)", "&lt;script&#62;", "percent+entity"),
        ("x \\u003cscript\\x3ealert(1)", "\\u003cscript\\x3e", "escape"),
        ("ｘ ＜ｓｃｒｉｐｔ＞alert(1)", "＜ｓｃｒｉｐｔ＞", "fold"),
        ("x %EF%BC%9Cscript%EF%BC%9Ealert(1)", "%EF%BC%9Cscript%EF%BC%9E", "percent+fold"),
    ] {
        assert_eq!(found(Location::Query, value.as_bytes()), (expected.into(), view.into()), "{value}");
    }
}

#[test]
fn wide_text_and_base64_lead_back_too() {
    let wide: Vec<u8> = "tea <script>alert(1)".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(found(Location::Text, &wide).0, "<\0s\0c\0r\0i\0p\0t\0>\0");
    // "tea for two: <script>alert(1)", in groups of three bytes; the tag begins with the second of a group.
    let (at, view) =
        found(Location::Query, b"t=dGVhIGZvciB0d286%20%3D&x=dGVhIGZvciB0d286IDxzY3JpcHQ%2BYWxlcnQoMSk=&y");
    assert_eq!((&*at, &*view), ("IDxzY3JpcHQ%2B", "percent+base64"));
    // The same, broken into lines and in base64 once more: whole groups again.
    let (at, view) =
        found(Location::Json, b"data: ZEdWaElHWnZjaUIwZDI4NgpJRHh6WTNKcGNIUStZV3hsY25Rb01Taz0= end");
    assert_eq!((&*at, &*view), ("NgpJRHh6WTNKcGNIUStZ", "base64"));
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

    /// One letter in some spelling that one of the last decoders undoes.
    fn letter(&mut self) -> (char, String) {
        let letter = char::from(b'g' + self.below(20) as u8);
        let code = u32::from(letter);
        let spelled = match self.below(7) {
            0 => format!("&#{code};"),
            1 => format!("&#x{code:04x};"),
            2 => format!("\\x{code:02x}"),
            3 => format!("\\u{{{code:x}}}"),
            4 => char::from_u32(0xff01 + code - 0x21).into_iter().collect(),
            _ => letter.into(),
        };
        (letter, spelled)
    }

    fn percent(&mut self, text: &str) -> String {
        let spell = |byte: u8| match self.below(4) {
            0 => format!("%{byte:02x}"),
            1 => format!("%25{byte:02X}"),
            2 => format!("%2525{byte:02X}"),
            _ if byte.is_ascii() => char::from(byte).into(),
            _ => format!("%{byte:02x}"),
        };
        text.bytes().map(spell).collect()
    }
}

#[test]
fn every_letter_leads_back_to_its_spelling() {
    let mut random = Random(0x51ab_77c3_0d12_9e4f);
    for _ in 0..500 {
        let (mut view, mut value, mut ends) = (String::new(), String::new(), Vec::from([0]));
        for _ in 0..=random.below(30) {
            let (letter, spelled) = random.letter();
            view.push(letter);
            value += &random.percent(&spelled);
            ends.push(value.len());
        }
        for start in 0..view.len() {
            let end = start + 1 + random.below(view.len() - start);
            let span = locate_in(value.as_bytes(), false, view.as_bytes(), start..end);
            assert_eq!(span, ends[start]..ends[end], "{start}..{end} of {view} in {value}");
        }
    }
}

#[test]
fn the_short_way_through_percent_leads_where_the_long_one_does() {
    const ATOMS: [&[u8]; 12] =
        [b"%", b"%3c", b"%2", b"25", b"%u003c", b"%c0%ae", b"%C3%A9", b"+", b"g", b"%%41", b"\xc0", b"%ae"];
    let mut random = Random(0x0d12_9e4f_51ab_77c3);
    let (mut short, mut long) = (0, 0);
    for _ in 0..3_000 {
        let value: Vec<u8> =
            (0..random.below(8)).flat_map(|_| ATOMS[random.below(ATOMS.len())]).copied().collect();
        let mut view = Vec::new();
        decode::percent(&value, true, &mut view);
        let start = random.below(view.len() + 1);
        let end = start + random.below(view.len() + 1 - start);
        match through_percent(&value, view.len(), &(start..end)) {
            Some(place) => {
                assert_eq!(place, locate_in(&value, true, &view, start..end), "{start}..{end} of {value:?}");
                short += 1;
            }
            None => long += 1,
        }
    }
    assert!(short > 500 && long > 500, "{short} {long}");
}

#[test]
fn a_place_stays_within_the_value_whatever_it_holds() {
    const ATOMS: [&[u8]; 16] = [
        b"%",
        b"25",
        b"3c",
        b"%c0%ae",
        b"&",
        b"#60",
        b";",
        b"\\",
        b"u00",
        b"3c",
        b"\xef\xbc\x9c",
        b"\xc0",
        b"a\0",
        b"lt",
        b" ",
        b"aGVsbG8gdGhlcmUs",
    ];
    let mut random = Random(0x1234_5678_9abc_def1);
    for _ in 0..3_000 {
        let value: Vec<u8> =
            (0..random.below(16)).flat_map(|_| ATOMS[random.below(ATOMS.len())]).copied().collect();
        let mut view = value.clone();
        for decoder in DECODERS {
            let mut out = Vec::new();
            if decoder(&view, true, &mut out, &mut |_, _| ()).decodings != Decodings::RAW {
                view = out;
            }
        }
        let start = random.below(view.len() + 1);
        let end = start + random.below(view.len() + 1 - start);
        let place = locate_in(&value, true, &view, start..end);
        assert!(
            place.start <= place.end && place.end <= value.len(),
            "{start}..{end}: {place:?} of {value:?}"
        );
        assert_eq!(locate_in(&value, true, &view, 0..view.len()).end, value.len(), "{value:?}");
    }
}
