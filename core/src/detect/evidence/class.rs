//! Classes of attack, and sets of them. Their names and defaults are in the registry.

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

/// A set of classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassSet(u32);

impl ClassSet {
    /// No class.
    pub const NONE: Self = Self(0);
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

    /// One bit a class, by its number.
    pub(in crate::detect) const fn bits(self) -> u32 {
        self.0
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
}
