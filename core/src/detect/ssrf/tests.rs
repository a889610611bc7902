use crate::detect::decode::work::assert_linear;
use crate::detect::{Class, ClassSet, Finding, Origin, Scanner, Surface};

fn scan(origin: Origin, name: &str, value: &[u8]) -> Option<Finding> {
    let surface = Surface { origin, name: name.as_bytes(), value };
    Scanner::new().scan(&surface, ClassSet::NONE.with(Class::Ssrf))
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
        assert!(scan(Origin::Query, "q", value.as_bytes()).is_some(), "{value}");
    }
    assert!(scan(Origin::Path, "", b"/proxy/http://169.254.169.254/latest").is_some());
}

#[test]
fn development_and_administration_pass() {
    for (origin, name, value) in [
        (Origin::Query, "redirect_uri", "http://localhost:3000/callback"),
        (Origin::Query, "redirect_uri", "http://127.0.0.1:53682/"),
        (Origin::Header, "Referer", "http://localhost/admin"),
        (Origin::Header, "Origin", "http://127.0.0.1:6379"),
        (Origin::Header, "host", "127.0.0.1:22"),
        (Origin::Header, "x-forwarded-for", "127.0.0.1, 10.0.0.1"),
        (Origin::Json, "url", "http://localhost:9090"),
        (Origin::Json, "webhook", "http://192.168.1.20:8123/api/hook"),
        (Origin::Query, "url", "http://10.0.0.5:8080/hook"),
        (Origin::Field, "message", "ping 127.0.0.1"),
        (Origin::Json, "text", "proxy_pass http://127.0.0.1:6379; # was http://169.254.169.254/"),
        (Origin::Query, "version", "10.0.0.1"),
        (Origin::Query, "time", "12:30"),
        (Origin::Query, "domain", "metadata"),
        (Origin::Json, "dsn", "postgres://ann:secret@db.internal:5432/shop"),
    ] {
        assert_eq!(scan(origin, name, value.as_bytes()), None, "{name}: {value}");
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
            drop(scan(Origin::Query, "url", value));
        });
    }
}
