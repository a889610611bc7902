//! HTTP/1.1 beyond the format of vectors: several requests on one connection, and malformed messages.

use portcullis_conformance::target::Target as _;
use portcullis_conformance::targets::framework::Framework;
use portcullis_conformance::targets::servers;
use portcullis_conformance::targets::tcp::Tcp;
use portcullis_core::Timestamp;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// The statuses of all responses to these bytes, in order. Bodies must not hold a status line.
fn statuses(server: &mut Framework<Tcp>, bytes: &str) -> Vec<u16> {
    let response = String::from_utf8_lossy(&server.raw(NOW, bytes.as_bytes()).unwrap()).into_owned();
    let lines = response.split("HTTP/1.").skip(1);
    lines.map(|line| line[2..5].parse().unwrap()).collect()
}

fn get(target: &str, last: bool) -> String {
    let connection = if last { "connection: close\r\n" } else { "" };
    format!("GET {target} HTTP/1.1\r\nhost: localhost\r\n{connection}\r\n")
}

#[test]
fn every_request_of_a_connection_is_counted() {
    for (name, mut server) in servers("{ rate = { limit = \"2/min\" } }").unwrap() {
        let three = get("/", false) + &get("/", false) + &get("/", true);
        assert_eq!(statuses(&mut server, &three), [200, 200, 429], "{name}");
    }
}

#[test]
fn a_request_behind_a_rejected_one_is_checked_on_its_own() {
    for (name, mut server) in servers("{ ban = { enabled = false } }").unwrap() {
        let attack = "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\ncontent-length: 25\r\n\r\n\
                      <script>alert(1)</script>";
        let three =
            get("/", false) + attack + &get("/?q=%3Cscript%3Ealert(1)%3C/script%3E", false) + &get("/", true);
        assert_eq!(statuses(&mut server, &three), [200, 400, 400, 200], "{name}");
    }
}

#[test]
fn a_rejection_of_head_has_no_body_that_could_be_read_as_the_next_response() {
    for (name, mut server) in servers("{ ban = { enabled = false } }").unwrap() {
        let attack = get("/?q=%3Cscript%3Ealert(1)%3C/script%3E", false).replace("GET", "HEAD");
        let response = server.raw(NOW, (attack + &get("/", true)).as_bytes()).unwrap();
        let response = String::from_utf8_lossy(&response).into_owned();
        let (rejection, next) = response.split_once("\r\n\r\n").unwrap();
        assert!(
            rejection.starts_with("HTTP/1.1 400") && next.starts_with("HTTP/1.1 200"),
            "{name}: {response}"
        );
    }
}

#[test]
fn a_ban_holds_on_a_connection_that_is_open_already() {
    for (name, mut server) in
        servers("{ client = { trusted_proxies = [\"127.0.0.1\"] }, ban = { threshold = 1 } }").unwrap()
    {
        let from =
            |target: &str, last| get(target, last).replace("host:", "x-forwarded-for: 192.0.2.7\r\nhost:");
        let attack = from("/?q=%3Cscript%3Ealert(1)%3C/script%3E", false);
        let three = from("/", false) + &attack + &from("/", true);
        assert_eq!(statuses(&mut server, &three), [200, 403, 403], "{name}");
        assert!(server.is_banned(NOW, [192, 0, 2, 7].into()), "{name}");
    }
}

#[test]
fn the_rest_of_an_unread_body_is_no_request() {
    for (name, mut server) in servers("{ access = { deny = [\"127.0.0.1\"] } }").unwrap() {
        let inner = get("/", true);
        let length = inner.len();
        let outer = format!("POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n{inner}");
        assert_eq!(statuses(&mut server, &outer), [403], "{name}");
    }
}

#[test]
fn ambiguous_framing_never_makes_two_requests_of_one() {
    for (name, mut server) in servers("{}").unwrap() {
        let inner = get("/hidden", true);
        let length = inner.len();
        for framing in [
            format!("content-length: {length}\r\ncontent-length: 0"),
            format!("content-length: 0\r\ncontent-length: {length}"),
            "content-length: +0".to_owned(),
            format!("content-length: {length}, 0"),
            "transfer-encoding: identity".to_owned(),
            "transfer-encoding: chunked, identity".to_owned(),
            "transfer-encoding : chunked".to_owned(),
        ] {
            let message = format!("POST / HTTP/1.1\r\nhost: localhost\r\n{framing}\r\n\r\n{inner}");
            let statuses = statuses(&mut server, &message);
            assert!(statuses.len() <= 1 && statuses != [200], "{name}, {framing}: {statuses:?}");
        }
    }
}

#[test]
fn a_body_that_is_rejected_by_its_length_gets_no_100_continue() {
    for (name, mut server) in servers("{ body = { limit = \"1KiB\" } }").unwrap() {
        let head =
            "POST / HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 2000\r\n\r\n";
        // Rocket waits for the first bytes of a body before it passes the request on.
        if name == "rocket" {
            continue;
        }
        // Actix sends `100 Continue` before it passes requests on.
        let expected: &[u16] = if name == "actix" { &[100, 413] } else { &[413] };
        assert_eq!(statuses(&mut server, head), expected, "{name}");
    }
}

#[test]
fn an_http_1_0_client_without_a_host_is_guarded_too() {
    for (name, mut server) in servers("{ rate = { limit = \"1/min\" } }").unwrap() {
        assert_eq!(statuses(&mut server, "GET / HTTP/1.0\r\n\r\n"), [200], "{name}");
        assert_eq!(statuses(&mut server, "GET / HTTP/1.0\r\n\r\n"), [429], "{name}");
    }
}

#[test]
fn a_body_that_does_not_arrive_is_waited_for_only_so_long() {
    for (name, mut server) in servers("{ body = { timeout = \"100ms\" } }").unwrap() {
        let half = "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 30\r\n\r\n12345678901234567890";
        assert_eq!(statuses(&mut server, half), [408], "{name}");
    }
}
