use crate::detect::decode::work::assert_linear;
use crate::detect::{Class, ClassSet, Finding, Input, Location, Scanner};

fn scan(location: Location, value: &[u8]) -> Option<Finding> {
    let input = Input { location, name: b"file", value };
    Scanner::new().scan(&input, ClassSet::NONE.with(Class::PathTraversal))
}

#[test]
fn evasions_of_each_part_are_seen_through() {
    for value in [
        "../../x",
        "..\\../x",
        "/static/img/../../etc/passwd",
        "....//....//x",
        "..././..././x",
        ".../.../windows/win.ini",
        "..;/..;/admin",
        "%2e%2e%2f%2e%2e%2fx",
        "%252e%252e%252fx",
        "..%c0%af..%c0%afx",
        "..%c1%9c..%c1%9cx",
        "..%c0%9v..%c0%9vx",
        "..%bg%qf..%bg%qfx",
        "%c0%ae%c0%ae%c1%afx",
        "%%32%%65%%32%%65/x",
        "0x2e0x2e%%32%%66boot.ini",
        "..%uF025etc%uF025passwd",
        "/%41aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/../x",
        "././././etc/shadow",
        "%uff0e%uff0e%u2215x/%uff0e%uff0e%u2215%uff0e%uff0e%u2215",
        "0x2e0x2e0x5c0x2e0x2e0x5cx",
        "..2f..2fx",
        "..%00/..%00/x",
        "..%01/..%01/x",
        "??\\??\\boot.ini",
        ".//..//.//..//x",
        "/etc/passwd%00.jpg",
        "/etc/x/../passwd",
        "/usr/share/../../etc/./passwd",
        "~/.ssh/id_rsa",
        "0X2E0X2E0X5C0X2E0X2E0X5Cx",
        "C:\\boot.ini",
        "file:///etc/./passwd",
        "<!ENTITY x SYSTEM \"file:///etc/passwd\">",
        "PHP://FILTER/read=string.rot13/resource=x",
        "data://text/plain;base64,PD9waHA=",
    ] {
        assert!(scan(Location::Query, value.as_bytes()).is_some(), "{value:?} passes");
    }
}

#[test]
fn a_request_path_never_climbs() {
    for value in ["/../x", "/a/..%2fx", "/a/%2e%2e/x", "/static/..%5c..%5cx", "/..;/manager/html"] {
        assert!(scan(Location::Path, value.as_bytes()).is_some(), "{value:?} passes");
    }
    for value in ["/a/b.c/..d/v1..2", "/files/a..b/c...", "/docs/100%25", "/a/./b"] {
        assert_eq!(scan(Location::Path, value.as_bytes()), None, "{value:?} is flagged");
    }
}

#[test]
fn what_people_write_passes() {
    for value in [
        "../images/a.png",
        "<img src=\"../../images/a.png\">",
        "import x from '../../../lib/x';",
        "wait... what/ever",
        "foo.../bar and versions 1..2, 2..3/4",
        "https://site.example/a/../b?next=../c",
        "C:\\Users\\me\\Documents\\report.docx",
        "\\\\fileserver\\share$\\team",
        "see /etc/hosts and ~/.ssh on the server",
        "/var/log/syslog",
        "file://",
        "05/??/2024",
        "data://example text",
        "a 0x2e b, 0x2e0x2e",
        "/blog/etc-and-passwd-explained",
        "/shop/config-beach",
        "0x2f3a5c7d",
        "100%2f of it",
    ] {
        assert_eq!(scan(Location::Json, value.as_bytes()), None, "{value:?} is flagged");
    }
}

#[test]
fn hostile_repetition_is_linear() {
    let units: &[&[u8]] = &[
        b".",
        b"/",
        b"\\",
        b"..",
        b"../",
        b"..;",
        b"a/",
        b"%",
        b"%c0",
        b"\xc0",
        b"\xc0%",
        b"?",
        b"??/",
        b"0x2e",
        b"0x",
        b"..\0",
        b"\0",
        b"\xef\xbf\xbd",
        b"..\xef\xbf\xbd",
        b"etc/",
        b"etc/passwd ",
        b" ",
        b"a",
        b"file:/",
        b"%2%e",
        b".php",
        b"/etc-",
        b"/etc/x/../",
        b"/var/log/auth.log",
        b"\\\\a$",
    ];
    for unit in units {
        for location in [Location::Query, Location::Path] {
            assert_linear(unit, b"/etc/passwd", 12, |value| drop(scan(location, value)));
        }
    }
}
