//! The words of all classes. The gate builds its table from them, so nothing here may depend on the gate's table.

use crate::detect::classes::{
    cms_probing, code_injection, command_injection, deserialization, file_upload, ldap_injection,
    nosql_injection, path_traversal, prototype_pollution, recon, scanner, sensitive_file, session_fixation,
    sqli, ssrf, xss, xxe,
};
use crate::detect::gate::Words;

/// The words of each class that has any.
pub(in crate::detect) const WORDS: &[&[Words]] = &[
    sqli::words::WORDS,
    xss::words::WORDS,
    path_traversal::words::WORDS,
    command_injection::words::WORDS,
    code_injection::words::WORDS,
    prototype_pollution::words::WORDS,
    ssrf::words::WORDS,
    xxe::words::WORDS,
    file_upload::words::WORDS,
    ldap_injection::words::WORDS,
    nosql_injection::words::WORDS,
    deserialization::words::WORDS,
    sensitive_file::words::WORDS,
    cms_probing::words::WORDS,
    recon::words::WORDS,
    scanner::words::WORDS,
    session_fixation::words::WORDS,
];
