//! Readers of languages and formats that several classes share.

pub(crate) mod code;
pub(crate) mod dictionary;
pub(crate) mod graphql;
pub(crate) mod json;
pub(crate) mod names;
pub(crate) mod path;
pub(crate) mod secret;
pub(crate) mod sensitive_name;
pub(crate) mod url;
