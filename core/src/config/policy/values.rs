//! Values of single fields of a policy: bypassed checks, handling of bodies, location of a credential.

use alloc::string::{String, ToString};

use http::HeaderName;

use crate::config::node::Node;
use crate::config::read::ConfigValue;
use crate::config::text_values::header_name;
use crate::config::values::Choice;
use crate::config::{ByteSize, Item, expected};

/// A check that a route bypasses; the family's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bypass {
    /// Every check, counters and security headers included.
    All,
    /// Bans.
    IpBan,
    /// Lists of addresses and countries, and named lists.
    Ip,
    /// Lists of cloud providers.
    Clouds,
    /// Limits.
    RateLimit,
    /// Attack detection.
    Penetration,
}

impl Choice for Bypass {
    const OPTIONS: &'static [(&'static str, Self)] = &[
        ("all", Self::All),
        ("ip_ban", Self::IpBan),
        ("ip", Self::Ip),
        ("clouds", Self::Clouds),
        ("rate_limit", Self::RateLimit),
        ("penetration", Self::Penetration),
    ];
}

impl Bypass {
    /// All checks that can be bypassed, and `All` itself.
    pub(crate) const ALL: [Self; 6] =
        [Self::All, Self::IpBan, Self::Ip, Self::Clouds, Self::RateLimit, Self::Penetration];

    /// The name in the configuration.
    pub(crate) fn name(self) -> &'static str {
        Self::OPTIONS.iter().find(|(_, bypass)| *bypass == self).map_or("", |(name, _)| name)
    }
}

/// Handling of a request body before the handler runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyRule {
    /// Do not read it. The verdict reports the gap.
    Skip,
    /// Read and inspect all of it, up to this many bytes; a longer one is rejected with 413, or inspected up to here
    /// when `detect.on_incomplete` is `allow`.
    Inspect(ByteSize),
    /// Read and inspect this many bytes and pass the rest; the verdict reports the gap.
    Prefix(ByteSize),
}

impl Item for BodyRule {
    fn blank() -> Self {
        Self::Skip
    }
}

impl ConfigValue for BodyRule {
    fn read(&mut self, node: &Node) -> Result<(), String> {
        let mut size = ByteSize::default();
        *self = match node {
            Node::Text(text) if text == "skip" => Self::Skip,
            Node::Table(entries) => match entries.as_slice() {
                [(name, value)] if name == "inspect" => {
                    size.read(value)?;
                    Self::Inspect(size)
                }
                [(name, value)] if name == "prefix" => {
                    size.read(value)?;
                    Self::Prefix(size)
                }
                _ => return Err("write `{ inspect = SIZE }` or `{ prefix = SIZE }`".into()),
            },
            other => return expected("`skip`, `{ inspect = SIZE }` or `{ prefix = SIZE }`", other),
        };
        Ok(())
    }

    fn write(&self) -> Node {
        match self {
            Self::Skip => Node::Text("skip".into()),
            Self::Inspect(size) => Node::Table(alloc::vec![("inspect".into(), size.write())]),
            Self::Prefix(size) => Node::Table(alloc::vec![("prefix".into(), size.write())]),
        }
    }
}

/// The value of a required header.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequiredHeader {
    /// Any value; `true` in a document.
    Present,
    /// This value.
    Value(String),
}

impl From<&str> for RequiredHeader {
    fn from(value: &str) -> Self {
        Self::Value(value.into())
    }
}

impl Item for RequiredHeader {
    fn blank() -> Self {
        Self::Present
    }
}

impl ConfigValue for RequiredHeader {
    fn read(&mut self, node: &Node) -> Result<(), String> {
        *self = match node {
            Node::Bool(true) => Self::Present,
            Node::Text(value) => Self::Value(value.clone()),
            other => return expected("the value of the header, or `true` for any", other),
        };
        Ok(())
    }

    fn write(&self) -> Node {
        match self {
            Self::Present => Node::Bool(true),
            Self::Value(value) => Node::Text(value.clone()),
        }
    }
}

/// Location of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// `Authorization: Bearer ...`; the scheme in any case.
    Bearer,
    /// `Authorization: Basic ...`, still in base64.
    Basic,
    /// The whole value of this header.
    Header(HeaderName),
}

impl Credential {
    /// The name in events.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Basic => "basic",
            Self::Header(_) => "api_key",
        }
    }
}

impl Item for Credential {
    fn blank() -> Self {
        Self::Bearer
    }
}

impl ConfigValue for Credential {
    fn read(&mut self, node: &Node) -> Result<(), String> {
        let Node::Text(text) = node else { return expected("`bearer`, `basic` or `header:NAME`", node) };
        *self = match text.split_once(':') {
            None if text == "bearer" => Self::Bearer,
            None if text == "basic" => Self::Basic,
            Some(("header", name)) if !name.is_empty() => Self::Header(header_name(name)?),
            _ => return Err(alloc::format!("`{text}` is not one of `bearer`, `basic`, `header:NAME`")),
        };
        Ok(())
    }

    fn write(&self) -> Node {
        Node::Text(match self {
            Self::Bearer => "bearer".to_string(),
            Self::Basic => "basic".to_string(),
            Self::Header(name) => alloc::format!("header:{name}"),
        })
    }
}
