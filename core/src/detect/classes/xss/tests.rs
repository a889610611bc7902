use std::string::String;

use super::names;
use crate::detect::decode::work::assert_linear;
use crate::detect::{Class, ClassSet, Finding, Input, Location, Scanner};

fn scan(value: &[u8]) -> Option<Finding> {
    let input = Input { location: Location::Field, name: b"q", value };
    Scanner::new().scan(&input, ClassSet::NONE.with(Class::Xss))
}

#[test]
fn names_are_sorted() {
    for table in [names::EVENTS, names::CALLS, names::OBJECTS] {
        assert!(table.windows(2).all(|pair| pair[0] < pair[1]));
    }
}

#[test]
fn evasions_of_each_part_are_seen_through() {
    for value in [
        "<ScRiPt >f()</sCrIpT>",
        "<scr\0ipt>f()</script>",
        "<<script>f()",
        "%253Cscript%253Ef()",
        "&lt;svg/onload&equals;alert(1)&gt;",
        r"\u003csvg onload=f()\u003e",
        "＜script＞f()",
        "%u003cscript%u003e",
        "%c0%bcscript%c0%be",
        "<svG/x=\">\"/oNloaD=confirm()//",
        "<img src='1' onerror/=alert(0) />",
        "<iframe srcdoc='<svg onload=f()>'></iframe>",
        "<img \"\"\" onerror=f()>",
        "<a href='jav&#x0A;ascript:f()'>",
        "<a href=\" \u{1}javascript:f()\">",
        "<img src=\"javas<!-- -->cript:f()\">",
        "<form><button formaction=javascript:f()>",
        "<p style=\"width:exp/**/ression(f())\">",
        "<p style=width:expressio\\6e(f())>",
        "<meta http-equiv=refresh content=\"0;url=javascript:f()\">",
        "x\" autofocus onfocus=\"f()",
        "\"OnCliCk=\"(prompt`1`)",
        "';alert(1)//",
        "\\\"}};alert(1)//",
        "(confirm)(1)",
        "alert/**/(1)",
    ] {
        assert!(scan(value.as_bytes()).is_some(), "{value:?} passes");
    }
}

#[test]
fn what_people_write_passes() {
    for value in [
        "I <3 you, a<b and c>d, 1<2",
        "mail <a@b.c> or <https://site.example/?on=1>",
        "<p style=\"color:red; background:white\">rich <b>text</b> with <a href=\"https://site.example/\">links</a></p>",
        "<svg viewBox=\"0 0 24 24\"><path d=\"M12 2L2 7l10 5\"/></svg>",
        "<?xml version=\"1.0\"?><order><id>12345</id></order>",
        "# title\n* a\n* b\n[x](https://site.example) `code` > quote",
        "onboarding=1; confirmation=abc; version=2; once=true",
        "c29tZXRoaW5nb25jbGljaz0=",
        "JavaScript: Basics of JavaScript Language",
        "if (a < b && c > d) { alert the operator; }",
        "the system is down(), cheval($foo)",
        "She said 'no'; then (quietly) 'alert' was all she heard",
        "{{ user.name() }} {{username}} ${price}",
        "data:image/png;base64,iVBORw0KGgo=",
        "<style>v\\:* {behavior:url(#default#VML);}</style><meta http-equiv=Content-Type content=\"text/html\">",
        "(S(O[!]) + [x]) is not a formula!",
    ] {
        assert_eq!(scan(value.as_bytes()), None, "{value:?} is flagged");
    }
}

#[test]
fn hostile_repetition_is_linear() {
    let units: &[&[u8]] = &[
        b"<",
        b"<a ",
        b"<a x=\"",
        b"<a x='",
        b"</",
        b"<!--",
        b"<a/",
        b"\"",
        b"'",
        b"`",
        b"=",
        b"on",
        b"onload=",
        b"onload=\"",
        b"<style>",
        b"<style ",
        b"/*",
        b"javascript:",
        b"j ",
        b"alert(",
        b"alert(1)';",
        b"[",
        b"[]",
        b"constructor",
        b"a[",
        b"document.",
        b"(",
        b"&{",
        b"\\",
        b";",
        b"<a x=;",
        b"self[",
        b"call`",
        b"adw-",
        b" ",
        b"<!",
        b"]]><![cdata[",
        b"\0",
    ];
    for unit in units {
        for tail in [b"".as_slice(), b" onload=alert(1) <a href= alert( [ {{ "] {
            assert_linear(unit, tail, 60, |value| drop(scan(value)));
        }
    }
}

#[test]
fn arbitrary_bytes_do_no_harm() {
    let pieces: &[&str] = &[
        "<",
        ">",
        "\"",
        "'",
        "`",
        "=",
        "/",
        " ",
        "a",
        "on",
        "onload",
        "script",
        "style",
        "src",
        "javascript",
        ":",
        "(",
        ")",
        "alert",
        "[",
        "]",
        "!",
        "+",
        "{",
        "}",
        ";",
        "\\",
        "&",
        "#",
        "data",
        ",",
        "-",
        "*",
        "é",
        "\0",
        ".",
        "constructor",
        "?",
    ];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..20_000 {
        let mut value = String::new();
        for _ in 0..state % 24 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            value.push_str(pieces[(state >> 32) as usize % pieces.len()]);
        }
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let _ = scan(value.as_bytes());
    }
}
