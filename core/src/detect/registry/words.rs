//! The words of all classes. The gate builds its table from them, so nothing here may depend on the gate's table.

use crate::detect::classes::{
    cms_probing, code_injection, deserialization, file_upload, ldap, nosql, proto_pollution, recon, scanner,
    sensitive_file, session_fixation, shell, sqli, ssrf, traversal, xml, xss,
};
use crate::detect::gate::Words;

/// The words of each class that has any.
pub(in crate::detect) const WORDS: &[&[Words]] = &[
    sqli::words::WORDS,
    xss::words::WORDS,
    traversal::words::WORDS,
    shell::words::WORDS,
    code_injection::words::WORDS,
    proto_pollution::words::WORDS,
    ssrf::words::WORDS,
    xml::words::WORDS,
    file_upload::words::WORDS,
    ldap::words::WORDS,
    nosql::words::WORDS,
    deserialization::words::WORDS,
    sensitive_file::words::WORDS,
    cms_probing::words::WORDS,
    recon::words::WORDS,
    scanner::words::WORDS,
    session_fixation::words::WORDS,
];
