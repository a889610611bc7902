use crate::detect::decode::work::assert_linear;
use crate::detect::{Class, ClassSet, Finding, Input, Location, Scanner};

fn scan(location: Location, name: &str, value: &[u8]) -> Option<Finding> {
    let input = Input { location, name: name.as_bytes(), value };
    Scanner::new().scan(&input, ClassSet::NONE.with(Class::FileUpload))
}

#[test]
fn names_count_where_files_are_named() {
    for (location, name) in
        [(Location::FileName, "f"), (Location::Header, "X-File-Name"), (Location::Header, "x_filename")]
    {
        assert!(scan(location, name, b"shell.php").is_some(), "{location} {name}");
        assert_eq!(scan(location, name, b"shell.txt"), None, "{location} {name}");
    }
    for (location, name) in [
        (Location::Header, "x-note"),
        (Location::Query, "file"),
        (Location::Json, "filename"),
        (Location::Path, ""),
    ] {
        assert_eq!(scan(location, name, b"/shell.php"), None, "{location} {name}");
    }
}

#[test]
fn a_picture_that_is_a_program_is_found_in_bytes_too() {
    assert!(scan(Location::Part, "f", b"\x89PNG\r\n\x1a\n<?php eval($_POST['c']);").is_some());
    assert_eq!(scan(Location::Part, "f", b"\x89PNG\r\n\x1a\n\x00<?xpacket begin=''?>"), None);
    assert_eq!(scan(Location::Json, "f", b"GIF89a<?php system(1);"), None, "files are not sent like this");
}

#[test]
fn hostile_repetition_is_linear() {
    for unit in
        [".", "..", "../", ";", ".php5x", "%00", "<", "<?ph", "filename=", "\u{202e}", "\u{202f}", ":$data"]
    {
        for location in [Location::FileName, Location::Part] {
            let value = [b"GIF8".as_slice(), unit.repeat(8).as_bytes()].concat();
            assert_linear(&value, b".php", 24, |value| drop(scan(location, "f", value)));
        }
    }
}
