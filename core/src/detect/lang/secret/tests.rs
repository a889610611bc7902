//! Notations of secrets, and text that contains none.

use std::string::String;
use std::vec::Vec;

use super::*;
use crate::detect::decode::work::assert_linear;

fn masked(text: &str) -> String {
    let (mut out, mut at) = (Vec::new(), 0);
    secrets(text.as_bytes(), &["iban".into()], &mut |secret| {
        out.extend_from_slice(&text.as_bytes()[at..secret.start]);
        out.push(b'*');
        at = secret.end;
    });
    out.extend_from_slice(&text.as_bytes()[at..]);
    String::from_utf8(out).unwrap()
}

#[test]
fn values_of_sensitive_names_are_found_in_every_notation() {
    for (text, expected) in [
        ("a=1&password=hunter2&b=2", "a=1&password=*&b=2"),
        ("password=hunter2' or 1=1--", "password=*"),
        ("iban=DE02", "iban=*"),
        ("user[password]=x&b=2", "user[password]=*&b=2"),
        ("https://a.test/r?token=S3&x=' or 1=1--", "https://a.test/r?token=*&x=' or 1=1--"),
        ("token%3DS3%26x%3D1&y=2", "token%3D*%26x%3D1&y=2"),
        ("token%253DS3%2526x%253D1", "token%253D*%2526x%253D1"),
        ("a token=S3%26x", "a token=*"),
        ("token&#61;S3&amp;x", "token&#61;*&amp;x"),
        ("level=info password=hunter2 user=bob", "level=info password=* user=bob"),
        ("password: hunter2, user: bob", "password: *, user: bob"),
        ("password: hunter2\nuser: bob", "password: *\nuser: bob"),
        ("password: |\n  hunter2\nuser: bob", "password: *\nuser: bob"),
        (r#"{"password": "hunter2", "a": "b"}"#, r#"{"password": "*", "a": "b"}"#),
        ("{\"password\":\n\"hun\\\"ter2\", \"a\": 1}", "{\"password\":\n\"*\", \"a\": 1}"),
        (r#"{"pin": 1234, "a": "b"}"#, r#"{"pin": *, "a": "b"}"#),
        (r#"{"token": {"a": ["}", 1]}, "b": 2}"#, r#"{"token": *, "b": 2}"#),
        (r#"{\"password\":\"hunter2\",\"a\":\"b\"}"#, r#"{\"password\":\"*\",\"a\":\"b\"}"#),
        (r#"{\\\"pin\\\":\\\"12\\\",\\\"a\\\":1}"#, r#"{\\\"pin\\\":\\\"*\\\",\\\"a\\\":1}"#),
        (
            r"{\u0022pin\u0022:\u002212\u0022,\u0022a\u0022:1}",
            r"{\u0022pin\u0022:\u0022*\u0022,\u0022a\u0022:1}",
        ),
        (r"a\nsid=abc&b=1", r"a\nsid=*&b=1"),
        (r#"login(password:"hunter2' or 1=1--"){id}"#, r#"login(password:"*"){id}"#),
        (r#"login(password: "x", name: "b")"#, r#"login(password: "*", name: "b")"#),
        ("login(pin: 1234, name: \"b\")", "login(pin: *, name: \"b\")"),
        ("'password' => 'hunter2', 'a' => 'b'", "'password' => '*', 'a' => 'b'"),
        (r#"set("password", "hunter2")"#, r#"set("password", "*")"#),
        (r#"{"name":"password","value":"hun}ter2"},{"a":1}"#, r#"{"name":"password*},{"a":1}"#),
        (r#"<user password="hunter2" name="b"/>"#, r#"<user password="*" name="b"/>"#),
        ("<password>hunter2</password><a>b</a>", "<password>*</password><a>b</a>"),
        ("<w:Password T='x'>hun</b>ter2</w:Password>", "<w:Password *</w:Password>"),
        ("<secret value='x'/><a>b</a>", "<secret *><a>b</a>"),
        ("&lt;pin&gt;12&lt;/pin&gt;", "&lt;pin&gt;*&lt;/pin&gt;"),
        (r#"<p key="token">x</p><a>b</a>"#, r#"<p key="token*/p><a>b</a>"#),
    ] {
        assert_eq!(masked(text), expected, "{text}");
    }
}

#[test]
fn header_lines_cookies_parts_credentials_and_users_are_found() {
    for (text, expected) in [
        ("GET / HTTP/1.1\r\nCookie: a=b; sid=c\r\nX: y", "GET / HTTP/1.1\r\nCookie: *\r\nX: y"),
        ("a=b; sessionid=c; d=e", "a=b; sessionid=*; d=e"),
        (r#"["Cookie: a=\"b\"; c=d","X: y"]"#, r#"["Cookie: *","X: y"]"#),
        ("Authorization: Digest username=\"x\", response=\"y\"\nA: b", "Authorization: *\nA: b"),
        ("sent Bearer abc.def, then x", "sent Bearer *, then x"),
        ("sent Basic dXNlcjpwYXNz then x", "sent Basic * then x"),
        ("sent Digest username=\"x\", response=\"y\"\nA: b", "sent Digest *\nA: b"),
        ("https://user:hunter2@a.test/x", "https://*@a.test/x"),
        ("https://user:hunter2' or 1=1--@a.test/x", "https://*@a.test/x"),
        (r"https:\/\/user:hunter2@a.test\/x", r"https:\/\/*@a.test\/x"),
        (
            "Content-Disposition: form-data; name=\"password\"\r\n\r\nhunter2\r\n--b\r\nX: y",
            "Content-Disposition: form-data; name=\"password*-b\r\nX: y",
        ),
    ] {
        assert_eq!(masked(text), expected, "{text}");
    }
}

#[test]
fn text_without_secrets_has_none() {
    for text in [
        "",
        "password",
        "password=",
        "password: ",
        "' union select password from users--",
        "1 and substring(password,1,1)='a'",
        "a=b=c",
        "text/html; q=0.9",
        "Mozilla/5.0 (compatible; bot/2.1; +http://www.example.com/bot.html)",
        "a Basic example of the Digest of news",
        "see https://example.com/ and write to me@example.com",
        "<script>alert(document.cookie)</script>",
        r#"{"name": "tea", "value": "x"}"#,
        "?type=password&q=1",
        "C:\\tools\\new:x",
    ] {
        assert_eq!(masked(text), text);
    }
}

#[test]
fn checklist_51_secrets_are_found_in_linear_time() {
    for unit in [
        "token=",
        "token:",
        "=",
        "<token>",
        "<token",
        "</token>",
        "//",
        "//a",
        "//a:b ",
        "basic ",
        "basic+",
        "Bearer ",
        "digest a ",
        "\\",
        "\\\"",
        "%25",
        "&amp;",
        "&amp",
        "\"",
        "\"token\",",
        "name=token ",
        "name:token",
        "id=pin!",
        "token:{",
        "token=[",
        "pin=\n",
        "pin:\r\n",
        "a,",
        " a",
        "token = ",
        "name=\"token\"",
        "%",
    ] {
        for tail in ["", "x", "=x", "\"", "@"] {
            assert_linear(unit.as_bytes(), tail.as_bytes(), 40, |text| secrets(text, &[], &mut |_| {}));
        }
    }
}
