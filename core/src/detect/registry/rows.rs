//! One row a class, in the order in which classes are tried.

use super::definition::{BASE, ClassDefinition};
use crate::detect::classes::{
    cms_probing, code_injection, deserialization, file_upload, graphql, http_split, ldap, nosql,
    open_redirect, proto_pollution, recon, scanner, sensitive_file, session_fixation, shell, sqli, ssi, ssrf,
    template, traversal, xml, xss,
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
        class: Class::Traversal,
        name: "traversal",
        family: &["dir_traversal", "file_inclusion", "path_traversal"],
        rules: traversal::RULES,
        needs: Needs {
            bytes: byte::HIGH | byte::PERCENT,
            doubled: byte::BACKSLASH,
            after_dot: traversal::HIDES,
            words: word::FILE | word::FILE_SCHEME | word::HEX,
        },
        recogniser: Recogniser { may_hold: traversal::may_hold, recognise: traversal::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::Shell,
        name: "shell",
        family: &["cmd_injection"],
        rules: shell::RULES,
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
        recogniser: Recogniser { may_hold: shell::may_hold, recognise: shell::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::Template,
        name: "template",
        family: &["template"],
        rules: template::RULES,
        needs: Needs {
            bytes: byte::BRACE | byte::PERCENT | byte::HASH | byte::AT | byte::BRACKET,
            ..Needs::NONE
        },
        recogniser: Recogniser { may_hold: template::may_hold, recognise: template::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::CodeInjection,
        name: "code_injection",
        family: &["code_injection"],
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
        class: Class::ProtoPollution,
        name: "proto_pollution",
        family: &["proto_pollution"],
        rules: proto_pollution::RULES,
        needs: Needs { words: word::PROTOTYPE, ..Needs::NONE },
        recogniser: Recogniser { may_hold: proto_pollution::may_hold, recognise: proto_pollution::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::Ssi,
        name: "ssi",
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
        class: Class::Xml,
        name: "xml",
        family: &["xml"],
        rules: xml::RULES,
        needs: Needs { words: word::XML_OUTSIDE, ..Needs::NONE },
        recogniser: Recogniser { may_hold: xml::may_hold, recognise: xml::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::HttpSplit,
        name: "http_split",
        family: &["http_split"],
        rules: http_split::RULES,
        needs: Needs { bytes: byte::CONTROL | byte::HIGH, ..Needs::NONE },
        recogniser: Recogniser { may_hold: http_split::may_hold, recognise: http_split::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::FileUpload,
        name: "file_upload",
        family: &["file_upload"],
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
        class: Class::Ldap,
        name: "ldap",
        family: &["ldap"],
        rules: ldap::RULES,
        needs: Needs { bytes: byte::OPEN | byte::CLOSE | byte::EQUAL | byte::SLASH, ..Needs::NONE },
        recogniser: Recogniser { may_hold: ldap::may_hold, recognise: ldap::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::Nosql,
        name: "nosql",
        family: &["nosql"],
        rules: nosql::RULES,
        needs: Needs { bytes: byte::DOLLAR, doubled: byte::EQUAL, words: word::NOSQL_SCRIPT, ..Needs::NONE },
        recogniser: Recogniser { may_hold: nosql::may_hold, recognise: nosql::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::Deserialization,
        name: "deserialization",
        family: &["deserialization"],
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
        rules: graphql::RULES,
        needs: Needs { bytes: byte::BRACE, ..Needs::NONE },
        recogniser: Recogniser { may_hold: graphql::may_hold, recognise: graphql::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::SensitiveFile,
        name: "sensitive_file",
        family: &["sensitive_file"],
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
        rules: scanner::RULES,
        locations: Locations::of(&[Location::Header]),
        needs: Needs { words: word::SCANNER, ..Needs::NONE },
        recogniser: Recogniser { may_hold: scanner::may_hold, recognise: scanner::recognise },
        ..BASE
    },
    ClassDefinition {
        class: Class::SessionFixation,
        name: "session_fixation",
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
