//! Values written as text: countries, cloud providers, statuses, content security policies.

use alloc::format;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use http::HeaderName;

use super::error::ValueError;
use super::node::{Node, expected};
use super::read::ConfigValue;
use crate::net::Cidr;

/// The header of this name.
pub(crate) fn header_name(name: &str) -> Result<HeaderName, ValueError> {
    HeaderName::try_from(name).map_err(|_| ValueError::new(format!("`{name}` is not a header name")))
}

/// A country: an ISO 3166-1 alpha-2 code, in any case. Whether the country exists is not checked, because the list
/// changes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country(pub(crate) [u8; 2]);

impl Country {
    pub(crate) const UNKNOWN: Self = Self(*b"ZZ");

    /// The country with this code; two ASCII letters.
    #[must_use]
    pub const fn new(code: [u8; 2]) -> Option<Self> {
        if code[0].is_ascii_alphabetic() && code[1].is_ascii_alphabetic() {
            Some(Self([code[0].to_ascii_uppercase(), code[1].to_ascii_uppercase()]))
        } else {
            None
        }
    }

    /// The code, in upper case.
    #[must_use]
    pub fn code(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or("ZZ")
    }
}

impl FromStr for Country {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let code = <[u8; 2]>::try_from(text.as_bytes()).ok().and_then(Self::new);
        code.ok_or_else(|| {
            ValueError::new(format!("`{text}` is not a country; write two letters such as `DE`"))
        })
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A peer whose forwarding header is used: an address or network, or `unix`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrustedProxy {
    /// Peers with an address in this network.
    Network(Cidr),
    /// Peers without an address, as on a Unix domain socket.
    Unix,
}

impl From<Cidr> for TrustedProxy {
    fn from(network: Cidr) -> Self {
        Self::Network(network)
    }
}

impl FromStr for TrustedProxy {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        match text.parse::<Cidr>() {
            Ok(network) => Ok(Self::Network(network)),
            Err(_) if text == "unix" => Ok(Self::Unix),
            Err(error) => Err(ValueError::new(format!("{error}, or `unix`"))),
        }
    }
}

impl fmt::Display for TrustedProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(network) => network.fmt(f),
            Self::Unix => f.write_str("unix"),
        }
    }
}

/// A cloud provider, optionally without one of its regions: `AWS`, `AWS:!eu-west-1`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CloudRule {
    /// The provider, compared in any case.
    pub provider: String,
    /// A region that is not denied.
    pub except: Option<String>,
}

impl FromStr for CloudRule {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let (provider, except) = match text.split_once(':') {
            None => (text, None),
            Some((provider, region)) => (provider, Some(region.strip_prefix('!').unwrap_or_default())),
        };
        if provider.trim().is_empty() || except.is_some_and(|region| region.trim().is_empty()) {
            let problem = format!("`{text}` is not a cloud provider; write `AWS` or `AWS:!eu-west-1`");
            return Err(ValueError::new(problem));
        }
        Ok(Self { provider: provider.trim().into(), except: except.map(|region| region.trim().into()) })
    }
}

impl fmt::Display for CloudRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.provider)?;
        self.except.as_ref().map_or(Ok(()), |region| write!(f, ":!{region}"))
    }
}

/// One status code or a class of them: `404`, `4xx`.
///
/// ```
/// use portcullis_core::config::StatusPattern;
///
/// assert_eq!("404".parse(), Ok(StatusPattern::from(http::StatusCode::NOT_FOUND)));
/// assert_eq!("4xx".parse(), Ok(StatusPattern::CLIENT_ERROR));
/// assert!("6xx".parse::<StatusPattern>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusPattern {
    first: u16,
    last: u16,
}

impl StatusPattern {
    /// `1xx` (RFC 9110 section 15.2).
    pub const INFORMATIONAL: Self = Self::class(1);
    /// `2xx` (RFC 9110 section 15.3).
    pub const SUCCESSFUL: Self = Self::class(2);
    /// `3xx` (RFC 9110 section 15.4).
    pub const REDIRECTION: Self = Self::class(3);
    /// `4xx` (RFC 9110 section 15.5).
    pub const CLIENT_ERROR: Self = Self::class(4);
    /// `5xx` (RFC 9110 section 15.6).
    pub const SERVER_ERROR: Self = Self::class(5);

    const fn class(digit: u16) -> Self {
        Self { first: digit * 100, last: digit * 100 + 99 }
    }

    /// This pattern, unless it is of no status of 100 to 599.
    pub(crate) fn checked(self) -> Result<Self, ValueError> {
        self.valid().ok_or_else(|| no_status(self))
    }

    fn valid(self) -> Option<Self> {
        (100..=599).contains(&self.first).then_some(self)
    }

    /// Whether the pattern matches `status`.
    #[must_use]
    pub const fn has(self, status: u16) -> bool {
        self.first <= status && status <= self.last
    }
}

impl Default for StatusPattern {
    fn default() -> Self {
        Self { first: 400, last: 599 }
    }
}

impl From<u16> for StatusPattern {
    fn from(status: u16) -> Self {
        Self { first: status, last: status }
    }
}

impl From<http::StatusCode> for StatusPattern {
    fn from(status: http::StatusCode) -> Self {
        status.as_u16().into()
    }
}

fn no_status(text: impl fmt::Display) -> ValueError {
    ValueError::new(format!("`{text}` is not a status; write `404` or `4xx`"))
}

impl FromStr for StatusPattern {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let class = text
            .strip_suffix("xx")
            .map(|digit| digit.parse().ok().filter(|digit| *digit < 10).map(Self::class));
        let statuses = class.unwrap_or_else(|| text.parse::<u16>().ok().map(Self::from));
        statuses.and_then(Self::valid).ok_or_else(|| no_status(text))
    }
}

impl fmt::Display for StatusPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}xx", self.first / 100)
        }
    }
}

/// A content security policy: its text, or in a document also a table of directives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Csp(pub String);

impl From<&str> for Csp {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl super::read::Item for Csp {
    fn blank() -> Self {
        Self::default()
    }
}

impl ConfigValue for Csp {
    fn read(&mut self, node: &Node) -> Result<(), String> {
        self.0 = match node {
            Node::Text(text) => text.clone(),
            Node::Table(directives) => {
                let texts: Result<alloc::vec::Vec<String>, String> =
                    directives.iter().map(directive).collect();
                texts?.join("; ")
            }
            other => return expected("a policy, or a table of directives", other),
        };
        Ok(())
    }

    fn write(&self) -> Node {
        Node::Text(self.0.clone())
    }
}

/// One directive with its sources, such as `script-src 'self'`.
fn directive((name, sources): &(String, Node)) -> Result<String, String> {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if !is_name(name) {
        return Err(format!("`{name}` is not the name of a directive"));
    }
    let mut list = alloc::vec::Vec::new();
    list.read(sources).map_err(|problem| format!("`{name}`: {problem}"))?;
    let invalid = list.iter().find(|source: &&String| source.contains([';', ',', ' ']));
    if let Some(source) = invalid {
        return Err(format!("`{name}`: `{source}` contains a separator; write one source per entry"));
    }
    Ok(core::iter::once(name.clone()).chain(list).collect::<alloc::vec::Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    /// The policy in a document, or the error.
    fn csp(value: &str) -> Result<Option<String>, String> {
        let text = format!("[headers]\ncontent_security_policy = {value}");
        match Config::from_toml(&text) {
            Ok(config) => Ok(config.headers.content_security_policy.map(|policy| policy.0)),
            Err(errors) => Err(errors.iter().map(|error| format!("{error}")).collect()),
        }
    }

    #[test]
    fn a_policy_is_a_text_or_a_table_in_its_own_order() {
        let text = "default-src 'self'; report-uri /csp";
        assert_eq!(csp(&format!("\"{text}\"")).unwrap().unwrap(), text);
        let table =
            r#"{ script-src = ["'self'", "https://cdn.example.com"], upgrade-insecure-requests = [] }"#;
        let written = "script-src 'self' https://cdn.example.com; upgrade-insecure-requests";
        assert_eq!(csp(table).unwrap().unwrap(), written);
    }

    #[test]
    fn a_table_cannot_smuggle_another_directive() {
        for (table, expected) in [
            (r#"{ img-src = ["a; script-src *"] }"#, "contains a separator"),
            (r#"{ img-src = ["a, b"] }"#, "contains a separator"),
            (r#"{ img-src = ["a b"] }"#, "contains a separator"),
            (r#"{ "img-src a; script-src" = ["*"] }"#, "is not the name of a directive"),
            (r#"{ "" = ["*"] }"#, "is not the name of a directive"),
            (r#"{ img-src = "a" }"#, "expected a list"),
            ("7", "expected a policy"),
        ] {
            let problem = csp(table).unwrap_err();
            assert!(
                problem.starts_with("headers.content_security_policy: ") && problem.contains(expected),
                "{problem}"
            );
        }
    }
}
