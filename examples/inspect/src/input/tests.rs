use std::io::Cursor;

use super::lines::{LineEnd, Lines, read_line};
use super::*;

fn parse_all(text: &[u8], limit: usize) -> Vec<Result<Request, String>> {
    let lines = Lines::new(Box::new(Cursor::new(text.to_vec())), limit);
    let told = |fault| match fault {
        Fault::Malformed { at, reason } => format!("{at}: {reason}"),
        Fault::Unreadable(error) => panic!("{error}"),
    };
    lines.parsed(jsonl::parse).map(|request| request.map_err(told)).collect()
}

fn json(line: &str) -> Result<Request, String> {
    jsonl::parse(line.as_bytes(), 7)
}

fn log(line: &[u8]) -> Result<Request, String> {
    access_log::parse(line, 7)
}

#[test]
fn a_line_beyond_the_limit_is_skipped_whole() {
    let good = br#"{"method":"GET","path":"/"}"#;
    let long = [b'x'; 100];
    let text = [&good[..], b"\n", &long, b"\n", good].concat();
    let read = parse_all(&text, good.len() + 1);
    assert_eq!(read.len(), 3);
    assert_eq!(read[1].as_ref().unwrap_err(), "line 2: is longer than 28 bytes");
    assert_eq!(read[2].as_ref().unwrap().position, 3);
}

#[test]
fn the_limit_counts_the_line_without_its_feed() {
    let mut buffer = Vec::new();
    let mut read = |text: &[u8], limit| read_line(&mut &*text, limit, &mut buffer).unwrap();
    assert_eq!(read(b"abc\n", 3), LineEnd::Line);
    assert_eq!(read(b"abc", 3), LineEnd::Line);
    assert_eq!(read(b"abcd\n", 3), LineEnd::Limit);
    assert_eq!(read(b"abcd", 3), LineEnd::Limit);
    assert_eq!(read(b"", 3), LineEnd::Input);
}

#[test]
fn blank_lines_count_but_are_no_records() {
    let read = parse_all(
        b"\xef\xbb\xbf{\"method\":\"GET\",\"path\":\"/a\"}\r\n \r\n\n{\"method\":\"GET\",\"path\":\"/b\"}",
        99,
    );
    let positions: Vec<u64> = read.iter().map(|request| request.as_ref().unwrap().position).collect();
    assert_eq!(positions, [1, 4]);
}

#[test]
fn targets_are_split_as_a_server_does() {
    for (target, path, query) in [
        ("/a?b=c", "/a", Some("b=c")),
        ("/a?", "/a", Some("")),
        ("/a", "/a", None),
        ("*", "*", None),
        ("http://example.org/a?b", "/a", Some("b")),
        ("http://example.org", "/", None),
        ("http://example.org?b", "/", Some("b")),
        ("/login?next=http://example.org/", "/login", Some("next=http://example.org/")),
        ("/http://example.org/?a", "/http://example.org/", Some("a")),
    ] {
        assert_eq!(split_target(target), (path.into(), query.map(String::from)), "{target}");
    }
}

#[test]
fn instants_are_read_in_three_ways() {
    for at in ["1767225600", "1767225600000", "1767225600.0", "\"2026-01-01T01:00:00+01:00\""] {
        let request = json(&format!(r#"{{"method":"GET","path":"/","at":{at}}}"#)).unwrap();
        assert_eq!(request.at, Some(Timestamp::from_millis(1_767_225_600_000)), "{at}");
    }
    for (at, why) in [
        ("-1", "before 1970"),
        ("\"noon\"", "RFC 3339"),
        ("\"1960-01-01T00:00:00Z\"", "before 1970"),
        ("[]", "must be"),
    ] {
        let error = json(&format!(r#"{{"method":"GET","path":"/","at":{at}}}"#)).unwrap_err();
        assert!(error.contains(why), "{at}: {error}");
    }
}

#[test]
fn a_json_record_is_taken_literally() {
    let request = json(
        r#"{"id":{"a":1},"method":"POST","path":"/p%2e?","query":"","headers":[["X-Name","Zoë\n"],["x-name",""]],
            "body_b64":"AP8","peer":"[2001:db8::1]:80","source":"s","label":"attack","class":"ignored"}"#,
    )
    .unwrap();
    assert_eq!(request.id, serde_json::json!({"a": 1}));
    assert_eq!((request.path.as_str(), request.query.as_deref()), ("/p%2e?", Some("")));
    assert_eq!(request.headers, [("X-Name".into(), "Zoë\n".into()), ("x-name".into(), Vec::new())]);
    assert_eq!(&request.body[..], [0, 255]);
    assert_eq!(request.peer, "2001:db8::1".parse::<IpAddr>().unwrap());
    assert_eq!((request.source.as_deref(), request.label), (Some("s"), Some(Label::Attack)));
    let request = json(r#"{"method":"GET","path":"/a?b","body":"","body_b64":null,"label":1}"#).unwrap();
    assert_eq!((request.path.as_str(), request.query.as_deref()), ("/a", Some("b")));
    assert_eq!((request.id, request.peer, request.label), (7.into(), DEFAULT_PEER, None));
}

#[test]
fn an_invalid_json_record_is_an_error() {
    for (line, why) in [
        (r#"{"method":"GET"}"#, "missing field `path` at column 16"),
        (r#"{"method":"GET","path":"/","method":"PUT"}"#, "duplicate field `method`"),
        (r#"{"method":"GET","path":"/","body":"a","body_b64":"YQ=="}"#, "both `body` and `body_b64`"),
        (r#"{"method":"GET","path":"/","body_b64":"*"}"#, "`body_b64` is not base64"),
        (r#"{"method":"GET","path":"/","peer":"me"}"#, "`peer` is `me`, which is not an address"),
        (r#"{"method":"GET","path":"/","headers":[["a"]]}"#, "invalid length 1"),
        (r#"{"method":"GET","path":"/"} {}"#, "trailing characters"),
        ("[]", "invalid length 0"),
    ] {
        let error = json(line).unwrap_err();
        assert!(error.contains(why), "{line}: {error}");
    }
}

#[test]
fn an_access_log_line_gives_what_was_sent() {
    let request = log(
        br#"198.51.100.7 - a user [01/Jan/2026:01:00:00 +0100] "GET /s?q=\"a b\"\x3c\xff HTTP/1.1" 200 12 "-" "A \"B\" \x41\\\x4" "more""#,
    )
    .unwrap();
    assert_eq!(request.peer, IpAddr::from([198, 51, 100, 7]));
    assert_eq!(request.at, Some(Timestamp::from_millis(1_767_225_600_000)));
    assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/s"));
    assert_eq!(request.query.as_deref(), Some("q=\"a b\"<%FF"));
    assert_eq!(request.headers, [("user-agent".into(), br#"A "B" A\\x4"#.to_vec())]);
}

#[test]
fn the_common_log_format_has_no_headers() {
    let request = log(br#"::1 - - [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.0" 200 12"#).unwrap();
    assert!(request.headers.is_empty());
    let request = log(br#"::1 - - [01/Jan/2026:00:00:00 +0000] "GET /simple" 200 12"#).unwrap();
    assert_eq!(request.path, "/simple");
}

#[test]
fn an_invalid_log_line_is_an_error() {
    let cases: [(&[u8], &str); 8] = [
        (b"nothing", "is not an access log line"),
        (
            b"host.example - - [01/Jan/2026:00:00:00 +0000] \"GET / HTTP/1.1\" 200 1",
            "`host.example` is not an address",
        ),
        (b"::1 - -", "has no `[time]`"),
        (b"::1 - - [yesterday] \"GET / HTTP/1.1\" 200 1", "`yesterday` is not a time"),
        (b"::1 - - [01/Jan/2026:00:00:00 +0000] GET", "has no quoted request line"),
        (b"::1 - - [01/Jan/2026:00:00:00 +0000] \"GET /", "has no quoted request line"),
        (b"::1 - - [01/Jan/2026:00:00:00 +0000] \"\\x16\\x03 x\" 400 1", "is not a request line"),
        (b"::1 - - [01/Jan/2026:00:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"cut", "ends within"),
    ];
    for (line, why) in cases {
        let error = log(line).unwrap_err();
        assert!(error.contains(why), "{}: {error}", line.escape_ascii());
    }
}
