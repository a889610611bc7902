//! The client, for any peer and any headers: only entries of trusted proxies count, however they are spread over lines and
//! whatever a client wrote before them.
#![no_main]

use std::net::IpAddr;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use portcullis_core::net::{Cidr, parse_forwarded};
use portcullis_core::{Client, Config, Engine, NextStep, Peer, RequestSlot, Scratch, Step, Timestamp};
use portcullis_fuzz::{Request, peer};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    header: u8,
    depth: u8,
    peer: Option<[u8; 16]>,
    request: &'a [u8],
}

/// The generic headers, two of single addresses, and an unknown one.
const HEADERS: [&str; 5] = ["x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip", "x-any"];
const TRUSTED: [&str; 3] = ["10.0.0.0/8", "2001:db8::/32", "100::/8"];
/// The maximum number of lines.
const MAX_LINES: usize = 16;

fn is_trusted(address: IpAddr) -> bool {
    TRUSTED.iter().any(|network| network.parse::<Cidr>().is_ok_and(|network| network.contains(address)))
}

fn engine(header: &str, depth: usize) -> Engine {
    let mut config = Config::default();
    config.client.trusted_proxies =
        TRUSTED.into_iter().chain(["unix"]).map(|proxy| proxy.parse().expect("a network")).collect();
    (config.client.header, config.client.proxy_depth) = (header.parse().expect("a header name"), depth as u8);
    config.client.trust_proto = true;
    (config.detect.enabled, config.rate.enabled) = (false, false);
    config.compile().expect("a valid configuration")
}

fn client(engine: &Engine, peer: Peer, headers: &[(&str, &[u8])]) -> Client {
    let request = Request { method: "GET", path: "/", headers: headers.to_vec(), ..Request::default() };
    let mut scratch = Scratch::new();
    let unanswered = Err(portcullis_core::state::Unavailable);
    let mut slot = RequestSlot::new();
    match engine.begin(request.head(peer), Timestamp::from_millis(0), &mut scratch, &mut slot) {
        Step::Done(done) => done.into_verdict().client,
        Step::State(need) => match need.resume(unanswered) {
            NextStep::Done(done) => done.into_verdict().client,
            _ => unreachable!("nothing is inspected"),
        },
        Step::Continue(NextStep::Done(done)) => done.into_verdict().client,
        Step::Continue(_) => unreachable!("nothing is inspected"),
    }
}

/// The reference: the entries of a list header from the right, over all lines.
fn expected(list: &str, depth: usize, peer: Option<IpAddr>) -> Option<IpAddr> {
    let entries = list.rsplit(',').map(str::trim_ascii).filter(|entry| !entry.is_empty());
    let entries: Vec<_> = entries.take(depth).map(|entry| parse_forwarded(entry.as_bytes())).collect();
    let first = entries.iter().take(depth - 1).find(|entry| !entry.is_some_and(is_trusted));
    first.or_else(|| entries.get(depth - 1)).copied().flatten().or(peer)
}

fuzz_target!(|input: Input<'_>| {
    let header = HEADERS[usize::from(input.header) % HEADERS.len()];
    let depth = usize::from(input.depth % 4) + 1;
    let (engine, peer, request) = (engine(header, depth), peer(input.peer), Request::read(input.request));
    let seen = client(&engine, peer, &request.headers);
    let address = if let Peer::Address(address) = peer { Some(address.to_canonical()) } else { None };
    if !address.is_none_or(is_trusted) {
        assert_eq!(seen.address, address, "the peer is not trusted");
        assert!(!seen.secure);
        return;
    }
    assert!(!seen.spoofed && (address.is_none() || seen.address.is_some()));
    let ours = |name: &str| name.eq_ignore_ascii_case(header);
    let (chain, others): (Vec<_>, Vec<_>) = request.headers.iter().copied().partition(|(name, _)| ours(name));
    assert_eq!(client(&engine, peer, &chain).address, seen.address, "another header counts");
    assert_eq!(client(&engine, peer, &[others, chain.clone()].concat()), seen, "the order of names counts");
    let lines: Vec<&[u8]> = chain.iter().map(|(_, value)| *value).collect();
    let lines = &lines[lines.len().saturating_sub(MAX_LINES)..];
    let folded = lines.join(&b", "[..]);
    if header == "forwarded" && lines.iter().any(|line| line.contains(&b'"') || line.contains(&b'\\')) {
        // An open quote ends with its line.
        return;
    }
    let one_line = client(&engine, peer, &[(header, &folded)]);
    assert_eq!(one_line.address, seen.address, "one line differs from several");
    if let (true, Ok(list)) = (header != "forwarded", std::str::from_utf8(&folded)) {
        assert_eq!(seen.address, expected(list, depth, address));
    }
    let entries = folded.split(|byte| *byte == b',').filter(|entry| !entry.trim_ascii().is_empty()).count();
    if entries >= depth {
        let forged = [&b"203.0.113.66, for=203.0.113.67,"[..], &folded].concat();
        assert_eq!(
            client(&engine, peer, &[(header, &forged)]).address,
            seen.address,
            "a client's entry counts"
        );
    }
});
