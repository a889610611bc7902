use crate::detect::decode::work::assert_linear;
use crate::detect::{Class, ClassSet, Finding, Input, Location, Scanner};

fn scan(location: Location, name: &str, value: &[u8]) -> Option<Finding> {
    let input = Input { location, name: name.as_bytes(), value };
    Scanner::new().scan(&input, ClassSet::NONE.with(Class::Ssrf))
}

#[test]
fn evasions_are_seen_through() {
    for value in [
        "http:127.0.0.1/",
        "http://[0:0:0:0:0:ffff:127.0.0.1]",
        "http%3A%2F%2F0xA9FEA9FE",
        "http:/\\/169.254.169.254",
        "hTTp://①⑥⑨.②⑤④.①⑥⑨.②⑤④/",
        "http://127。0。0。1/",
        "http://localhost%09/admin",
        "\" http://169.254.169.254/\"",
        "ssh://0177.00.00.01",
        "http://app-169-254-169-254.nip.io/",
        "http://foo@169.254.169.254:80/",
        "https:\t//169.254.169.254/",
    ] {
        assert!(scan(Location::Query, "q", value.as_bytes()).is_some(), "{value}");
    }
    assert!(scan(Location::Path, "", b"/proxy/http://169.254.169.254/latest").is_some());
}

#[test]
fn development_and_administration_pass() {
    for (location, name, value) in [
        (Location::Query, "redirect_uri", "http://localhost:3000/callback"),
        (Location::Query, "redirect_uri", "http://127.0.0.1:53682/"),
        (Location::Header, "Referer", "http://localhost/admin"),
        (Location::Header, "Origin", "http://127.0.0.1:6379"),
        (Location::Header, "host", "127.0.0.1:22"),
        (Location::Header, "x-forwarded-for", "127.0.0.1, 10.0.0.1"),
        (Location::Json, "url", "http://localhost:9090"),
        (Location::Json, "webhook", "http://192.168.1.20:8123/api/hook"),
        (Location::Query, "url", "http://10.0.0.5:8080/hook"),
        (Location::Field, "message", "ping 127.0.0.1"),
        (Location::Json, "text", "proxy_pass http://127.0.0.1:6379; # was http://169.254.169.254/"),
        (Location::Query, "version", "10.0.0.1"),
        (Location::Query, "time", "12:30"),
        (Location::Query, "domain", "metadata"),
        (Location::Json, "dsn", "postgres://ann:secret@db.internal:5432/shop"),
    ] {
        assert_eq!(scan(location, name, value.as_bytes()), None, "{name}: {value}");
    }
}

#[test]
fn hostile_repetition_is_linear() {
    for unit in [
        "http://",
        "://",
        ":/",
        "http:",
        "@",
        "//",
        "a@",
        "http://a@b",
        "1.",
        "0x",
        "[::",
        "\\",
        "\t",
        "http://[::1%",
        "aaaaaaa:/",
        "http:////////////////",
    ] {
        assert_linear(unit.as_bytes(), b"http://10.0.0.1", 60, |value| {
            drop(scan(Location::Query, "url", value));
        });
    }
}
