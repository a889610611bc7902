use std::string::{String, ToString as _};
use std::vec::Vec;

use proptest::prelude::*;

use super::*;

fn parsed(text: &str) -> Option<(String, Option<u16>)> {
    Authority::parse(text.as_bytes()).map(|authority| (authority.host.to_string(), authority.port))
}

#[test]
fn hosts_are_names_addresses_and_literals_and_nothing_else() {
    for (text, host, port) in [
        ("example.com", "example.com", None),
        ("EXAMPLE.com.:8080", "example.com", Some(8080)),
        ("example.com:", "example.com", None),
        ("192.0.2.1:80", "192.0.2.1", Some(80)),
        ("[2001:DB8::1]", "[2001:db8::1]", None),
        ("[::1]:8443", "[::1]", Some(8443)),
        ("a_b-c", "a_b-c", None),
    ] {
        assert_eq!(parsed(text), Some((host.into(), port)), "{text}");
    }
    for text in [
        "",
        ".",
        "a..b",
        "a b",
        "user@example.com",
        "example.com:http",
        "example.com:99999",
        "example.com:+1",
        "example.com/evil",
        "example.com\r\nx: y",
        "[::1",
        "[::1]x",
        "::1",
        "[192.0.2.1]",
        "exämple.com",
        "a%2eb",
        "a,b",
        "evil.com\\",
        "a:1:2",
    ] {
        assert_eq!(parsed(text), None, "{text}");
    }
    assert!(Authority::parse(b"a\xff").is_none());
    assert!(Host::parse(&"a".repeat(64)).is_none() && Host::parse(&"a.".repeat(128)).is_none());
}

#[test]
fn below_means_another_label_in_front() {
    for (name, below) in [
        ("a.example.com", true),
        ("A.B.Example.COM.", true),
        ("example.com", false),
        ("notexample.com", false),
        ("example.com.evil", false),
        ("com", false),
    ] {
        assert_eq!(Host::parse(name).unwrap().is_below("example.com"), below, "{name}");
    }
    assert!(!Host::parse("[::1]").unwrap().is_below("1"));
}

#[test]
fn the_host_of_a_url_is_what_a_browser_would_ask() {
    for (url, host) in [
        ("https://example.com/a?b#c", Some("example.com")),
        ("https://Example.com:8443", Some("example.com")),
        ("https://user:pw@example.com/", Some("example.com")),
        ("https://evil.com/https://example.com/", Some("evil.com")),
        ("https://evil.com\\@example.com/", Some("evil.com")),
        ("https://evil.com?@example.com", Some("evil.com")),
        ("https://example.com@evil.com/", Some("evil.com")),
        ("http://[::1]:80/x", Some("[::1]")),
        ("example.com/a", None),
        ("about:blank", None),
        ("https:///a", None),
    ] {
        let found = Authority::of_url(url.as_bytes()).map(|authority| authority.host.to_string());
        assert_eq!(found.as_deref(), host, "{url}");
    }
}

fn labels() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(std::vec!["a", "A", "b", "com", "Com", "x-1"]), 1..5)
}

proptest! {
    /// A host is below a domain when its labels end with those of the domain and there are more of them.
    #[test]
    fn below_is_told_by_labels(name in labels(), domain in labels(), dot in any::<bool>()) {
        let text = name.join(".") + if dot { "." } else { "" };
        let lower = |labels: &[&str]| labels.iter().map(|label| label.to_ascii_lowercase()).collect::<Vec<_>>();
        let expected = name.len() > domain.len() && lower(&name).ends_with(&lower(&domain));
        let host = Host::parse(&text).unwrap();
        prop_assert_eq!(host.is_below(&domain.join(".")), expected);
        prop_assert_eq!(host == Host::parse(&domain.join(".")).unwrap(), lower(&name) == lower(&domain));
    }

    /// Whatever is taken for a host can be echoed: it parses as the same host again and holds nothing that ends one.
    #[test]
    fn what_is_a_host_is_safe_to_echo(bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b"a.:[]@/1\\".to_vec())], 0..24)) {
        for authority in [Authority::parse(&bytes), Authority::of_url(&[b"https://", &bytes[..]].concat())].into_iter().flatten() {
            let echo = authority.host.to_string();
            prop_assert!(Host::parse(&echo) == Some(authority.host), "{}", echo);
            let safe = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.[]:".contains(&byte);
            prop_assert!(echo.bytes().all(safe), "{}", echo);
        }
    }
}

#[test]
fn sites_are_told_apart_by_who_may_own_them() {
    let is_of = |one: &str, two: &str| Host::parse(one).unwrap().is_same_site(Host::parse(two).unwrap());
    for (one, two) in [
        ("example.com", "EXAMPLE.com"),
        ("www.example.com", "example.com"),
        ("example.com", "a.b.example.com"),
        ("www.example.com", "shop.Example.com"),
        ("a.example.co.uk", "b.example.co.uk"),
        ("localhost", "localhost."),
        ("10.0.0.1", "10.0.0.1"),
        ("[::1]", "[0:0::1]"),
    ] {
        assert!(is_of(one, two) && is_of(two, one), "{one} {two}");
    }
    for (one, two) in [
        ("example.com", "example.net"),
        ("example.com", "badexample.com"),
        ("one.com", "two.com"),
        ("one.co.uk", "two.co.uk"),
        ("10.0.0.1", "11.0.0.1"),
        ("[::1]", "[::2]"),
        ("[::1]", "localhost"),
        ("www.example.com.evil.net", "www.example.com"),
    ] {
        assert!(!is_of(one, two) && !is_of(two, one), "{one} {two}");
    }
}
