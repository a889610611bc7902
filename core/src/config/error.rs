//! Configuration errors, all of a document at once.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// One error: the field, the problem, and how to fix it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    path: String,
    problem: String,
}

impl ConfigError {
    pub(crate) fn new(path: impl Into<String>, problem: impl fmt::Display) -> Self {
        Self { path: path.into(), problem: problem.to_string() }
    }

    /// The field, such as `rate.endpoint[2].limit`; empty when the document as a whole does not parse.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The problem and how to fix it.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.problem)
        } else {
            write!(f, "{}: {}", self.path, self.problem)
        }
    }
}

/// All errors of a configuration, in the order of the document. Nothing was applied.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    pub(crate) fn push(&mut self, path: impl Into<String>, problem: impl fmt::Display) {
        self.0.push(ConfigError::new(path, problem));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Add the errors of `others`.
    pub(crate) fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    /// Add the errors of `others`, except for fields that did not parse and the tables and lists around them: their
    /// values are not what the document contains.
    pub(crate) fn add_unreported(&mut self, others: Self) {
        let read = self.0.len();
        let contains = |outer: &str, inner: &str| {
            let rest = inner.strip_prefix(outer);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        for error in others.0 {
            let is_unread = |known: &ConfigError| {
                contains(&known.path, &error.path) || contains(&error.path, &known.path)
            };
            if !self.0[..read].iter().any(is_unread) {
                self.0.push(error);
            }
        }
    }

    /// A single error, for conditions that only the caller can check.
    #[must_use]
    pub fn one(path: impl Into<String>, problem: impl fmt::Display) -> Self {
        Self(alloc::vec![ConfigError::new(path, problem)])
    }

    pub(crate) fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }

    /// The errors.
    pub fn iter(&self) -> impl Iterator<Item = &ConfigError> {
        self.0.iter()
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => write!(f, "the configuration has an error: {one}"),
            errors => {
                write!(f, "the configuration has {} errors:", errors.len())?;
                errors.iter().try_for_each(|error| write!(f, "\n  {error}"))
            }
        }
    }
}

/// As [`Display`](fmt::Display): a `main` that returns the errors prints them with `Debug`.
impl fmt::Debug for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl core::error::Error for ConfigErrors {}

/// The text is not a value of the type; the message explains why and what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueError(String);

impl ValueError {
    pub(crate) fn new(problem: impl Into<String>) -> Self {
        Self(problem.into())
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for ValueError {}

impl From<ValueError> for String {
    fn from(error: ValueError) -> Self {
        error.0
    }
}
