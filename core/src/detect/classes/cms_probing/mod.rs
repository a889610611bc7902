//! CMS fingerprinting (CWE-200): requests for pages of content management systems, which scans for them send first.
//!
//! Only the path of the request is inspected, by whole segments.

mod rules;
pub(in crate::detect) mod words;

use crate::detect::decode::View;
use crate::detect::evidence::{Evidence, Rule};
use crate::detect::lang::path;
use crate::detect::lang::path::Segment;

#[cfg(test)]
mod tests;

pub(in crate::detect) const RULES: &[&Rule] = rules::ALL;
/// Add the evidence for this class in `view`.
pub(in crate::detect) fn recognise(view: &View<'_>, evidence: &mut Evidence<'_>) {
    path::recognise(view, evidence, rule_of);
}

/// The rule for a segment, if it is a page of such a system.
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
