use super::{COMMON_WORDS, NAMES};
use crate::detect::decode::work::assert_linear;
use crate::detect::{Class, ClassSet, Finding, Input, Location, Scanner};

fn scan(name: &str, value: &[u8]) -> Option<Finding> {
    let input = Input { location: Location::Header, name: name.as_bytes(), value };
    Scanner::new().scan(&input, ClassSet::NONE.with(Class::Scanner))
}

#[test]
fn every_name_is_known_alone_and_among_others() {
    for name in NAMES.iter().chain(COMMON_WORDS) {
        assert!(scan("User-Agent", name.as_bytes()).is_some(), "{name}");
        let text = format!("Mozilla/5.0 ({}/1.0)", name.to_ascii_uppercase());
        assert!(scan("user-agent", text.as_bytes()).is_some(), "{text}");
    }
}

#[test]
fn other_headers_may_name_a_tool() {
    for name in ["referer", "x-note", "cookie", "host"] {
        assert_eq!(scan(name, b"https://sqlmap.example/nikto"), None, "{name}");
    }
}

#[test]
fn hostile_repetition_is_linear() {
    for unit in [" ", "nmap ", "fuzz ", "fuzz faster ", ".oast", "(", "sqlmapx/"] {
        assert_linear(unit.as_bytes(), b"nikto", 12, |value| drop(scan("user-agent", value)));
    }
}
