//! Words of the gate for this class.

use crate::detect::gate::{Words, word};

/// What the names in [`NAMES`] start with.
pub(in crate::detect) const WORDS: &[Words] = &[(
    word::SESSION,
    &[
        "asp",
        "aspsessionid",
        "beaker",
        "cfsid",
        "cftoken",
        "ci",
        "connect",
        "express",
        "flask",
        "host",
        "jservsession",
        "jsessionid",
        "jwsession",
        "koa",
        "laravel",
        "next",
        "phpsessid",
        "phpsession",
        "play",
        "rack",
        "rails",
        "sails",
        "secure",
        "weblogicsession",
    ],
)];
