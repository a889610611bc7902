//! The examples that stand beside every rule, run.

use std::vec::Vec;

use super::{Class, ClassSet, Origin, Rule, Scanner, Surface, THRESHOLD, evidence};

fn scan(value: &str) -> Option<super::Finding> {
    let surface = Surface { origin: Origin::Json, name: b"q", value: value.as_bytes() };
    Scanner::new().scan(&surface, ClassSet::ALL)
}

#[test]
fn rules_have_distinct_ids_of_their_class_and_examples() {
    let mut ids: Vec<_> = Rule::all().map(|rule| rule.id).collect();
    for rule in Rule::all() {
        assert!(
            rule.id.starts_with(&format!("{}.", rule.class)),
            "`{}` does not start with its class",
            rule.id
        );
        assert!(!rule.attacks.is_empty(), "`{}` has no attack example", rule.id);
        assert!(!rule.benign.is_empty(), "`{}` has no benign example", rule.id);
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), Rule::all().count(), "two rules share an id");
}

#[test]
fn every_attack_example_is_found_with_its_rule() {
    for rule in Rule::all() {
        for attack in rule.attacks {
            let finding = scan(attack).unwrap_or_else(|| panic!("`{}` misses {attack:?}", rule.id));
            assert!(
                finding.rules.iter().any(|id| id == rule.id),
                "{attack:?} is found by {:?}, not `{}`",
                finding.rules,
                rule.id
            );
        }
    }
}

#[test]
fn every_benign_example_passes() {
    for rule in Rule::all() {
        for benign in rule.benign {
            assert_eq!(scan(benign), None, "`{}`: {benign:?} is benign", rule.id);
        }
    }
}

#[test]
fn rules_beyond_those_that_are_kept_change_no_verdict() {
    for class in Class::ALL {
        let mut weights: Vec<u16> =
            Rule::all().filter(|rule| rule.class == class).map(|rule| rule.weight).collect();
        weights.sort_unstable();
        let kept = weights.len() <= evidence::MAX_ITEMS;
        let lightest: u16 = weights.iter().take(evidence::MAX_ITEMS).sum();
        assert!(kept || lightest >= THRESHOLD, "{class}: {lightest}");
    }
}
