use std::vec::Vec;

use super::rows::ROWS;
use crate::detect::{Class, ClassSet};

#[test]
fn every_built_in_class_covers_a_category_of_the_family_or_is_our_own() {
    let own = [Class::Ssi, Class::OpenRedirect, Class::Graphql, Class::Scanner];
    let own = [&own[..], &[Class::SessionFixation, Class::Custom]].concat();
    for class in Class::ALL {
        assert_eq!(class.family_categories().is_empty(), own.contains(&class), "{class}");
        assert!(ClassSet::ALL.has(class));
    }
    assert_eq!(Class::of_family("file_inclusion"), Some(Class::Traversal));
    assert_eq!((Class::of_family("ldap"), Class::of_family("traversal")), (Some(Class::Ldap), None));
    let mut categories: Vec<_> = Class::ALL.into_iter().flat_map(Class::family_categories).collect();
    categories.sort_unstable();
    categories.dedup();
    assert_eq!(categories.len(), 19);
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
