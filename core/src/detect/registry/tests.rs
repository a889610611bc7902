use std::vec::Vec;

use super::rows::ROWS;
use crate::detect::{Class, ClassSet, Rule};

#[test]
fn every_built_in_class_covers_a_category_of_the_family_or_is_our_own() {
    let own = [Class::Ssi, Class::OpenRedirect, Class::Graphql, Class::Scanner];
    let own = [&own[..], &[Class::SessionFixation, Class::Custom]].concat();
    for class in Class::ALL {
        assert_eq!(class.family_categories().is_empty(), own.contains(&class), "{class}");
        assert!(ClassSet::ALL.has(class));
    }
    assert_eq!(Class::of_family("file_inclusion"), Some(Class::PathTraversal));
    assert_eq!((Class::of_family("ldap"), Class::of_family("ssti")), (Some(Class::LdapInjection), None));
    let mut categories: Vec<_> = Class::ALL.into_iter().flat_map(Class::family_categories).collect();
    categories.sort_unstable();
    categories.dedup();
    assert_eq!(categories.len(), 19);
}

#[test]
fn former_names_of_classes_and_rules_are_accepted() {
    let renamed: Vec<_> = Class::ALL
        .into_iter()
        .flat_map(|class| class.aliases().iter().map(move |name| (*name, class)))
        .collect();
    assert_eq!(renamed.len(), 8, "{renamed:?}");
    for (name, class) in renamed {
        assert_eq!(Class::named(name), Some(class));
        assert!(Class::ALL.into_iter().all(|other| other.name() != name), "{name}");
        for rule in Rule::all().filter(|rule| rule.class == class) {
            let former = rule.id.replacen(class.name(), name, 1);
            assert_eq!(Rule::named(&former).map(|rule| rule.id), Some(rule.id));
        }
    }
    assert_eq!(Rule::named("shell.sleep"), None);
}

#[test]
fn every_built_in_class_names_its_weakness() {
    for class in Class::ALL {
        let built_in = class != Class::Custom;
        assert_eq!(class.cwe().is_some_and(|id| id.starts_with("CWE-")), built_in, "{class}");
        assert_eq!(class.capec().is_some_and(|id| id.starts_with("CAPEC-")), built_in, "{class}");
        assert_eq!(class.owasp().is_some(), built_in, "{class}");
    }
}

#[test]
fn the_sets_of_classes_follow_from_the_rows() {
    assert_eq!(ClassSet::DEFAULT, ClassSet::ALL.without(Class::CmsProbing).without(Class::Recon));
    let elsewhere = [Class::SensitiveFile, Class::OpenRedirect, Class::SessionFixation];
    assert_eq!(ClassSet::IN_HEADERS, elsewhere.into_iter().fold(ClassSet::DEFAULT, ClassSet::without));
}

#[test]
fn every_kind_of_word_that_a_class_needs_has_words() {
    let kinds = super::WORDS.iter().copied().flatten().fold(0, |kinds, (kind, _)| kinds | kind);
    for row in ROWS {
        assert_eq!(row.needs.words & !kinds, 0, "{}", row.name);
    }
}
