use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;

fn nets(texts: &[&str]) -> Vec<Cidr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn country(code: &str) -> Country {
    code.parse().unwrap()
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn clouds(tables: &AddressTables, provider: &str, text: &str) -> Option<Vec<(String, Option<String>)>> {
    let mut found = Vec::new();
    let known = tables.cloud(provider, address(text), &mut |cloud| {
        found.push((cloud.network.to_owned(), cloud.region.map(Into::into)));
        true
    });
    matches!(known, Fact::Value(())).then_some(found)
}

#[test]
fn a_missing_table_differs_from_an_empty_one() {
    let none = AddressTables::default();
    assert_eq!(none.country(address("192.0.2.1")), Fact::Missing);
    assert_eq!(none.listed("tor", address("192.0.2.1")), Fact::Missing);
    assert_eq!(clouds(&none, "AWS", "192.0.2.1"), None);
    let empty =
        AddressTables::builder().country(country("DE"), []).cloud("AWS", None, []).list("tor", []).build();
    assert_eq!(empty.country(address("192.0.2.1")), Fact::Value(None));
    assert_eq!(empty.listed("tor", address("192.0.2.1")), Fact::Value(false));
    assert_eq!(empty.listed("Tor", address("192.0.2.1")), Fact::Missing);
    assert_eq!(clouds(&empty, "aws", "192.0.2.1"), Some(Vec::new()));
}

#[test]
fn the_smallest_network_determines_the_country() {
    let tables = AddressTables::builder()
        .country(country("US"), nets(&["10.0.0.0/8", "2001:db8::/32"]))
        .country(country("DE"), nets(&["10.1.0.0/16", "2001:db8:1::/48"]))
        .country(country("FR"), nets(&["10.1.2.3", "10.1.0.0/24"]))
        .country(country("NL"), nets(&["10.1.0.0/24"]))
        .build();
    for (text, code) in [
        ("10.0.0.1", Some("US")),
        ("10.1.9.1", Some("DE")),
        ("10.1.2.3", Some("FR")),
        ("::ffff:10.1.2.3", Some("FR")),
        ("10.1.0.9", Some("NL")),
        ("10.2.0.1", Some("US")),
        ("11.0.0.1", None),
        ("2001:db8:1::1", Some("DE")),
        ("2001:db8:2::1", Some("US")),
        ("2001:db9::1", None),
    ] {
        assert_eq!(tables.country(address(text)), Fact::Value(code.map(country)), "{text}");
    }
}

#[test]
fn every_network_of_a_provider_is_visited_from_the_smallest_until_stopped() {
    let tables = AddressTables::builder()
        .cloud("AWS", None, nets(&["10.0.0.0/8"]))
        .cloud("aws", Some("eu-west-1"), nets(&["10.1.0.0/16"]))
        .cloud("AWS", Some("eu-west-2"), nets(&["10.1.0.0/16", "10.2.0.0/16"]))
        .build();
    let found = clouds(&tables, "Aws", "10.1.0.1").unwrap();
    let regions: Vec<_> = found.iter().map(|(_, region)| region.as_deref()).collect();
    assert_eq!(regions, [Some("eu-west-2"), Some("eu-west-1"), None]);
    let mut visits = 0;
    let _ = tables.cloud("AWS", address("10.1.0.1"), &mut |_| {
        visits += 1;
        false
    });
    assert_eq!(visits, 1);
}

#[test]
fn newer_tables_take_the_place_of_the_old_ones_of_their_name() {
    let old = AddressTables::builder()
        .country(country("DE"), nets(&["10.0.0.0/8"]))
        .cloud("AWS", None, nets(&["10.0.0.0/8"]))
        .cloud("GCP", None, nets(&["10.0.0.0/8"]))
        .list("tor", nets(&["10.0.0.1"]))
        .build();
    let newer = AddressTables::builder().cloud("aws", None, nets(&["11.0.0.0/8"])).list("vpn", []).build();
    let merged = old.with(&newer);
    assert_eq!(clouds(&merged, "AWS", "10.0.0.1"), Some(Vec::new()));
    assert_eq!(clouds(&merged, "GCP", "10.0.0.1").map(|found| found.len()), Some(1));
    assert_eq!(merged.country(address("10.0.0.1")), Fact::Value(Some(country("DE"))));
    assert_eq!(merged.listed("tor", address("10.0.0.1")), Fact::Value(true));
    assert_eq!(merged.listed("vpn", address("10.0.0.1")), Fact::Value(false));
    assert_eq!(clouds(&old, "AWS", "10.0.0.1").map(|found| found.len()), Some(1), "the old tables stay");
}

/// Networks that often nest, and addresses near them.
fn network() -> impl Strategy<Value = Cidr> {
    let v4 = (0u32..64, 24u8..=32).prop_map(|(bits, prefix)| (IpAddr::V4(Ipv4Addr::from_bits(bits)), prefix));
    let v6 = (0u128..64, 120u8..=128)
        .prop_map(|(bits, prefix)| (IpAddr::V6(Ipv6Addr::from_bits(0x2001_0db8 << 96 | bits)), prefix));
    prop_oneof![v4, v6].prop_map(|(address, prefix)| IpNet::new(address, prefix).unwrap().into())
}

proptest! {
    /// A lookup finds the same networks as a linear search.
    #[test]
    fn a_look_up_finds_what_looking_at_every_network_finds(networks in prop::collection::vec(network(), 0..40)) {
        let countries: Vec<Country> =
            (0..26u8).map(|letter| Country::new([b'A', b'A' + letter]).unwrap()).collect();
        let of = |index: usize| countries[index % 26];
        let mut builder = AddressTables::builder().country(of(0), []);
        for (index, network) in networks.iter().enumerate() {
            builder = builder.country(of(index), [*network]).cloud("AWS", None, [*network]);
        }
        let tables = builder.build();
        for host in 0..80u32 {
            for address in [
                IpAddr::V4(Ipv4Addr::from_bits(host)),
                IpAddr::V6(Ipv6Addr::from_bits(0x2001_0db8 << 96 | u128::from(host))),
            ] {
                let around = networks.iter().enumerate().filter(|(_, network)| network.contains(address));
                let smallest = around.clone().max_by_key(|(_, network)| network.network().prefix_len());
                prop_assert_eq!(
                    tables.country(address),
                    Fact::Value(smallest.map(|(index, _)| of(index))),
                    "{}", address
                );
                let mut expected: Vec<String> = around.map(|(_, network)| network.to_string()).collect();
                expected.sort();
                expected.dedup();
                let mut found: Vec<String> = Vec::new();
                let _ = tables.cloud("AWS", address, &mut |cloud| {
                    found.push(cloud.network.into());
                    true
                });
                found.sort();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
