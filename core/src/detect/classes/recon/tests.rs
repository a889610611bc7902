use super::{BUILD_FILES, CONSOLE_PAGES, CONSOLES, DATABASE_TOOLS, MONITOR_PAGES, MONITORS};
use crate::detect::decode::work::assert_linear;
use crate::detect::{Class, ClassSet, Finding, Input, Location, Scanner};

fn scan(location: Location, value: &[u8]) -> Option<Finding> {
    let input = Input { location, name: b"", value };
    Scanner::new().scan(&input, ClassSet::NONE.with(Class::Recon))
}

#[test]
fn every_known_page_is_found_in_a_path_and_nowhere_else() {
    let files = [DATABASE_TOOLS, CONSOLES, MONITORS, BUILD_FILES].concat();
    let pairs = [CONSOLE_PAGES, MONITOR_PAGES].concat();
    let pairs = pairs.iter().map(|(name, next)| format!("/{name}/{next}"));
    for path in files.iter().map(|name| format!("/{name}")).chain(pairs) {
        assert!(scan(Location::Path, path.as_bytes()).is_some(), "{path}");
        assert_eq!(scan(Location::Json, path.as_bytes()), None, "{path}");
    }
}

#[test]
fn hostile_repetition_is_linear() {
    for unit in ["/", "a/", "actuators/", "console/", "manager/", "%2f", ";"] {
        assert_linear(unit.as_bytes(), b"/server-status", 12, |value| drop(scan(Location::Path, value)));
    }
}
