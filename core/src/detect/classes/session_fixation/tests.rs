use super::*;
use crate::detect::{Class, ClassSet, Input, Location, Scanner};

fn scan(location: Location, name: &str) -> bool {
    let input = Input { location, name: name.as_bytes(), value: name.as_bytes() };
    Scanner::new().scan(&input, ClassSet::NONE.with(Class::SessionFixation)).is_some()
}

#[test]
fn the_gate_knows_every_name() {
    for name in NAMES.iter().chain(&["ASPSESSIONIDAABB"]) {
        assert!(names_session(name.as_bytes()), "{name}");
        assert!(names_session(name.to_uppercase().as_bytes()), "{name}");
    }
    for name in ["", "_", "q", "page", "id", "sort", "utm_source", "token"] {
        assert!(!names_session(name.as_bytes()), "{name}");
    }
}

#[test]
fn a_name_says_nothing_unless_another_site_sends_it() {
    for name in NAMES {
        assert!(scan(Location::LinkedName, name), "{name}");
        assert!(!scan(Location::QueryName, name) && !scan(Location::Cookie, name), "{name}");
    }
}
