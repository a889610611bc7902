//! The classes of attack, one folder each: its recogniser, its rules and its words of the gate.
//!
//! A folder's files import types and readers below them (`evidence`, `gate`, `decode`, `lang`). `words.rs` is data only,
//! because the gate builds its table of words from it. [`registry`](super::registry) has a row for each folder.

pub(in crate::detect) mod cms_probing;
pub(in crate::detect) mod code_injection;
pub(in crate::detect) mod command_injection;
pub(in crate::detect) mod crlf_injection;
pub(in crate::detect) mod deserialization;
pub(in crate::detect) mod file_upload;
pub(in crate::detect) mod graphql;
pub(in crate::detect) mod ldap_injection;
pub(in crate::detect) mod nosql_injection;
pub(in crate::detect) mod open_redirect;
pub(in crate::detect) mod path_traversal;
pub(in crate::detect) mod prototype_pollution;
pub(in crate::detect) mod recon;
pub(in crate::detect) mod scanner;
pub(in crate::detect) mod sensitive_file;
pub(in crate::detect) mod session_fixation;
pub(in crate::detect) mod sqli;
pub(in crate::detect) mod ssi;
pub(in crate::detect) mod ssrf;
pub(in crate::detect) mod ssti;
pub(in crate::detect) mod xss;
pub(in crate::detect) mod xxe;
