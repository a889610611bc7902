//! Classes of attack.

use core::fmt;

/// What an attack is aimed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Class {
    /// SQL injection.
    Sqli,
    /// Cross-site scripting.
    Xss,
    /// Path traversal and access to local files.
    Traversal,
    /// Operating-system command injection.
    Shell,
    /// Whatever a pattern of the operator matches.
    Custom,
}

impl Class {
    /// Every class, in the order in which they are tried.
    pub const ALL: [Self; 5] = [Self::Sqli, Self::Xss, Self::Traversal, Self::Shell, Self::Custom];

    /// The name used in configuration, events and rule ids.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqli => "sqli",
            Self::Xss => "xss",
            Self::Traversal => "traversal",
            Self::Shell => "shell",
            Self::Custom => "custom",
        }
    }

    /// The class called `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    /// The categories of the family and the class that looks for the same here; `None` where no class does. What the
    /// family keeps apart by how it is written, one class reads as one language.
    pub const FAMILY: [(&'static str, Option<Self>); 19] = [
        ("cmd_injection", Some(Self::Shell)),
        ("cms_probing", None),
        ("code_injection", None),
        ("deserialization", None),
        ("dir_traversal", Some(Self::Traversal)),
        ("file_inclusion", Some(Self::Traversal)),
        ("file_upload", None),
        ("http_split", None),
        ("ldap", None),
        ("nosql", None),
        ("path_traversal", Some(Self::Traversal)),
        ("proto_pollution", None),
        ("recon", None),
        ("sensitive_file", None),
        ("sqli", Some(Self::Sqli)),
        ("ssrf", None),
        ("template", None),
        ("xml", None),
        ("xss", Some(Self::Xss)),
    ];

    /// The class that looks for what the family calls `category`; `None` where no class does and for what is no
    /// category: [`FAMILY`](Self::FAMILY) tells these apart.
    #[must_use]
    pub fn of_family(category: &str) -> Option<Self> {
        Self::FAMILY.into_iter().find(|(name, _)| *name == category).and_then(|(_, class)| class)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassSet(u32);

impl ClassSet {
    /// No class.
    pub const NONE: Self = Self(0);
    /// Every class.
    pub const ALL: Self = Self((1 << Class::ALL.len()) - 1);

    /// This set and `class`.
    #[must_use]
    pub const fn with(self, class: Class) -> Self {
        Self(self.0 | 1 << class as u8)
    }

    /// This set without `class`.
    #[must_use]
    pub const fn without(self, class: Class) -> Self {
        Self(self.0 & !(1 << class as u8))
    }

    /// Whether `class` is in the set.
    #[must_use]
    pub const fn has(self, class: Class) -> bool {
        self.0 & 1 << class as u8 != 0
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The classes in the set, in order.
    pub fn iter(self) -> impl Iterator<Item = Class> {
        Class::ALL.into_iter().filter(move |class| self.has(*class))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_class_stands_for_a_category_of_the_family() {
        for class in Class::ALL {
            let stands = Class::FAMILY.iter().any(|(_, of)| *of == Some(class));
            assert_eq!(stands, class != Class::Custom, "{class}");
            assert!(ClassSet::ALL.has(class));
        }
        assert_eq!(Class::of_family("file_inclusion"), Some(Class::Traversal));
        assert_eq!((Class::of_family("ldap"), Class::of_family("traversal")), (None, None));
        assert!(Class::FAMILY.is_sorted_by_key(|(name, _)| *name));
    }
}
