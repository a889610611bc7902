//! Every kind of value: valid texts, and the errors for invalid ones.

use std::string::{String, ToString};
use std::vec::Vec;

use core::time::Duration;

use super::*;
use crate::config::{OnIncomplete, OnUnavailable, OnUnknownClient, RateFields};
use crate::state::Quota;

fn read<T: ConfigValue>(mut into: T, node: &Node) -> Result<T, String> {
    into.read(node)?;
    Ok(into)
}

fn text(text: &str) -> Node {
    Node::Text(text.into())
}

fn list(entries: &[&str]) -> Node {
    Node::List(entries.iter().map(|entry| text(entry)).collect())
}

#[test]
fn rates_are_read_in_every_spelling() {
    for (written, rate, shown) in [
        ("120/min", Rate::per_minute(120), "120/min"),
        ("120/m", Rate::per_minute(120), "120/min"),
        ("120/minute", Rate::per_minute(120), "120/min"),
        ("5/10s", Rate::per(5, Duration::from_secs(10)), "5/10s"),
        (" 5 / 10 s ", Rate::per(5, Duration::from_secs(10)), "5/10s"),
        ("1/s", Rate::per_second(1), "1/s"),
        ("1000/h", Rate::per_hour(1000), "1000/h"),
        ("1/ms", Rate::per(1, Duration::from_millis(1)), "1/ms"),
        ("4294967295/31d", Rate::per(u32::MAX, Quota::MAX_WINDOW), "4294967295/31d"),
    ] {
        let read = read(Rate::per_second(9), &text(written)).unwrap();
        assert_eq!((read, read.to_string().as_str()), (rate, shown), "{written}");
        assert_eq!(shown.parse(), Ok(rate), "what is shown can be written");
    }
}

#[test]
fn an_invalid_rate_is_explained() {
    let wrong = |text: &str| format!("`{text}` is not a rate; write `120/min`, `5/10s` or `1000/h`");
    for written in [
        "",
        "120",
        "/",
        "/min",
        "120/",
        "min/120",
        "-1/min",
        "1.5/min",
        "4294967296/min",
        "5/10",
        "5/10y",
        "5/1s/2",
    ] {
        assert_eq!(read(Rate::per_second(1), &text(written)), Err(wrong(written)), "{written}");
    }
    let few = "`0/min` must allow at least 1";
    assert_eq!(read(Rate::per_second(1), &text("0/min")), Err(few.into()));
    for written in ["5/0s", "5/32d", "5/2678400001ms"] {
        let expected = format!("`{written}` must have a window of 1ms to 31d");
        assert_eq!(read(Rate::per_second(1), &text(written)), Err(expected));
    }
    let expected = "expected a rate such as `120/min`, found a number";
    assert_eq!(read(Rate::per_second(1), &Node::Int(5)), Err(expected.into()));
    let zero = std::panic::catch_unwind(|| Rate::per_second(0));
    assert!(zero.is_err(), "a limit of zero is a mistake of the code, and is not corrected");
}

#[test]
fn durations_are_read_and_displayed_in_their_largest_unit() {
    for (written, millis, shown) in [
        ("250ms", 250, "250ms"),
        ("0s", 0, "0ms"),
        ("10s", 10_000, "10s"),
        ("10 sec", 10_000, "10s"),
        ("90s", 90_000, "90s"),
        ("60s", 60_000, "1min"),
        ("5m", 300_000, "5min"),
        ("5minute", 300_000, "5min"),
        ("2h", 7_200_000, "2h"),
        ("24hour", 86_400_000, "1d"),
        ("7d", 604_800_000, "7d"),
    ] {
        let span = read(HumanDuration::default(), &text(written)).unwrap();
        assert_eq!(
            (span, span.to_string().as_str()),
            (HumanDuration(Duration::from_millis(millis)), shown),
            "{written}"
        );
    }
    for written in ["", "10", "s", "ten s", "-1s", "1.5s", "10 years", "10S", "18446744073709551615d", "1s1s"]
    {
        let expected = format!("`{written}` is not a duration; write `250ms`, `10s`, `5min`, `2h` or `7d`");
        assert_eq!(read(HumanDuration::default(), &text(written)), Err(expected));
    }
    let expected = "expected a duration such as `10min`, found a number";
    assert_eq!(read(HumanDuration::default(), &Node::Int(10)), Err(expected.into()));
}

#[test]
fn sizes_are_numbers_or_numbers_with_a_unit() {
    for (written, bytes) in [
        ("0", 0),
        ("4096", 4096),
        ("12B", 12),
        ("64KiB", 64 << 10),
        ("64 K", 64 << 10),
        ("10MiB", 10 << 20),
        ("1M", 1 << 20),
        ("1GiB", 1 << 30),
        ("2G", 2 << 30),
    ] {
        assert_eq!(read(ByteSize::default(), &text(written)), Ok(ByteSize(bytes)), "{written}");
    }
    assert_eq!(read(ByteSize::default(), &Node::Int(4096)), Ok(ByteSize(4096)));
    assert_eq!((ByteSize::kib(64), ByteSize::mib(1)), (ByteSize(65_536), ByteSize(1_048_576)));
    assert_eq!(ByteSize::mib(u64::MAX), ByteSize(u64::MAX), "stops at the largest");
    for written in ["", "KiB", "64KB", "64kib", "-1", "1.5MiB", "18446744073709551615KiB", "0x10"] {
        let expected = format!("`{written}` is not a size; write `4096`, `64KiB` or `10MiB`");
        assert_eq!(read(ByteSize::default(), &text(written)), Err(expected));
    }
    let expected = "-1 is out of range; write 0 or more, or a size such as `64KiB`";
    assert_eq!(read(ByteSize::default(), &Node::Int(-1)), Err(expected.into()));
    let expected = "expected a whole number, 0 or more, or a size such as `64KiB`, found a boolean";
    assert_eq!(read(ByteSize::default(), &Node::Bool(true)), Err(expected.into()));
}

#[test]
fn lists_of_networks_report_every_invalid_entry() {
    let good = list(&["192.0.2.7", " 10.9.9.9/8", "2001:db8::1/32", "::ffff:192.0.2.9", "0.0.0.0/0"]);
    let networks = read(Vec::<Cidr>::new(), &good).unwrap();
    let shown: Vec<String> = networks.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["192.0.2.7", "10.0.0.0/8", "2001:db8::/32", "192.0.2.9", "0.0.0.0/0"]);

    let mut bad = list(&["10.0.0.0/33", "10.0.0.1", "localhost"]);
    if let Node::List(nodes) = &mut bad {
        nodes.push(Node::Int(10));
    }
    let advice = "is not an address or network; write `192.0.2.1` or `2001:db8::/32`";
    let expected = format!(
        "[0]: `10.0.0.0/33` {advice}; [2]: `localhost` {advice}; [3]: expected an address or network, found a number"
    );
    assert_eq!(read(Vec::<Cidr>::new(), &bad), Err(expected));
    assert_eq!(read(Vec::<Cidr>::new(), &text("10.0.0.0/8")), Err("expected a list, found a string".into()));
    let kept = read(vec!["10.0.0.0/8".parse::<Cidr>().unwrap()], &Node::List(Vec::new()));
    assert_eq!(kept, Ok(Vec::new()), "a list replaces the default, it does not add to it");
}

#[test]
fn choices_suggest_the_nearest_word() {
    for (written, choice) in
        [("allow", OnUnavailable::Allow), ("local", OnUnavailable::Local), ("deny", OnUnavailable::Deny)]
    {
        assert_eq!(read(OnUnavailable::default(), &text(written)), Ok(choice));
    }
    assert_eq!(read(RateFields::Denied, &text("never")), Ok(RateFields::Never));
    assert_eq!(read(RateFields::Denied, &text("always")), Ok(RateFields::Always));
    assert_eq!(read(RateFields::Never, &text("denied")), Ok(RateFields::Denied));
    assert_eq!(read(OnUnknownClient::Deny, &text("allow")), Ok(OnUnknownClient::Allow));
    assert_eq!(read(OnUnknownClient::Allow, &text("deny")), Ok(OnUnknownClient::Deny));
    assert_eq!(read(OnIncomplete::Deny, &text("allow")), Ok(OnIncomplete::Allow));
    assert_eq!(read(OnIncomplete::Allow, &text("deny")), Ok(OnIncomplete::Deny));

    let near = "`lcoal` is not one of `allow`, `local`, `deny`; did you mean `local`?";
    assert_eq!(read(OnUnavailable::Local, &text("lcoal")), Err(near.into()));
    let far = "`whatever` is not one of `allow`, `local`, `deny`";
    assert_eq!(read(OnUnavailable::Local, &text("whatever")), Err(far.into()));
    let kind = "expected one of `deny`, `allow`, found a boolean";
    assert_eq!(read(OnUnknownClient::Deny, &Node::Bool(true)), Err(kind.into()));
}

#[test]
fn maps_report_every_invalid_entry() {
    let entry = |name: &str, node| (String::from(name), node);
    let good = Node::Table(vec![entry("x-a", text("1")), entry("x-b", text("2"))]);
    let map = read(BTreeMap::<String, String>::new(), &good).unwrap();
    assert_eq!(map.into_iter().collect::<Vec<_>>(), [("x-a".into(), "1".into()), ("x-b".into(), "2".into())]);

    let bad =
        Node::Table(vec![entry("x-a", Node::Int(1)), entry("x-b", text("2")), entry("x-c", Node::Null)]);
    let expected = "x-a: expected a string, found a number; x-c: expected a string, found null";
    assert_eq!(read(BTreeMap::<String, String>::new(), &bad), Err(expected.into()));
    let expected = "expected a table, found a list";
    assert_eq!(read(BTreeMap::<String, String>::new(), &list(&["a"])), Err(expected.into()));
}

#[test]
fn null_is_none_only_for_optional_values() {
    assert_eq!(read(Some(Rate::per_second(1)), &Node::Null), Ok(None));
    assert_eq!(read(None::<Rate>, &text("2/s")), Ok(Some(Rate::per_second(2))));
    assert_eq!(read(Some(String::from("x")), &Node::Null), Ok(None));
    assert_eq!(read(None::<String>, &Node::Int(1)), Err("expected a string, found a number".into()));
    assert_eq!(read(true, &Node::Null), Err("expected true or false, found null".into()));
    assert_eq!(read(1_u8, &Node::Null), Err("expected a whole number, 0 to 255, found null".into()));
    assert_eq!(read(Vec::<String>::new(), &Node::Null), Err("expected a list, found null".into()));
}

#[test]
fn numbers_stay_within_their_type() {
    assert_eq!(read(0_u8, &Node::Int(255)), Ok(255));
    assert_eq!(read(0_u8, &Node::Int(256)), Err("256 is out of range; write 0 to 255".into()));
    assert_eq!(read(0_u32, &Node::Int(4_294_967_295)), Ok(u32::MAX));
    let expected = "4294967296 is out of range; write 0 to 4294967295";
    assert_eq!(read(0_u32, &Node::Int(4_294_967_296)), Err(expected.into()));
    assert_eq!(read(0_u32, &Node::Int(-1)), Err("-1 is out of range; write 0 to 4294967295".into()));
    let expected = "expected a whole number, 0 to 255, found a string";
    assert_eq!(read(0_u8, &text("1")), Err(expected.into()));
    assert_eq!(read(false, &Node::Bool(true)), Ok(true));
    assert_eq!(read(false, &text("true")), Err("expected true or false, found a string".into()));
}

#[test]
fn a_fraction_is_distinguished_from_a_whole_number() {
    let expected = "expected a whole number, 0 to 255, found a fraction";
    assert_eq!(read(0_u8, &Node::Float(1.5)), Err(expected.into()));
}
