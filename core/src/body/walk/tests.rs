use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::parts::MAX_PARTS;
use super::*;
use crate::body::honeypot;
use crate::body::part::MAX_HEADERS;

mod backends;
mod laws;

/// All visited values (location, name and value), and the gaps.
pub(super) fn visited(kind: &str, body: &[u8]) -> (Vec<(Location, String, Vec<u8>)>, Gaps) {
    let mut all = Vec::new();
    let visit = |value: &Value<'_>| {
        let Input { location, name, value } = value.input;
        all.push((location, String::from_utf8_lossy(name).into_owned(), value.to_vec()));
        ControlFlow::<()>::Continue(())
    };
    let mut buffers = Buffers::new();
    let budget = WorkBudget::of_body(body.len(), 0);
    let mut walker = Walker::new(&mut buffers, &budget, visit);
    let flow = walker.body(&Media::of(kind.as_bytes()), body);
    assert!(flow.is_continue());
    let gaps = walker.gaps;
    (all, gaps)
}

fn gaps(kind: &str, body: &[u8]) -> Vec<&'static str> {
    visited(kind, body).1.names().collect()
}

#[track_caller]
fn assert_visits(kind: &str, body: &[u8], expected: (Location, &str, &str)) {
    let (all, _) = visited(kind, body);
    let (location, name, value) = expected;
    let found = all.iter().any(|seen| seen.0 == location && seen.1 == name && seen.2 == value.as_bytes());
    assert!(found, "{expected:?} is not among {all:?}");
}

const FORM_DATA: &str = "multipart/form-data; boundary=x";

/// A body of one part with these header lines.
fn one(head: &str, content: &str) -> Vec<u8> {
    format!("--x\r\n{head}\r\n\r\n{content}\r\n--x--\r\n").into_bytes()
}

#[test]
fn a_part_is_visited_by_name_and_its_headers_too() {
    let body = one(
        "Content-Disposition: form-data; name=\"a\"; filename=\"f.txt\"; filename*=utf-8''%2e%2e; x=y\r\nX-Note: n",
        "text",
    );
    for expected in [
        (Location::FieldName, "a", "a"),
        (Location::FileName, "a", "f.txt"),
        (Location::FileName, "a", "%2e%2e"),
        (Location::FileName, "a", ".."),
        (Location::PartHeader, "x", "y"),
        (Location::PartHeader, "X-Note", "n"),
        (Location::Part, "a", "text"),
    ] {
        let expected =
            if expected.2 == "%2e%2e" { (expected.0, expected.1, "utf-8''%2e%2e") } else { expected };
        assert_visits(FORM_DATA, &body, expected);
    }
    assert_eq!(gaps(FORM_DATA, &body), [""; 0]);
}

#[test]
fn every_reading_of_ambiguous_parts_is_visited() {
    let two = one("Content-Disposition: form-data; name=a; name=b", "v");
    assert_visits(FORM_DATA, &two, (Location::Part, "a", "v"));
    assert_visits(FORM_DATA, &two, (Location::Part, "b", "v"));
    let folded = one("Content-Disposition: form-data;\r\n name=a", "v");
    assert_visits(FORM_DATA, &folded, (Location::Part, "a", "v"));
    let nameless = one("Content-Type: text/plain", "v");
    assert_visits(FORM_DATA, &nameless, (Location::Part, "", "v"));
    let pieces = one("Content-Disposition: form-data; name=a; filename*0=\"..\"; filename*1*=%2Fetc", "v");
    assert_visits(FORM_DATA, &pieces, (Location::FileName, "a", "../etc"));
    let endless = "--x\r\nContent-Disposition: form-data; name=a\r\n\r\nv";
    assert_visits(FORM_DATA, endless.as_bytes(), (Location::Part, "a", "v"));
    assert_visits(FORM_DATA, endless.as_bytes(), (Location::Text, "", endless));
    let other = "--y\r\n\r\nv\r\n--y--";
    assert_visits(FORM_DATA, other.as_bytes(), (Location::Text, "", other));
}

#[test]
fn parts_are_read_by_their_own_type_charset_and_encoding() {
    let head = "Content-Disposition: form-data; name=a\r\n";
    let typed = |line: &str, content: &str| one(&format!("{head}{line}"), content);
    for (line, content, expected) in [
        ("Content-Type: application/json", r#"{"k":"\u0041"}"#, (Location::Json, "k", "A")),
        ("Content-Type: text/xml", "<e>&lt;</e>", (Location::Xml, "e", "<")),
        ("Content-Type: application/x-www-form-urlencoded", "k=v", (Location::Field, "k", "v")),
        ("X: y", r#"{"k":"\u0041"}"#, (Location::Json, "k", "A")),
        ("Content-Transfer-Encoding: BASE64", "PGE+\r\n", (Location::Part, "a", "<a>")),
        ("Content-Transfer-Encoding: BASE64", "PGE+", (Location::Part, "a", "PGE+")),
        ("Content-Transfer-Encoding: quoted-printable", "=3Ca>", (Location::Part, "a", "<a>")),
        ("Content-Type: text/plain; charset=utf-16le", "<\0a\0", (Location::Part, "a", "<a")),
    ] {
        assert_visits(FORM_DATA, &typed(line, content), expected);
        assert_eq!(gaps(FORM_DATA, &typed(line, content)), [""; 0], "{line}");
    }
    for (line, gap) in [
        ("Content-Transfer-Encoding: x-uuencode", "coding"),
        ("Content-Type: text/plain; charset=utf-7", "charset"),
        ("Content-Type: text/plain\r\nContent-Type: text/html", "charset"),
        ("Content-Disposition: form-data; filename*=utf-7''a", "charset"),
    ] {
        let first = [typed(line, "v"), one(&format!("{head}X: y"), "v")].concat();
        assert_eq!(gaps(FORM_DATA, &first), [gap], "{line}");
    }
}

#[test]
fn a_charset_field_applies_to_the_others() {
    let body = b"--x\r\nContent-Disposition: form-data; name=_charset_\r\n\r\nshift_jis\r\n\
        --x\r\nContent-Disposition: form-data; name=a\r\n\r\n\x82\x60\r\n--x--";
    assert_visits(FORM_DATA, body, (Location::Part, "a", "Ａ"));
    let form = "application/x-www-form-urlencoded";
    assert_visits(form, b"_charset_=shift_jis&a=%82%60", (Location::Field, "a", "Ａ"));
    assert_eq!(gaps(form, b"a=1&_charset_=utf-7"), ["charset"]);
    assert_eq!(gaps(form, b"a=1&_charset_=UTF-8"), [""; 0]);
    assert_visits(
        "application/x-www-form-urlencoded; charset=gbk",
        b"a=%a3%c1",
        (Location::Field, "a", "Ａ"),
    );
}

#[test]
fn parts_in_parts_are_visited_to_a_depth() {
    let inner = "--y\r\nContent-Disposition: file; filename=f\r\n\r\nv\r\n--y--";
    let body =
        one("Content-Disposition: form-data; name=a\r\nContent-Type: multipart/mixed; boundary=y", inner);
    assert_visits(FORM_DATA, &body, (Location::FileName, "", "f"));
    assert_visits(FORM_DATA, &body, (Location::Part, "", "v"));
    assert_eq!(gaps(FORM_DATA, &body), [""; 0]);
    let deep =
        inner.replace("Content-Disposition: file", "Content-Type: multipart/mixed; boundary=z\r\nA: b");
    let deep = deep.replace("\r\nv\r\n", "\r\n--z\r\n\r\nv\r\n--z--\r\n");
    let body = one("Content-Type: multipart/mixed; boundary=y", &deep);
    assert_eq!(gaps(FORM_DATA, &body), ["values"]);
    assert_visits(FORM_DATA, &body, (Location::Text, "", "--z\r\n\r\nv\r\n--z--"));
}

#[test]
fn more_parts_and_headers_than_are_read_are_a_gap() {
    let part = "--x\r\nContent-Disposition: form-data; name=a\r\n\r\nv\r\n";
    let parts = |count: usize| format!("{}--x--", part.repeat(count)).into_bytes();
    assert_eq!(gaps(FORM_DATA, &parts(MAX_PARTS)), [""; 0]);
    assert_eq!(gaps(FORM_DATA, &parts(MAX_PARTS + 1)), ["values"]);
    let late = [part.repeat(MAX_PARTS).as_bytes(), &one("X: y", "late")].concat();
    assert_visits(FORM_DATA, &late, (Location::Text, "", "late"));
    assert_eq!(gaps(FORM_DATA, &one("A: b\r\n".repeat(MAX_HEADERS).trim_end(), "v")), [""; 0]);
    assert_eq!(gaps(FORM_DATA, &one("A: b\r\n".repeat(MAX_HEADERS + 1).trim_end(), "v")), ["values"]);
}

#[test]
fn only_runs_of_binary_files_are_visited_and_noise_is_removed_from_others() {
    let noise = "\0\u{1}".repeat(20);
    let content = format!("{noise}../etc{noise}<script>alert(1)</script>{noise}");
    let png = [b"\x89PNG\r\n\x1a\n", content.as_bytes()].concat();
    let file = one("Content-Disposition: form-data; name=a; filename=f", &content);
    assert_visits(FORM_DATA, &file, (Location::Part, "a", &content));
    assert_visits(FORM_DATA, &file, (Location::Part, "a", "../etc<script>alert(1)</script>"));
    let field = one("Content-Disposition: form-data; name=a", &content);
    assert_visits(FORM_DATA, &field, (Location::Part, "a", &content));
    let values = visited("image/png", &png).0;
    assert_eq!(values, [(Location::Text, "".into(), b"<script>alert(1)</script>".to_vec())]);
    assert_visits("image/png", content.as_bytes(), (Location::Text, "", &content));
    assert_visits("image/png", br#"{"a": "b\u0001"}"#, (Location::Json, "a", "b\u{1}"));
    assert_visits("image/png", b"text", (Location::Text, "", "text"));
    assert_visits("text/plain", content.as_bytes(), (Location::Text, "", &content));
}

#[test]
fn documents_in_strings_are_read_to_a_depth() {
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let (one, two) = (r#"{"k":"v"}"#, quoted(r#"{"k":"v"}"#));
    let three = quoted(&format!(r#"{{"b":{two}}}"#));
    let four = quoted(&format!(r#"{{"c":{three}}}"#));
    assert_visits("application/json", one.as_bytes(), (Location::Json, "k", "v"));
    assert_visits("application/json", format!(r#"{{"b":{two}}}"#).as_bytes(), (Location::Json, "k", "v"));
    assert_visits("application/json", format!(r#"{{"c":{three}}}"#).as_bytes(), (Location::Json, "k", "v"));
    let deep = format!(r#"{{"d":{four}}}"#);
    assert!(!visited("application/json", deep.as_bytes()).0.iter().any(|seen| seen.2 == b"v"));
    assert_visits("application/json", deep.as_bytes(), (Location::Json, "b", one));
    let form = "application/x-www-form-urlencoded";
    assert_visits(form, b"f=%7B%22k%22%3A%22a+b%22%7D", (Location::Json, "k", "a b"));
    assert_visits(form, b"f=[\"v\"]", (Location::Json, "f", "v"));
}

#[test]
fn graphql_is_visited_by_argument() {
    let document = r#"{ a(id: "\u0041") }"#;
    assert_visits("application/graphql", document.as_bytes(), (Location::Graphql, "id", "A"));
    let json = serde_json::json!([{ "query": document, "variables": { "v": "w" } }]).to_string();
    assert_visits("application/json", json.as_bytes(), (Location::Graphql, "id", "A"));
    assert_visits("application/json", json.as_bytes(), (Location::Json, "query", document));
    assert_visits("application/json", json.as_bytes(), (Location::Json, "v", "w"));
    assert_visits(
        "application/x-www-form-urlencoded",
        b"query=query+Q+%7Ba(id:%22x+y%22)%7D",
        (Location::Graphql, "id", "x y"),
    );
    assert_eq!(gaps("application/graphql", "{ a }".repeat(graphql::MAX_TOKENS).as_bytes()), ["values"]);
}

#[test]
fn xml_is_visited_by_name_and_as_text_when_it_is_broken() {
    assert_visits("application/soap+xml", b"<a b='c'>d</a>", (Location::Xml, "b", "c"));
    assert_visits("text/plain", b"<a><![CDATA[d]]></a>", (Location::Xml, "a", "d"));
    assert!(!visited("text/xml", b"<a>d</a>").0.iter().any(|seen| seen.0 == Location::Text));
    assert_visits("text/xml", b"<a>d", (Location::Text, "", "<a>d"));
    assert!(visited("text/xml", b"").0.is_empty(), "an empty document has no values");
    let (all, gaps) = visited("text/xml", b"<\0a\0>\0&\0l\0t\0;\0<\0/\0a\0>\0");
    assert!(all.contains(&(Location::Xml, "a".into(), b"<".to_vec())) && gaps.is_empty());
}

#[test]
fn a_honeypot_field_matches_when_it_is_filled_in() {
    let traps = [String::from("website")];
    let matches = |kind: &str, body: &str| {
        let mut inner = Buffers::new();
        let visit = |value: &Value<'_>| match honeypot::find_filled(&traps, value, &mut inner) {
            Some(name) => ControlFlow::Break(String::from(name)),
            None => ControlFlow::Continue(()),
        };
        let mut buffers = Buffers::new();
        let budget = WorkBudget::of_body(body.len(), 0);
        Walker::new(&mut buffers, &budget, visit)
            .body(&Media::of(kind.as_bytes()), body.as_bytes())
            .is_break()
    };
    let form = "application/x-www-form-urlencoded";
    for (kind, body, expected_match) in [
        (form, "a=1&website=x", true),
        (form, "a=1&w%65bsite=%78", true),
        (form, "website=&a=website", false),
        (form, "website=+%20%0A&website2=x", false),
        ("application/json", r#"{"a":{"website":"x"}}"#, true),
        ("application/json", r#"{"website":7}"#, true),
        ("application/json", r#"{"website":" ","b":"website"}"#, false),
        ("text/plain", r#"{"website": [1]}"#, true),
        ("text/plain", "website=x", false),
    ] {
        assert_eq!(matches(kind, body), expected_match, "{body}");
    }
    let part = |line: &str, content: &str| String::from_utf8(one(line, content)).unwrap();
    let line = "Content-Disposition: form-data; name=\"website\"";
    assert!(matches(FORM_DATA, &part(line, "x")));
    assert!(matches(FORM_DATA, &part(&format!("{line}\r\nContent-Type: application/json"), "1")));
    assert!(!matches(FORM_DATA, &part(line, " \r\n")));
}

#[test]
fn every_reading_of_a_reader_is_visited() {
    // Actix Web decodes the whole body, in which the mark is text.
    let marked: Vec<u8> =
        [&b"\xef\xbb\xbf\0"[..], &"id='".bytes().flat_map(|byte| [byte, 0]).collect::<Vec<_>>()].concat();
    assert_visits("text/plain; charset=utf-16le", &marked, (Location::Text, "", "\u{bbef}\u{bf}id='"));
    // `actix-multipart` cuts at the declared length.
    let two = |length: usize| {
        format!("--x\r\nA: b\r\nContent-Length: {length}\r\n\r\n1' un\r\n--x\r\nA: b\r\n\r\nion\r\n--x--\r\n")
    };
    assert_visits(FORM_DATA, two(40).as_bytes(), (Location::Text, "", &two(40)));
    assert!(!visited(FORM_DATA, two(5).as_bytes()).0.iter().any(|seen| seen.0 == Location::Text));
    // multer finds a name that other readers take for the type, and unescapes quotes only.
    assert_visits(
        FORM_DATA,
        &one("Content-Disposition: name=\"a\\\"b\"", "v"),
        (Location::FieldName, "a\\\"b", "a\"b"),
    );
    let escaped = one("Content-Disposition: form-data; name=\"a\\\"\\b\"", "v");
    assert_visits(FORM_DATA, &escaped, (Location::FieldName, "a\\\"\\b", "a\"\\b"));
    let form = one("Content-Type: application/x-www-form-urlencoded", "1' or 1=1");
    assert_visits(FORM_DATA, &form, (Location::Part, "", "1' or 1=1"));
    let nested = one("Content-Type: multipart/mixed; boundary=y", "1' un\r\n--y--\r\nion");
    assert_visits(FORM_DATA, &nested, (Location::Text, "", "1' un\r\n--y--\r\nion"));
    assert_visits("application/x-www-form-urlencoded", b"\"1' or 1=1\"", (Location::Json, "", "1' or 1=1"));
    for kind in ["text/plain", FORM_DATA, "application/x-www-form-urlencoded", "text/xml"] {
        assert_visits(kind, br#""a\n\u0062""#, (Location::Json, "", "a\nb"));
        assert_visits(kind, br#"[true, "a\n\u0062"]"#, (Location::Json, "", "a\nb"));
    }
}
