//! Pages of content management systems that may not be there: what a scan for one asks for first.
//!
//! Only the path of the request is looked at, by whole segments.

mod rules;

use super::Class;
use super::Location;
use super::evidence::Evidence;
use super::gate::word;
use super::path::{self, Segment};
use super::recogniser::{Locations, Needs, Recogniser};
use super::rule::Rule;
use super::view::View;
use super::words::Words;

#[cfg(test)]
mod tests;

pub(super) static RULES: &[&Rule] = rules::ALL;
pub(super) const WORDS: &[Words] = &[(
    word::CMS_PAGE,
    &[
        "administrator",
        "bitrix",
        "changelog",
        "components",
        "configuration",
        "downloader",
        "info",
        "install",
        "installation",
        "joomla",
        "libraries",
        "magento",
        "modules",
        "phpinfo",
        "sites",
        "test",
        "typo",
        "umbraco",
        "user",
        "wlwmanifest",
        "wordpress",
        "wp",
        "xmlrpc",
    ],
)];

pub(super) const RECOGNISER: Recogniser = Recogniser {
    class: Class::CmsProbing,
    places: Locations::of(&[Location::Path]),
    needs: Needs { words: word::CMS_PAGE, ..Needs::NONE },
    may_hold: path::may_hold,
    recognise,
};

/// Add the evidence for this class in `view`.
fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    path::recognise(view, evidence, rule_of);
}

/// What a segment asks for, if it is a page of such a system.
fn rule_of(segment: &Segment<'_>) -> Option<&'static Rule> {
    let leads_to = |(name, next): &(&str, &str)| {
        segment.is(name) && segment.next().is_some_and(|following| following.starts_with(next))
    };
    if segment.is_any(WORDPRESS) {
        Some(&rules::WORDPRESS)
    } else if OTHERS.iter().any(leads_to) || segment.is_any(OTHER_FILES) {
        Some(&rules::OTHER_SYSTEM)
    } else if segment.is_last() && segment.is_any(PROBES) {
        Some(&rules::PROBE)
    } else {
        None
    }
}

/// Not `wp-json`, `wp-content` and `wp-includes`: pages of other sites link there.
const WORDPRESS: &[&str] = &[
    "wp-admin",
    "wp-config.php",
    "wp-cron.php",
    "wp-login.php",
    "wp-signup.php",
    "wp-trackback.php",
    "wlwmanifest.xml",
    "xmlrpc.php",
];

/// A segment and how the one after it starts.
const OTHERS: &[(&str, &str)] = &[
    ("administrator", "index.php"),
    ("administrator", "components"),
    ("administrator", "manifests"),
    ("bitrix", "admin"),
    ("components", "com_"),
    ("downloader", "index.php"),
    ("installation", "index.php"),
    ("libraries", "joomla"),
    ("modules", "mod_"),
    ("sites", "default"),
    ("typo3", "index.php"),
    ("typo3", "install"),
    ("umbraco", "backoffice"),
];

const OTHER_FILES: &[&str] = &["configuration.php", "joomla.xml", "magento_version"];

const PROBES: &[&str] = &["info.php", "install.php", "phpinfo.php", "phpinfo", "test.php", "changelog.txt"];
