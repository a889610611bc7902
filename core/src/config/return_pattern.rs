//! Patterns of responses, for behaviour rules.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use super::{StatusPattern, ValueError};

/// The responses that a rule counts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReturnPattern {
    /// `status:404`, `status:4xx`: responses with this status.
    Status(StatusPattern),
    /// `json:path.to[].value==text`: responses with this text at a path of their JSON, written without the prefix.
    Json(String),
    /// `regex:...`: responses with a match of this regular expression.
    Regex(String),
    /// Responses that contain this text, in any case.
    Text(String),
}

impl From<StatusPattern> for ReturnPattern {
    fn from(statuses: StatusPattern) -> Self {
        Self::Status(statuses)
    }
}

impl FromStr for ReturnPattern {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        Ok(match text.split_once(':') {
            Some(("status", statuses)) => Self::Status(statuses.trim().parse()?),
            Some(("json", path)) => Self::Json(path.into()),
            Some(("regex", expression)) => Self::Regex(expression.into()),
            _ => Self::Text(text.into()),
        })
    }
}

impl fmt::Display for ReturnPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(statuses) => write!(f, "status:{statuses}"),
            Self::Json(path) => write!(f, "json:{path}"),
            Self::Regex(expression) => write!(f, "regex:{expression}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}
