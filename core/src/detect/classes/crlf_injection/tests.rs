use crate::detect::decode::work::assert_linear;
use crate::detect::{Class, ClassSet, Finding, Input, Location, Scanner};

fn scan(location: Location, value: &[u8]) -> Option<Finding> {
    let input = Input { location, name: b"lang", value };
    Scanner::new().scan(&input, ClassSet::NONE.with(Class::CrlfInjection))
}

#[test]
fn places_of_one_line_are_judged_more_strictly_than_texts() {
    let value = b"one two three%0d%0aSet-Cookie: a=b";
    for location in [
        Location::Path,
        Location::Query,
        Location::QueryName,
        Location::Header,
        Location::Cookie,
        Location::JsonKey,
    ] {
        assert!(scan(location, value).is_some(), "{location}");
    }
    for location in [Location::Field, Location::Json, Location::Part, Location::Text, Location::Xml] {
        assert_eq!(scan(location, value), None, "{location}");
    }
    for location in [Location::PartHeader, Location::Message] {
        assert_eq!(scan(location, b"x\r\nSet-Cookie: a=b"), None, "{location}: lines are what is sent");
    }
}

#[test]
fn any_header_of_ones_own_splits_what_becomes_one_line() {
    let value = b"en%0d%0aX-Injected: 1";
    for location in [Location::Path, Location::Query, Location::QueryName, Location::Cookie] {
        assert!(scan(location, value).is_some(), "{location}");
    }
    assert_eq!(scan(Location::Field, value), None, "a form may hold a mail");
    for value in ["en%0d%0aInjected: 1", "a%0aX: 1", "a%0ax-axis: time", "aX-Injected: 1"] {
        assert_eq!(scan(Location::Query, value.as_bytes()), None, "{value}");
    }
}

#[test]
fn breaks_are_seen_in_every_spelling() {
    for value in [
        "a%0aSet-Cookie:b=c",
        "a%0D Set-Cookie: b=c",
        "a%250d%250aSet-Cookie:b=c",
        "a%u000aSet-Cookie:b=c",
        "a\u{560a}Set-Cookie:b=c",
        "a&#13;&#10;Set-Cookie: b=c",
        "a\\u000d\\u000aSet-Cookie: b=c",
        "a\u{2028}Set-Cookie: b=c",
    ] {
        assert!(scan(Location::Query, value.as_bytes()).is_some(), "{value}");
    }
}

#[test]
fn what_people_paste_passes() {
    for value in [
        "Return-Path: <a@b.example>\r\nTo: b@c.example\r\nContent-Type: text/plain\r\n\r\nHello",
        "> GET / HTTP/1.1\n> Host: x\n< HTTP/1.1 302 Found\n< Location: /login\n",
        "10.0.0.1 - - [01/Jan/2024] \"GET / HTTP/1.1\" 200\n10.0.0.2 - - \"POST /x HTTP/1.1\" 302",
        "key: value\ncontent-type: json\n",
        "\u{5618}\u{560d} said the crow\nthen flew",
        "FROM base\nRUN make\nQUIT",
        "id\nname\nlocation",
        "--boundary\r\nContent-Type: text/plain\r\n\r\nHello\r\n--boundary--",
    ] {
        assert_eq!(scan(Location::Field, value.as_bytes()), None, "{value}");
    }
}

#[test]
fn hostile_repetition_is_linear() {
    for unit in ["\n", "\r\n", "\nA", "\nSet-Cookie", "\nGET ", "\n a", "\u{560a}", "\u{5600}", "\nA1 ", "a"]
    {
        for location in [Location::Query, Location::Field] {
            assert_linear(unit.as_bytes(), b"\nGET /", 80, |value| drop(scan(location, value)));
        }
    }
}
