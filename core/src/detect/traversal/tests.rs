use super::rules;

#[test]
fn every_rule_is_listed_once() {
    let mut ids: alloc::vec::Vec<_> = rules::ALL.iter().map(|rule| rule.id).collect();
    ids.dedup();
    assert_eq!(ids.len(), rules::ALL.len());
}
