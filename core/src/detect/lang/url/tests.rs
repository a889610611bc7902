use super::*;

fn address(text: &str) -> Option<(Address, Spelling)> {
    Url::of(text.as_bytes()).and_then(|url| url.address())
}

#[test]
fn every_spelling_of_an_address_is_the_address() {
    use Address::{Loopback, Metadata, Private, Public};
    use Spelling::{Number, Odd, Usual};
    for (text, expected) in [
        ("http://127.0.0.1/x", (Loopback, Usual)),
        ("http://127.1:80", (Loopback, Odd)),
        ("http://0/", (Loopback, Number)),
        ("http://2130706433", (Loopback, Number)),
        ("http://0x7f.1", (Loopback, Number)),
        ("http://0177.0.0.1", (Loopback, Number)),
        ("http://127.000.000.001", (Loopback, Odd)),
        ("http://127\u{3002}0\u{3002}0\u{3002}1", (Loopback, Odd)),
        ("http://[::1]:8080/", (Loopback, Usual)),
        ("http://[::]", (Loopback, Usual)),
        ("http://[::ffff:127.0.0.1]", (Loopback, Odd)),
        ("http://[0:0:0:0:0:ffff:a9fe:a9fe]", (Metadata, Odd)),
        ("http://[64:ff9b::a9fe:a9fe]", (Metadata, Odd)),
        ("http://[fe80::1%25eth0]", (Private, Number)),
        ("http://0x41414141A9FEA9FE/", (Metadata, Number)),
        ("http:0251.0376.0251.0376", (Metadata, Number)),
        ("http:/2852039166", (Metadata, Number)),
        ("http:\\\\169.254.169.254\\", (Metadata, Usual)),
        ("//100.100.100.200", (Metadata, Usual)),
        ("http://a:b@10.1.2.3:99/c", (Private, Usual)),
        ("http://8.8.8.8.", (Public, Usual)),
        ("https://[2001:db8::1]", (Public, Usual)),
    ] {
        assert_eq!(address(text), Some(expected), "{text}");
    }
    for text in [
        "http://127.0.0.1.example",
        "http://example",
        "http://1.2.3.4.5",
        "http://0xzz",
        "http://[::1",
        "http://09.1.1.a",
    ] {
        assert!(address(text).is_none_or(|(class, _)| text.contains('[') && class == Loopback), "{text}");
    }
}

#[test]
fn what_readers_disagree_about_is_noted() {
    for (text, host, ambiguous) in [
        ("http://a.example:80/x@b", "a.example", false),
        ("http://u@a.example", "a.example", false),
        ("http://1.1.1.1 &@2.2.2.2# @3.3.3.3/", "2.2.2.2", true),
        ("http://a.example#@b.example", "a.example", true),
        ("http://a@b@c.example", "c.example", true),
        ("http://a.example\\@b.example", "a.example", true),
        ("http://a.example is nice, write to me@site.example", "a.example", false),
        ("http://a.example\n@ann look", "a.example", false),
        ("http://a.example @ann@b.example", "a.example", false),
        ("http://a.example says hello", "a.example", false),
    ] {
        let url = Url::of(text.as_bytes()).unwrap();
        assert_eq!((url.host, url.ambiguous), (host.as_bytes(), ambiguous), "{text}");
    }
}

#[test]
fn texts_without_a_host_are_no_urls() {
    for text in [
        "",
        "mailto:a@b",
        "data:text/plain,x",
        "/a/b",
        "a/b",
        "http://",
        "http:///",
        "12:30",
        "C:\\x",
        "note: http://x",
        "// @ts-check",
        "//div[@class='a' and contains(@id, 'b')]",
        "https://{host}/",
    ] {
        assert!(Url::of(text.as_bytes()).is_none(), "{text}");
    }
    assert!(Url::of(b"  https:site.example").is_some() && Url::of(b"/\t/site.example").is_some());
}
