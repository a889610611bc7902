//! One row per class, in the order in which classes are tried.

use super::definition::{BASE, ClassDefinition};
use crate::detect::classes::{
    cms_probing, code_injection, command_injection, crlf_injection, deserialization, file_upload, graphql,
    ldap_injection, nosql_injection, open_redirect, path_traversal, prototype_pollution, recon, scanner,
    sensitive_file, session_fixation, sqli, ssi, ssrf, ssti, xss, xxe,
};
use crate::detect::evidence::{Class, Location, Locations, Needs, Recogniser};
use crate::detect::gate::{byte, word};
use crate::detect::lang::path;

/// Every class.
pub(super) const ROWS: [ClassDefinition; 23] = [
    ClassDefinition {
        class: Class::Sqli,
        name: "sqli",
        family: &["sqli"],
        cwe: Some("CWE-89"),
        owasp: Some("A03:2021"),
        capec: Some("CAPEC-66"),
        rules: sqli::RULES,
        needs: Needs {
            bytes: byte::QUOTE | byte::EQUAL | byte::STAR,
            doubled: byte::AT | byte::AMPERSAND | byte::PIPE | byte::COLON,
            words: word::SQL_VERB
                | word::SQL_FUNCTION
                | word::SQL_CATALOGUE
                | word::SQL_OPERATOR
                | word::SQL_UNION,
            ..Needs::NONE
        },
        recogniser: Recogniser { may_hold: sqli::may_hold, recognise: sqli::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::Xss,
        name: "xss",
        family: &["xss"],
        cwe: Some("CWE-79"),
        owasp: Some("A03:2021"),
        capec: Some("CAPEC-63"),
        rules: xss::RULES,
        needs: Needs {
            // An event attribute assigns.
            bytes: byte::LESS | byte::COLON | byte::BRACKET | byte::EQUAL,
            words: word::SCRIPT_SINK | word::SCRIPT_SCHEME,
            ..Needs::NONE
        },
        recogniser: Recogniser { may_hold: xss::may_hold, recognise: xss::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::PathTraversal,
        name: "path_traversal",
        aliases: &["traversal"],
        family: &["path_traversal", "dir_traversal", "file_inclusion"],
        cwe: Some("CWE-22"),
        owasp: Some("A01:2021"),
        capec: Some("CAPEC-126"),
        rules: path_traversal::RULES,
        needs: Needs {
            bytes: byte::HIGH | byte::PERCENT,
            doubled: byte::BACKSLASH,
            after_dot: path_traversal::HIDES,
            words: word::FILE | word::FILE_SCHEME | word::HEX,
        },
        recogniser: Recogniser { may_hold: path_traversal::may_hold, recognise: path_traversal::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::CommandInjection,
        name: "command_injection",
        aliases: &["shell"],
        family: &["cmd_injection"],
        cwe: Some("CWE-78"),
        owasp: Some("A03:2021"),
        capec: Some("CAPEC-88"),
        rules: command_injection::RULES,
        needs: Needs {
            bytes: byte::SLASH
                | byte::BRACE
                | byte::BACKSLASH
                | byte::CARET
                | byte::DOLLAR
                | byte::BACKTICK
                | byte::QUOTE
                | byte::PERCENT,
            words: word::COMMAND,
            ..Needs::NONE
        },
        recogniser: Recogniser {
            may_hold: command_injection::may_hold,
            recognise: command_injection::recognise,
        },
        ..BASE
    },
    ClassDefinition {
        class: Class::Ssti,
        name: "ssti",
        aliases: &["template"],
        family: &["template"],
        cwe: Some("CWE-1336"),
        owasp: Some("A03:2021"),
        capec: Some("CAPEC-242"),
        rules: ssti::RULES,
        needs: Needs {
            bytes: byte::BRACE | byte::PERCENT | byte::HASH | byte::AT | byte::BRACKET,
            ..Needs::NONE
        },
        recogniser: Recogniser { may_hold: ssti::may_hold, recognise: ssti::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::CodeInjection,
        name: "code_injection",
        family: &["code_injection"],
        cwe: Some("CWE-94"),
        owasp: Some("A03:2021"),
        capec: Some("CAPEC-242"),
        rules: code_injection::RULES,
        needs: Needs {
            bytes: byte::DOLLAR | byte::AT | byte::LESS | byte::STAR,
            words: word::CODE | word::PACKAGE,
            after_dot: byte::QUOTE,
            ..Needs::NONE
        },
        recogniser: Recogniser { may_hold: code_injection::may_hold, recognise: code_injection::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::PrototypePollution,
        name: "prototype_pollution",
        aliases: &["proto_pollution"],
        family: &["proto_pollution"],
        cwe: Some("CWE-1321"),
        owasp: Some("A08:2021"),
        capec: Some("CAPEC-77"),
        rules: prototype_pollution::RULES,
        needs: Needs { words: word::PROTOTYPE, ..Needs::NONE },
        recogniser: Recogniser {
            may_hold: prototype_pollution::may_hold,
            recognise: prototype_pollution::recognise,
        },
        ..BASE
    },
    ClassDefinition {
        class: Class::Ssi,
        name: "ssi",
        cwe: Some("CWE-97"),
        owasp: Some("A03:2021"),
        capec: Some("CAPEC-101"),
        rules: ssi::RULES,
        // `--` is part of every directive.
        needs: Needs { doubled: byte::DASH, ..Needs::NONE },
        recogniser: Recogniser { may_hold: ssi::may_hold, recognise: ssi::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::Ssrf,
        name: "ssrf",
        family: &["ssrf"],
        cwe: Some("CWE-918"),
        owasp: Some("A10:2021"),
        capec: Some("CAPEC-664"),
        rules: ssrf::RULES,
        needs: Needs {
            bytes: byte::COLON,
            doubled: byte::SLASH | byte::BACKSLASH,
            words: word::INNER_HOST,
            ..Needs::NONE
        },
        recogniser: Recogniser { may_hold: ssrf::may_hold, recognise: ssrf::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::Xxe,
        name: "xxe",
        aliases: &["xml"],
        family: &["xml"],
        cwe: Some("CWE-611"),
        owasp: Some("A05:2021"),
        capec: Some("CAPEC-221"),
        rules: xxe::RULES,
        needs: Needs { words: word::XML_OUTSIDE, ..Needs::NONE },
        recogniser: Recogniser { may_hold: xxe::may_hold, recognise: xxe::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::CrlfInjection,
        name: "crlf_injection",
        aliases: &["http_split"],
        family: &["http_split"],
        cwe: Some("CWE-93"),
        owasp: Some("A03:2021"),
        capec: Some("CAPEC-34"),
        rules: crlf_injection::RULES,
        needs: Needs { bytes: byte::CONTROL | byte::HIGH, ..Needs::NONE },
        recogniser: Recogniser { may_hold: crlf_injection::may_hold, recognise: crlf_injection::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::FileUpload,
        name: "file_upload",
        family: &["file_upload"],
        cwe: Some("CWE-434"),
        owasp: Some("A04:2021"),
        capec: Some("CAPEC-650"),
        rules: file_upload::RULES,
        // A name has an extension or is cut, or is that of a session; programs in content start with `<`, or quote a name.
        needs: Needs {
            bytes: byte::DOT | byte::LESS | byte::CONTROL | byte::HIGH,
            words: word::FILE,
            ..Needs::NONE
        },
        recogniser: Recogniser { may_hold: file_upload::may_hold, recognise: file_upload::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::OpenRedirect,
        name: "open_redirect",
        cwe: Some("CWE-601"),
        owasp: Some("A01:2021"),
        capec: Some("CAPEC-178"),
        rules: open_redirect::RULES,
        locations: Locations::of(&[Location::Query, Location::Field, Location::Json, Location::Cookie]),
        needs: Needs {
            bytes: byte::COLON | byte::BACKSLASH | byte::CONTROL,
            doubled: byte::SLASH,
            ..Needs::NONE
        },
        recogniser: Recogniser { may_hold: open_redirect::may_hold, recognise: open_redirect::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::LdapInjection,
        name: "ldap_injection",
        aliases: &["ldap"],
        family: &["ldap"],
        cwe: Some("CWE-90"),
        owasp: Some("A03:2021"),
        capec: Some("CAPEC-136"),
        rules: ldap_injection::RULES,
        needs: Needs { bytes: byte::OPEN | byte::CLOSE | byte::EQUAL | byte::SLASH, ..Needs::NONE },
        recogniser: Recogniser { may_hold: ldap_injection::may_hold, recognise: ldap_injection::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::NosqlInjection,
        name: "nosql_injection",
        aliases: &["nosql"],
        family: &["nosql"],
        cwe: Some("CWE-943"),
        owasp: Some("A03:2021"),
        capec: Some("CAPEC-676"),
        rules: nosql_injection::RULES,
        needs: Needs { bytes: byte::DOLLAR, doubled: byte::EQUAL, words: word::NOSQL_SCRIPT, ..Needs::NONE },
        recogniser: Recogniser { may_hold: nosql_injection::may_hold, recognise: nosql_injection::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::Deserialization,
        name: "deserialization",
        family: &["deserialization"],
        cwe: Some("CWE-502"),
        owasp: Some("A08:2021"),
        capec: Some("CAPEC-586"),
        rules: deserialization::RULES,
        needs: Needs {
            bytes: byte::DIGIT | byte::BANG | byte::HIGH | byte::CONTROL,
            doubled: byte::DOLLAR,
            words: word::TYPE | word::PACKAGE,
            ..Needs::NONE
        },
        recogniser: Recogniser { may_hold: deserialization::may_hold, recognise: deserialization::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::Graphql,
        name: "graphql",
        cwe: Some("CWE-770"),
        owasp: Some("API4:2023"),
        capec: Some("CAPEC-130"),
        rules: graphql::RULES,
        needs: Needs { bytes: byte::BRACE, ..Needs::NONE },
        recogniser: Recogniser { may_hold: graphql::may_hold, recognise: graphql::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::SensitiveFile,
        name: "sensitive_file",
        family: &["sensitive_file"],
        cwe: Some("CWE-552"),
        owasp: Some("A01:2021"),
        capec: Some("CAPEC-87"),
        rules: sensitive_file::RULES,
        locations: Locations::of(&[Location::Path]),
        needs: Needs { words: word::SECRET_FILE, ..Needs::NONE },
        recogniser: Recogniser { may_hold: sensitive_file::may_hold, recognise: sensitive_file::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::CmsProbing,
        name: "cms_probing",
        family: &["cms_probing"],
        cwe: Some("CWE-200"),
        owasp: Some("OAT-004"),
        capec: Some("CAPEC-170"),
        on_by_default: false,
        rules: cms_probing::RULES,
        locations: Locations::of(&[Location::Path]),
        needs: Needs { words: word::CMS_PAGE, ..Needs::NONE },
        recogniser: Recogniser { may_hold: path::may_hold, recognise: cms_probing::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::Recon,
        name: "recon",
        family: &["recon"],
        cwe: Some("CWE-425"),
        owasp: Some("A01:2021"),
        capec: Some("CAPEC-87"),
        on_by_default: false,
        rules: recon::RULES,
        locations: Locations::of(&[Location::Path]),
        needs: Needs { words: word::ADMIN_PAGE, ..Needs::NONE },
        recogniser: Recogniser { may_hold: path::may_hold, recognise: recon::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::Scanner,
        name: "scanner",
        cwe: Some("CWE-200"),
        owasp: Some("OAT-014"),
        capec: Some("CAPEC-310"),
        rules: scanner::RULES,
        locations: Locations::of(&[Location::Header]),
        needs: Needs { words: word::SCANNER, ..Needs::NONE },
        recogniser: Recogniser { may_hold: scanner::may_hold, recognise: scanner::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::SessionFixation,
        name: "session_fixation",
        cwe: Some("CWE-384"),
        owasp: Some("A07:2021"),
        capec: Some("CAPEC-61"),
        rules: session_fixation::RULES,
        locations: Locations::of(&[Location::LinkedName]),
        needs: Needs { words: word::SESSION, ..Needs::NONE },
        recogniser: Recogniser {
            may_hold: |view| session_fixation::names_session(view.bytes),
            recognise: session_fixation::recognise,
        },
        ..BASE
    },
    ClassDefinition { class: Class::Custom, name: "custom", ..BASE },
];
