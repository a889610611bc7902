//! Client identification, over chains of proxies that are trusted and hops that are not.

use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::net::Cidr;

const PROXY: &str = "10.0.0.1";

fn proxies(header: &str, depth: usize, trusted: &[&str]) -> Proxies {
    Proxies {
        trusted: trusted.iter().map(|entry| entry.parse::<Cidr>().unwrap()).collect(),
        trust_unix: false,
        depth,
        header: match header {
            "forwarded" => ForwardHeader::Forwarded,
            name => ForwardHeader::List(name.into()),
        },
        trust_proto: true,
    }
}

fn peer(address: &str) -> Peer {
    Peer::Address(address.parse().unwrap())
}

fn lines(lines: &[(&str, &str)]) -> Vec<(String, String)> {
    lines.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

fn chosen(proxies: &Proxies, from: &str, headers: &[(&str, &str)]) -> Client {
    proxies.client(peer(from), false, &lines(headers))
}

fn address(proxies: &Proxies, from: &str, headers: &[(&str, &str)]) -> String {
    chosen(proxies, from, headers).address.unwrap().to_string()
}

#[test]
fn a_report_says_what_the_header_claims_and_repeats_only_addresses() {
    for (header, lines, claim) in [
        (
            "x-forwarded-for",
            vec![("X-Forwarded-For", "198.51.100.77")],
            "X-Forwarded-For header 198.51.100.77",
        ),
        (
            "x-forwarded-for",
            vec![("x-forwarded-for", "<script>, 198.51.100.7:80"), ("x-forwarded-for", "[2001:db8::1]")],
            "X-Forwarded-For header [REDACTED], 198.51.100.7, 2001:db8::1",
        ),
        (
            "forwarded",
            vec![("forwarded", "for=secret;by=x, for=\"[2001:db8::1]\"")],
            "Forwarded header [REDACTED], 2001:db8::1",
        ),
        (
            "x-real-ip",
            vec![("x-real-ip", "1.1.1.1,2.2.2.2,3.3.3.3,4.4.4.4,5.5.5.5,6.6.6.6,7.7.7.7,8.8.8.8,9.9.9.9")],
            "X-Real-Ip header 2.2.2.2, 3.3.3.3, 4.4.4.4, 5.5.5.5, 6.6.6.6, 7.7.7.7, 8.8.8.8, 9.9.9.9",
        ),
    ] {
        assert_eq!(proxies(header, 1, &[PROXY]).forwarding_summary(&self::lines(&lines)), claim);
    }
}

#[test]
fn the_entry_at_the_configured_depth_is_the_client() {
    // (depth, trusted, header, client); the peer is 10.0.0.1.
    let one: &[&str] = &["10.0.0.0/8"];
    for (depth, trusted, header, client) in [
        (1, one, "198.51.100.7", "198.51.100.7"),
        (1, one, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (1, one, "203.0.113.9, 10.0.0.2", "10.0.0.2"),
        (2, one, "203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (2, one, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (3, one, "203.0.113.9, 198.51.100.7, 10.0.0.3, 10.0.0.2", "198.51.100.7"),
        (3, one, "203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (2, one, "10.0.0.2", PROXY),
        (1, one, "", PROXY),
        (1, one, " , ,", PROXY),
        (1, one, "198.51.100.7, , ", "198.51.100.7"),
        (1, one, "198.51.100.7, unknown", PROXY),
        (1, one, "198.51.100.7, 198.51.100.8:99999", PROXY),
        (2, one, "198.51.100.7, garbage, 10.0.0.2", PROXY),
        (2, one, "198.51.100.7, garbage", PROXY),
        (2, one, "garbage, 198.51.100.7", "198.51.100.7"),
        (1, one, "[2001:db8::1]:443", "2001:db8::1"),
        (1, one, "::ffff:198.51.100.7", "198.51.100.7"),
        (2, one, "198.51.100.7, ::ffff:10.0.0.2", "198.51.100.7"),
        (1, &[], "198.51.100.7", PROXY),
        (1, &["10.0.0.2"], "198.51.100.7", PROXY),
        (2, &[PROXY], "203.0.113.9, 10.0.0.2", "10.0.0.2"),
        (16, one, "203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
    ] {
        let proxies = proxies("x-forwarded-for", depth, trusted);
        let client = (depth, header, client.to_string());
        assert_eq!((depth, header, address(&proxies, PROXY, &[("X-Forwarded-For", header)])), client);
    }
}

#[test]
fn a_header_from_somebody_untrusted_is_ignored_and_noticed() {
    let proxies = proxies("x-forwarded-for", 1, &["10.0.0.0/8"]);
    let client = chosen(&proxies, "203.0.113.9", &[("x-forwarded-for", "10.0.0.5")]);
    assert_eq!(client.address, Some([203, 0, 113, 9].into()));
    assert!(client.spoofed && !client.secure);
    assert!(!chosen(&proxies, "203.0.113.9", &[("forwarded", "for=10.0.0.5")]).spoofed, "another header");
    assert!(!chosen(&proxies, PROXY, &[("x-forwarded-for", "198.51.100.7")]).spoofed);
    let https = [("x-forwarded-proto", "https")];
    assert!(!chosen(&proxies, "203.0.113.9", &https).secure, "nor is the scheme believed");
    let folded = chosen(&proxies, "::ffff:10.0.0.9", &[("x-forwarded-for", "198.51.100.7")]);
    assert_eq!(
        folded.address,
        Some([198, 51, 100, 7].into()),
        "a mapped peer is folded before it is matched"
    );
}

#[test]
fn only_the_configured_header_is_read() {
    let proxies = proxies("cf-connecting-ip", 1, &["10.0.0.0/8"]);
    let headers =
        [("x-forwarded-for", "203.0.113.9"), ("x-real-ip", "203.0.113.9"), ("forwarded", "for=203.0.113.9")];
    assert_eq!(address(&proxies, PROXY, &headers), PROXY);
    assert_eq!(address(&proxies, PROXY, &[("CF-Connecting-IP", "198.51.100.7")]), "198.51.100.7");
}

#[test]
fn forwarded_elements_are_read_from_the_right() {
    let one = proxies("forwarded", 1, &["10.0.0.0/8"]);
    let two = proxies("forwarded", 2, &["10.0.0.0/8"]);
    for (proxies, header, client) in [
        (&one, "for=198.51.100.7", "198.51.100.7"),
        (&one, "For=\"198.51.100.7:4711\";proto=https;by=10.0.0.1", "198.51.100.7"),
        (&one, "proto=http; for=\"[2001:db8::7]:4711\"", "2001:db8::7"),
        (&one, "for=203.0.113.9, for=198.51.100.7", "198.51.100.7"),
        (&one, "for=203.0.113.9;by=\"a,b\", for=198.51.100.7;host=\"x,y;z\"", "198.51.100.7"),
        (&one, "for=\"203.0.113.9, for=198.51.100.7", "198.51.100.7"),
        (&one, "for=\"\"\", for=198.51.100.7", "198.51.100.7"),
        (&one, "for=\"a\\\", for=198.51.100.7", "198.51.100.7"),
        (&one, "for=198.51.100.8, for=unknown", PROXY),
        (&one, "for=198.51.100.8, for=_hidden", PROXY),
        (&one, "for=198.51.100.8, proto=https", PROXY),
        (&one, "198.51.100.7", PROXY),
        (&one, "for=", PROXY),
        (&two, "for=203.0.113.9, for=198.51.100.7, for=10.0.0.2", "198.51.100.7"),
        (&two, "for=\"203.0.113.9, for=198.51.100.7, for=\"10.0.0.2\"", "198.51.100.7"),
        (&two, "for=203.0.113.9, for=198.51.100.7", "198.51.100.7"),
    ] {
        assert_eq!(address(proxies, PROXY, &[("forwarded", header)]), client, "{header}");
    }
    let lines =
        [("forwarded", "for=203.0.113.9"), ("FORWARDED", "for=198.51.100.7"), ("Forwarded", "for=10.0.0.2")];
    assert_eq!(address(&two, PROXY, &lines), "198.51.100.7", "lines are one list");
}

/// A proxy that notes the `Host` of the request escapes the quotes in it (RFC 9110, section 5.6.4).
#[test]
fn an_escaped_quote_of_the_client_stays_in_its_value() {
    let proxies = proxies("forwarded", 1, &["10.0.0.0/8"]);
    for host in [r#"a", b"#, r#"a"", for=6.6.6.6;x=""#, r"a\", r#"a\"; for=6.6.6.6; b"#, r#"\\",""#] {
        let host = host.replace('\\', r"\\").replace('"', "\\\"");
        for forged in ["for=6.6.6.6;x=1", "for=6.6.6.6", "\""] {
            for mine in ["for=198.51.100.7;host=\"HOST\"", "host=\"HOST\";for=198.51.100.7"] {
                let header = std::format!("{forged}, {}", mine.replace("HOST", &host));
                assert_eq!(address(&proxies, PROXY, &[("forwarded", &header)]), "198.51.100.7", "{header}");
            }
        }
    }
}

#[test]
fn an_unbalanced_quote_of_the_client_stays_on_its_side() {
    let proxies = proxies("forwarded", 1, &["10.0.0.0/8"]);
    for forged in ["for=\"10.0.0.9", "\"", "for=\"1.1.1.1\";by=\"", "a=\"b\\\"", "\"\"\"\"\""] {
        let header = std::format!("{forged}, for=198.51.100.7;proto=http");
        assert_eq!(address(&proxies, PROXY, &[("forwarded", &header)]), "198.51.100.7", "{forged}");
        let lines = [("forwarded", forged), ("forwarded", "for=\"198.51.100.7\"")];
        assert_eq!(address(&proxies, PROXY, &lines), "198.51.100.7", "{forged}");
    }
}

#[test]
fn of_many_lines_the_last_ones_count() {
    let proxies = proxies("x-forwarded-for", 16, &["10.0.0.0/8"]);
    let mut headers: Vec<(String, String)> =
        (0..100).map(|n| ("x-forwarded-for".into(), std::format!("203.0.113.{n}"))).collect();
    headers.push(("x-forwarded-for".into(), "198.51.100.7".into()));
    headers.extend((2..=16).map(|n| ("x-forwarded-for".into(), std::format!("10.0.0.{n}"))));
    let client = proxies.client(peer(PROXY), false, &headers);
    assert_eq!(client.address, Some([198, 51, 100, 7].into()), "the sixteenth from the end");
    headers.push(("x-forwarded-for".into(), "10.0.0.17".into()));
    let client = proxies.client(peer(PROXY), false, &headers);
    assert_eq!(client.address, Some([10, 0, 0, 2].into()), "what a trusted proxy wrote, not what is beyond");
}

#[test]
fn the_scheme_is_the_one_the_outermost_trusted_proxy_saw() {
    let one = proxies("x-forwarded-for", 1, &["10.0.0.0/8"]);
    let two = proxies("x-forwarded-for", 2, &["10.0.0.0/8"]);
    let deep = "198.51.100.7, 10.0.0.2";
    for (proxies, chain, protocol, secure) in [
        (&one, "198.51.100.7", "https", true),
        (&one, "198.51.100.7", "HTTPS", true),
        (&one, "198.51.100.7", "http", false),
        (&one, "198.51.100.7", "https, http", false),
        (&one, "198.51.100.7", "http, https", true),
        (&one, "198.51.100.7", "", false),
        (&two, deep, "https, http", true),
        (&two, deep, "http, https", false),
        (&two, deep, "https, http, http", false),
        (&two, deep, "https", true),
        // The client came straight to the inner proxy: what stands further left is its own invention.
        (&two, "198.51.100.7", "https, http", false),
    ] {
        let headers = [("x-forwarded-for", chain), ("x-forwarded-proto", protocol)];
        assert_eq!(chosen(proxies, PROXY, &headers).secure, secure, "{chain}: {protocol}");
    }
    let lines =
        [("x-forwarded-for", "198.51.100.7"), ("x-forwarded-proto", "http"), ("x-forwarded-proto", "https")];
    assert!(chosen(&one, PROXY, &lines).secure, "lines are one list");
    let off = Proxies { trust_proto: false, ..one };
    assert!(!chosen(&off, PROXY, &lines).secure);
    assert!(off.client(peer(PROXY), true, &lines_of_nothing()).secure, "the connection itself is TLS");
}

fn lines_of_nothing() -> Vec<(String, String)> {
    Vec::new()
}

#[test]
fn forwarded_carries_the_scheme_itself() {
    let one = proxies("forwarded", 1, &["10.0.0.0/8"]);
    let two = proxies("forwarded", 2, &["10.0.0.0/8"]);
    for (proxies, header, secure) in [
        (&one, "for=198.51.100.7;proto=https", true),
        (&one, "for=198.51.100.7;Proto=\"HTTPS\"", true),
        (&one, "for=198.51.100.7;proto=http", false),
        (&one, "for=203.0.113.9;proto=https, for=198.51.100.7", false),
        (&two, "for=198.51.100.7;proto=https, for=10.0.0.2;proto=http", true),
        (&two, "for=198.51.100.7;proto=http, for=10.0.0.2;proto=https", false),
        (&two, "for=203.0.113.9;proto=https, for=198.51.100.7;proto=http", false),
        (&two, "for=203.0.113.9;proto=https, for=198.51.100.7", false),
    ] {
        assert_eq!(chosen(proxies, PROXY, &[("forwarded", header)]).secure, secure, "{header}");
    }
}

#[test]
fn a_unix_peer_is_believed_only_when_it_is_trusted() {
    let mut proxies = proxies("x-forwarded-for", 1, &["10.0.0.0/8"]);
    let headers = lines(&[("x-forwarded-for", "198.51.100.7"), ("x-forwarded-proto", "https")]);
    let client = proxies.client(Peer::Unix, false, &headers);
    assert_eq!(client, Client { address: None, secure: false, spoofed: true });
    proxies.trust_unix = true;
    let client = proxies.client(Peer::Unix, false, &headers);
    assert_eq!(client, Client { address: Some([198, 51, 100, 7].into()), secure: true, spoofed: false });
    assert_eq!(proxies.client(Peer::Unix, false, &lines(&[])).address, None, "nobody named a client");
    let missing = proxies.client(Peer::Missing("fix"), false, &headers);
    assert_eq!((missing.address, missing.spoofed), (None, true), "a missing peer is not a Unix socket");
}

/// A way from a client to the server: what the client invented, then the hops, each trusted or not.
#[derive(Clone, Debug)]
struct Way {
    forged: Vec<(u8, bool)>,
    hops: Vec<bool>,
    /// Whether each proxy opens a line of its own.
    own_line: Vec<bool>,
    /// Whether each connection along the way was HTTPS.
    https: Vec<bool>,
    depth: usize,
    forwarded: bool,
}

fn ways() -> impl Strategy<Value = Way> {
    let forged = prop::collection::vec((any::<u8>(), any::<bool>()), 0..5);
    let bools = |n: core::ops::Range<usize>| prop::collection::vec(any::<bool>(), n);
    (forged, bools(0..6), bools(6..7), bools(7..8), 1_usize..6, any::<bool>()).prop_map(
        |(forged, hops, own_line, https, depth, forwarded)| Way {
            forged,
            hops,
            own_line,
            https,
            depth,
            forwarded,
        },
    )
}

fn append(lines: &mut Vec<String>, own_line: bool, entry: String) {
    match lines.last_mut().filter(|_| !own_line) {
        Some(line) => *line = std::format!("{line}, {entry}"),
        None => lines.push(entry),
    }
}

impl Way {
    /// Addresses along the way, the client first: trusted hops in 10.0.0.0/16, the others in 198.51.100.0/24.
    fn addresses(&self) -> Vec<IpAddr> {
        let hop = |(at, trusted): (usize, &bool)| {
            if *trusted { [10, 0, 0, at as u8 + 1].into() } else { [198, 51, 100, at as u8 + 1].into() }
        };
        core::iter::once([198, 51, 100, 0].into()).chain(self.hops.iter().enumerate().map(hop)).collect()
    }

    /// The headers that reach the server. Whoever is not trusted says that everything was HTTPS.
    fn headers(&self) -> Vec<(String, String)> {
        let (mut chain, mut protocols) = (Vec::new(), Vec::new());
        let element = |address: &str, https: bool| match self.forwarded {
            true => std::format!("for={address};proto={}", if https { "https" } else { "http" }),
            false => address.into(),
        };
        for (byte, looks_trusted) in &self.forged {
            let address =
                if *looks_trusted { std::format!("10.9.9.{byte}") } else { std::format!("203.0.113.{byte}") };
            append(&mut chain, byte % 2 == 0, element(&address, true));
            append(&mut protocols, byte % 2 == 0, "https".into());
        }
        for (at, (hop, from)) in self.hops.iter().zip(self.addresses()).enumerate() {
            let https = self.https[at] || !hop;
            append(&mut chain, self.own_line[at], element(&from.to_string(), https));
            append(&mut protocols, self.own_line[at], if https { "https".into() } else { "http".into() });
        }
        let name = if self.forwarded { "Forwarded" } else { "X-Forwarded-For" };
        let chain = chain.into_iter().map(|line| (name.into(), line));
        chain.chain(protocols.into_iter().map(|line| ("x-forwarded-proto".into(), line))).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn nothing_that_an_untrusted_hop_wrote_is_believed(way in ways()) {
        let header = if way.forwarded { "forwarded" } else { "x-forwarded-for" };
        let proxies = proxies(header, way.depth, &["10.0.0.0/8"]);
        let addresses = way.addresses();
        let peer = *addresses.last().unwrap();
        let client = proxies.client(Peer::Address(peer), false, &way.headers());
        // Only the trusted hops next to the server are believed; the nearest says who came to it, and so on.
        let trusted = way.hops.iter().rev().take_while(|trusted| **trusted).count();
        let believed = trusted.min(way.depth);
        let hop = addresses.len() - 1 - believed;
        prop_assert_eq!(client.address, Some(addresses[hop]));
        prop_assert_eq!(client.secure, believed > 0 && way.https[hop]);
        let spoofed = trusted == 0 && !(way.forged.is_empty() && way.hops.is_empty());
        prop_assert_eq!(client.spoofed, spoofed);
    }
}

#[test]
fn a_quoted_value_of_another_parameter_names_neither_client_nor_scheme() {
    let proxies = proxies("forwarded", 1, &["10.0.0.0/8"]);
    let element = r#"host="a;for=203.0.113.9;proto=https";for=198.51.100.7;proto=http"#;
    let client = chosen(&proxies, PROXY, &[("forwarded", element)]);
    assert_eq!(client.address, "198.51.100.7".parse().ok());
    assert!(!client.secure);
}
