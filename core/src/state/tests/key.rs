//! Different pairs of a rule and a subject have different keys.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::BTreeMap;
use std::vec::Vec;

use proptest::prelude::*;

use crate::state::{ClientKey, Key, Scope, Subject};

fn address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any::<u32>().prop_map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits))),
        any::<u128>().prop_map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits))),
        (0_u32..4).prop_map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits))),
        (0_u128..4).prop_map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits))),
    ]
}

fn subject() -> impl Strategy<Value = Subject> {
    prop_oneof![
        (address(), 0_u8..=130).prop_map(|(address, bits)| Subject::Client(ClientKey::new(address, bits))),
        prop::collection::vec(prop::collection::vec(any::<u8>(), 0..3), 0..3).prop_map(|parts| {
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            Subject::digest(&parts)
        }),
        Just(Subject::Unknown),
    ]
}

fn key() -> impl Strategy<Value = Key> {
    let scope =
        prop_oneof![Just(Scope::Global), Just(Scope::Endpoint), Just(Scope::Route), Just(Scope::Strikes)];
    (scope, 0_u64..3, subject()).prop_map(|(scope, rule, subject)| Key { scope, rule, subject })
}

proptest! {
    #[test]
    fn checklist_16_bytes_are_equal_exactly_when_keys_are(keys in prop::collection::vec(key(), 2..60)) {
        let mut seen: BTreeMap<[u8; 32], Key> = BTreeMap::new();
        for key in keys {
            let other = *seen.entry(key.to_bytes()).or_insert(key);
            prop_assert_eq!(other, key);
        }
    }

    #[test]
    fn checklist_16_equal_keys_have_equal_bytes(a in key(), b in key()) {
        prop_assert_eq!(a == b, a.to_bytes() == b.to_bytes());
    }

    #[test]
    fn checklist_16_parts_do_not_run_into_each_other(
        a in prop::collection::vec(prop::collection::vec(0_u8..2, 0..4), 0..4),
        b in prop::collection::vec(prop::collection::vec(0_u8..2, 0..4), 0..4),
    ) {
        let digest = |parts: &[Vec<u8>]| Subject::digest(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>());
        prop_assert_eq!(a == b, digest(&a) == digest(&b));
    }
}

#[test]
fn checklist_16_an_address_and_a_path_are_two_parts() {
    let pairs = [("10.0.0.1", "1/a"), ("10.0.0.11", "/a"), ("10.0.0.1|", "1/a"), ("10.0.0.1", "|1/a")];
    let subjects: Vec<_> =
        pairs.iter().map(|(ip, path)| Subject::digest(&[ip.as_bytes(), path.as_bytes()])).collect();
    for (index, subject) in subjects.iter().enumerate() {
        assert!(!subjects[index + 1..].contains(subject));
    }
    assert_ne!(Subject::digest(&[]), Subject::digest(&[b""]));
}

#[test]
fn checklist_16_an_ipv4_client_is_not_the_ipv6_client_with_the_same_number() {
    let v4 = Subject::Client(ClientKey::new(IpAddr::V4(Ipv4Addr::from_bits(1)), 64));
    let v6 = Subject::Client(ClientKey::new(IpAddr::V6(Ipv6Addr::from_bits(1)), 128));
    let bytes = |subject| Key::new(Scope::Global, "all", subject).to_bytes();
    assert_ne!(bytes(v4), bytes(v6));
}
