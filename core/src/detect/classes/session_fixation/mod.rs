//! Session fixation (CWE-384): a session identifier that another site sets.
//!
//! An attacker who knows a session identifier sends a visitor to a link that carries it; after sign-in the attacker
//! shares the session. Applications pass identifiers in parameters where a browser has no cookies, so the name alone is
//! no evidence: the request has to come from another site. The caller determines that and passes such a name as
//! [`Location::LinkedName`].

mod rules;
pub(in crate::detect) mod words;

use core::ops::RangeInclusive;

use crate::detect::decode::View;
use crate::detect::evidence::{Evidence, Rule};
use crate::detect::gate::{word, word_kind_at};

#[cfg(test)]
mod tests;

pub(in crate::detect) const RULES: &[&Rule] = rules::ALL;

/// The default session names of frameworks, in lower case. `session_id` is not one: a
/// redirect from a payment provider carries the identifier of the payment.
const NAMES: [&str; 24] = [
    "__host-next-auth.session-token",
    "__secure-next-auth.session-token",
    "_flask_session",
    "_rails_session",
    "asp.net_sessionid",
    "beaker.session.id",
    "cfsid",
    "cftoken",
    "ci_session",
    "connect.sid",
    "express.sid",
    "jservsession",
    "jsessionid",
    "jwsession",
    "koa.sess",
    "koa:sess",
    "laravel_session",
    "next-auth.session-token",
    "phpsessid",
    "phpsession",
    "play_session",
    "rack.session",
    "sails.sid",
    "weblogicsession",
];

/// How long such names are: few others are as long.
const LENGTHS: RangeInclusive<usize> = 5..=40;

/// What the name starts with that a server of Microsoft makes up for each application.
const OF_ASP: &[u8] = b"aspsessionid";

/// Whether a parameter of this name may carry a session identifier. Cheap, because it is called for every name.
#[inline]
pub(crate) fn names_session(name: &[u8]) -> bool {
    if !LENGTHS.contains(&name.len()) {
        return false;
    }
    let start = name.iter().position(|byte| *byte != b'_').unwrap_or(name.len());
    let named = &name[start..];
    named.first().is_some_and(u8::is_ascii_alphabetic) && word_kind_at(named) & word::SESSION != 0
}

/// Add the evidence for this class in `view`.
pub(in crate::detect) fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    let name = view.bytes;
    let by_asp = name.get(..OF_ASP.len()).is_some_and(|start| start.eq_ignore_ascii_case(OF_ASP));
    if by_asp || NAMES.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes())) {
        evidence.add(&rules::OF_FRAMEWORK, 0..name.len());
    }
}
