//! The rules.

use crate::detect::evidence::{Class, Location, Rule};

/// Every rule of this class.
pub(in crate::detect) const ALL: &[&Rule] = &[&OTHER_SITE, &AS_PATH, &DECOY, &HOST];

const fn rule(
    id: &'static str,
    why: &'static str,
    attacks: &'static [&'static str],
    benign: &'static [&'static str],
) -> Rule {
    Rule::new(Class::OpenRedirect, id, 50, why, attacks, benign).at(Location::Query, "next")
}

pub(super) static OTHER_SITE: Rule = rule(
    "open_redirect.other-site",
    "leads to another site",
    &["//evil.example/", "https://good.example@evil.example/"],
    &["https://partner.example/welcome", "/account?tab=2", "http://localhost:3000/", "/a//b"],
);

pub(super) static AS_PATH: Rule = rule(
    "open_redirect.as-path",
    "looks like a path of this site and is none for a browser",
    &[
        "//evil.example/%2f..",
        "/\\evil.example",
        "\\/\\/evil.example/",
        "https:evil.example",
        "/%09/evil.example",
        "///evil.example",
    ],
    &["//cdn.example.com/forest.js", "/\\", "/evil.example", "https://partner.example/x"],
);

pub(super) static DECOY: Rule = rule(
    "open_redirect.decoy",
    "puts the name of another site before the one it leads to",
    &[
        "https://good.example@evil.example/",
        "http://good.example\\@evil.example",
        "http://evil.example#@good.example",
    ],
    &["https://partner.example/@ann", "https://ann@partner.example/"],
);

pub(super) static HOST: Rule = rule(
    "open_redirect.host",
    "spells the site so that a filter overlooks it",
    &["http://3627734734/", "http://0xd8.0x3a.0xd6.0xce/", "https://evil\u{3002}example/"],
    &["https://216.58.214.206/", "https://xn--bcher-kva.example/"],
);
