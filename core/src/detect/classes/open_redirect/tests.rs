use crate::detect::decode::work::assert_linear;
use crate::detect::{Class, ClassSet, Finding, Input, Location, Scanner};

fn scan(location: Location, name: &str, value: &[u8]) -> Option<Finding> {
    let input = Input { location, name: name.as_bytes(), value };
    Scanner::new().scan(&input, ClassSet::NONE.with(Class::OpenRedirect))
}

#[test]
fn only_what_says_where_to_go_next_is_looked_at() {
    for name in ["next", "redirect_uri", "returnUrl", "RETURN-TO", "url"] {
        assert!(scan(Location::Query, name, b"//evil.example").is_some(), "{name}");
    }
    for name in ["q", "", "redirect_uri_of_the_client", "text"] {
        assert_eq!(scan(Location::Query, name, b"//evil.example"), None, "{name}");
    }
    assert_eq!(scan(Location::Header, "next", b"//evil.example"), None);
}

#[test]
fn hostile_repetition_is_linear() {
    for unit in ["/", "\\", "//", "/\t", "http:", "@", "a@", ".", "/http"] {
        assert_linear(unit.as_bytes(), b".example", 20, |value| drop(scan(Location::Query, "next", value)));
    }
}
