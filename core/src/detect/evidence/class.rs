//! Classes of attack, and sets of them. Their names and defaults are in the registry.

/// A class of attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Class {
    /// SQL injection (CWE-89): SQL that ends the value and continues the query.
    Sqli,
    /// Cross-site scripting (CWE-79): markup and script for the browser of another user.
    Xss,
    /// Path traversal (CWE-22): paths that leave their directory, and access to local files.
    PathTraversal,
    /// OS command injection (CWE-78): commands for a shell.
    CommandInjection,
    /// Server-side template injection (CWE-1336): expressions of template engines.
    Ssti,
    /// Code injection (CWE-94): code in PHP, Python, JavaScript, Java and its expression languages, and lookups of loggers.
    CodeInjection,
    /// Prototype pollution (CWE-1321): keys that change the prototype of JavaScript objects.
    PrototypePollution,
    /// Server-side includes injection (CWE-97): directives that the web server runs.
    Ssi,
    /// SSRF (CWE-918): URLs that make the server send a request.
    Ssrf,
    /// XXE (CWE-611): external entities and other declarations of XML.
    Xxe,
    /// CRLF injection (CWE-93): line breaks that end a header or a command of a mail server (HTTP response splitting).
    CrlfInjection,
    /// Unrestricted file upload (CWE-434): files that a server executes.
    FileUpload,
    /// Open redirect (CWE-601): redirects to another site.
    OpenRedirect,
    /// LDAP injection (CWE-90): LDAP filters, and XPath (CWE-643).
    LdapInjection,
    /// NoSQL injection (CWE-943): query operators and scripts of document stores.
    NosqlInjection,
    /// Insecure deserialization (CWE-502): serialised objects that run code when they are read.
    Deserialization,
    /// GraphQL resource exhaustion (CWE-770): GraphQL documents that cost too much or expose the schema.
    Graphql,
    /// Forced browsing to sensitive files (CWE-552): requests for configuration, keys, backups and repositories.
    SensitiveFile,
    /// CMS fingerprinting (CWE-200): requests for pages of content management systems. Off by default.
    CmsProbing,
    /// Forced browsing to administration pages (CWE-425): consoles, monitoring and build files. Off by default.
    Recon,
    /// Vulnerability scanning (CWE-200): names of vulnerability scanners.
    Scanner,
    /// Session fixation (CWE-384): session identifiers that another site sets.
    SessionFixation,
    /// Patterns of the operator and recognisers of the application.
    Custom,
}

/// A set of classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassSet(u32);

impl ClassSet {
    /// No class.
    pub const NONE: Self = Self(0);
    /// These classes.
    #[must_use]
    pub fn of(classes: &[Class]) -> Self {
        classes.iter().fold(Self::NONE, |set, class| set.with(*class))
    }

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

    /// What is in this set and not in the other.
    #[must_use]
    pub const fn except(self, other: Self) -> Self {
        Self(self.0 & !other.0)
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
