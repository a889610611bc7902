//! The parts of a key by which limits count.

use alloc::format;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use http::HeaderName;

use super::error::ValueError;
use super::text_values::header_name;
use crate::text::nearest;

/// One part of the key by which a limit counts, written `client`, `principal`, `header:NAME` or `cookie:NAME`.
///
/// ```
/// use portcullis_core::{RateKey, RouteRate};
///
/// let by_user = RouteRate::per_minute(5).key([RateKey::Principal]);
/// let by_session = RouteRate::per_minute(5).key(["cookie:sid".parse()?]);
/// # Ok::<(), portcullis_core::config::ValueError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RateKey {
    /// The client's address, an IPv6 address by its prefix.
    Client,
    /// The principal of the application's authentication.
    Principal,
    /// The value of this header.
    Header(HeaderName),
    /// The value of the cookie of this name.
    Cookie(String),
}

const FORMS: [&str; 4] = ["client", "principal", "header:NAME", "cookie:NAME"];

impl FromStr for RateKey {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        match text.split_once(':') {
            None if text == "client" => Ok(Self::Client),
            None if text == "principal" => Ok(Self::Principal),
            Some(("header", name)) if !name.is_empty() => header_name(name).map(Self::Header),
            Some(("cookie", name)) if !name.is_empty() => Ok(Self::Cookie(name.into())),
            _ => {
                let word = |form: &'static str| form.split(':').next().unwrap_or(form);
                let meant = nearest(text.split(':').next().unwrap_or(text), &FORMS.map(word));
                let form = meant.and_then(|meant| FORMS.into_iter().find(|form| word(form) == meant));
                let hint = form.map(|form| format!("; did you mean `{form}`?")).unwrap_or_default();
                Err(ValueError::new(format!("`{text}` is not one of `{}`{hint}", FORMS.join("`, `"))))
            }
        }
    }
}

impl fmt::Display for RateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client => f.write_str("client"),
            Self::Principal => f.write_str("principal"),
            Self::Header(name) => write!(f, "header:{name}"),
            Self::Cookie(name) => write!(f, "cookie:{name}"),
        }
    }
}
