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
    /// Template injection: expressions of server-side templates.
    Template,
    /// Code of programming languages: PHP, Python, JavaScript, Java and its expression languages, look-ups of loggers.
    CodeInjection,
    /// Pollution of prototypes.
    ProtoPollution,
    /// Server-side includes.
    Ssi,
    /// Requests forged on the server's behalf.
    Ssrf,
    /// External entities and other declarations of XML.
    Xml,
    /// Header splitting: line breaks that end a header or a command of a mail server.
    HttpSplit,
    /// Files that a server would run.
    FileUpload,
    /// Redirects to another site.
    OpenRedirect,
    /// Filters of LDAP and paths of XPath.
    Ldap,
    /// Operators of document stores.
    Nosql,
    /// Serialised objects that run code when they are read.
    Deserialization,
    /// GraphQL documents that cost or tell too much.
    Graphql,
    /// Requests for files that no visitor asks for.
    SensitiveFile,
    /// Requests for pages of content management systems that may not be there. Off by default.
    CmsProbing,
    /// Requests for administration, monitoring and build files. Off by default.
    Recon,
    /// Tools that look for weaknesses, by their name.
    Scanner,
    /// Sessions that another site chooses for a visitor.
    SessionFixation,
    /// Whatever a pattern of the operator matches.
    Custom,
}

impl Class {
    /// Every class, in the order in which they are tried.
    pub const ALL: [Self; 23] = [
        Self::Sqli,
        Self::Xss,
        Self::Traversal,
        Self::Shell,
        Self::Template,
        Self::CodeInjection,
        Self::ProtoPollution,
        Self::Ssi,
        Self::Ssrf,
        Self::Xml,
        Self::HttpSplit,
        Self::FileUpload,
        Self::OpenRedirect,
        Self::Ldap,
        Self::Nosql,
        Self::Deserialization,
        Self::Graphql,
        Self::SensitiveFile,
        Self::CmsProbing,
        Self::Recon,
        Self::Scanner,
        Self::SessionFixation,
        Self::Custom,
    ];

    /// The name used in configuration, events and rule ids.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqli => "sqli",
            Self::Xss => "xss",
            Self::Traversal => "traversal",
            Self::Shell => "shell",
            Self::Template => "template",
            Self::CodeInjection => "code_injection",
            Self::ProtoPollution => "proto_pollution",
            Self::Ssi => "ssi",
            Self::Ssrf => "ssrf",
            Self::Xml => "xml",
            Self::HttpSplit => "http_split",
            Self::FileUpload => "file_upload",
            Self::OpenRedirect => "open_redirect",
            Self::Ldap => "ldap",
            Self::Nosql => "nosql",
            Self::Deserialization => "deserialization",
            Self::Graphql => "graphql",
            Self::SensitiveFile => "sensitive_file",
            Self::CmsProbing => "cms_probing",
            Self::Recon => "recon",
            Self::Scanner => "scanner",
            Self::SessionFixation => "session_fixation",
            Self::Custom => "custom",
        }
    }

    /// The class called `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    /// The categories of the family and the class that looks for the same here. What the family keeps apart by how it is
    /// written, one class reads as one language.
    pub const FAMILY: [(&'static str, Self); 19] = [
        ("cmd_injection", Self::Shell),
        ("cms_probing", Self::CmsProbing),
        ("code_injection", Self::CodeInjection),
        ("deserialization", Self::Deserialization),
        ("dir_traversal", Self::Traversal),
        ("file_inclusion", Self::Traversal),
        ("file_upload", Self::FileUpload),
        ("http_split", Self::HttpSplit),
        ("ldap", Self::Ldap),
        ("nosql", Self::Nosql),
        ("path_traversal", Self::Traversal),
        ("proto_pollution", Self::ProtoPollution),
        ("recon", Self::Recon),
        ("sensitive_file", Self::SensitiveFile),
        ("sqli", Self::Sqli),
        ("ssrf", Self::Ssrf),
        ("template", Self::Template),
        ("xml", Self::Xml),
        ("xss", Self::Xss),
    ];

    /// The class that looks for what the family calls `category`, if that is one.
    #[must_use]
    pub fn of_family(category: &str) -> Option<Self> {
        Self::FAMILY.into_iter().find(|(name, _)| *name == category).map(|(_, class)| class)
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

    /// What is looked for unless the configuration says otherwise: everything but pages that an application may have.
    pub const DEFAULT: Self = Self::ALL.without(Class::CmsProbing).without(Class::Recon);
    /// Every class of which an attack can stand in a header; the others look at paths and at parameters only.
    pub(crate) const IN_HEADERS: Self = Self::DEFAULT
        .without(Class::SensitiveFile)
        .without(Class::OpenRedirect)
        .without(Class::SessionFixation);

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

    /// What is in either set.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both sets.
    #[must_use]
    pub const fn within(self, other: Self) -> Self {
        Self(self.0 & other.0)
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

    /// Whether all of `other` are in the set.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The classes in the set, in order.
    pub fn iter(self) -> impl Iterator<Item = Class> {
        let mut left = self.0;
        core::iter::from_fn(move || {
            let class = Class::ALL.get(left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(*class)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_class_stands_for_a_category_of_the_family() {
        for class in Class::ALL {
            let stands = Class::FAMILY.iter().any(|(_, of)| *of == class);
            let own = [Class::Ssi, Class::OpenRedirect, Class::Graphql, Class::Scanner];
            let own = [&own[..], &[Class::SessionFixation, Class::Custom]].concat();
            assert_eq!(stands, !own.contains(&class), "{class}");
            assert!(ClassSet::ALL.has(class));
        }
        assert_eq!(Class::of_family("file_inclusion"), Some(Class::Traversal));
        assert_eq!((Class::of_family("ldap"), Class::of_family("traversal")), (Some(Class::Ldap), None));
        assert!(Class::FAMILY.is_sorted_by_key(|(name, _)| *name));
    }
}
