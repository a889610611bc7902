//! Forced browsing (CWE-425): requests for administration pages, monitoring and build files.
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

/// The rule for a segment, if it is such a page.
fn rule_of(segment: &Segment<'_>) -> Option<&'static Rule> {
    let leads_to = |(name, next): &(&str, &str)| {
        segment.is(name) && segment.next().is_some_and(|following| following.is(next))
    };
    if segment.is_any(DATABASE_TOOLS)
        || ["phpmyadmin", "adminer"].iter().any(|name| is_version_of(segment, name))
    {
        Some(&rules::DATABASE_TOOL)
    } else if segment.is_any(CONSOLES) || CONSOLE_PAGES.iter().any(leads_to) {
        Some(&rules::CONSOLE)
    } else if segment.is_any(MONITORS) || MONITOR_PAGES.iter().any(leads_to) {
        Some(&rules::MONITOR)
    } else if segment.is_last() && segment.is_any(BUILD_FILES) {
        Some(&rules::BUILD_FILE)
    } else {
        None
    }
}

/// Whether a segment is this name, alone or with a version.
fn is_version_of(segment: &Segment<'_>, name: &str) -> bool {
    let version = segment.name.get(name.len()).is_none_or(|next| matches!(next, b'-' | b'_' | b'0'..=b'9'));
    segment.starts_with(name) && version
}

const DATABASE_TOOLS: &[&str] =
    &["adminer.php", "myadmin", "mysql-admin", "mysqladmin", "php-my-admin", "phppgadmin", "pma"];

const CONSOLES: &[&str] = &[
    "axis2-admin",
    "axis2-web",
    "elmah.axd",
    "host-manager",
    "invoker",
    "jmx-console",
    "struts2-showcase",
    "trace.axd",
    "web-console",
    "webmin",
    "wls-wsat",
];

/// A segment and the one after it.
const CONSOLE_PAGES: &[(&str, &str)] = &[
    ("console", "login"),
    ("hudson", "script"),
    ("jenkins", "script"),
    ("manager", "html"),
    ("manager", "status"),
    ("manager", "text"),
    ("solr", "admin"),
    ("telescope", "requests"),
];

const MONITORS: &[&str] = &[
    "actuator",
    "configprops",
    "heapdump",
    "jolokia",
    "nginx_status",
    "server-info",
    "server-status",
    "stub_status",
    "threaddump",
];

const MONITOR_PAGES: &[(&str, &str)] = &[
    ("_profiler", "phpinfo"),
    ("_profiler", "open"),
    ("debug", "pprof"),
    ("debug", "vars"),
    ("debug", "default"),
];

const BUILD_FILES: &[&str] = &[
    ".ds_store",
    ".gitlab-ci.yml",
    ".travis.yml",
    "bower.json",
    "cargo.lock",
    "cargo.toml",
    "composer.json",
    "composer.lock",
    "docker-compose.yaml",
    "docker-compose.yml",
    "dockerfile",
    "gemfile",
    "gemfile.lock",
    "go.mod",
    "jenkinsfile",
    "makefile",
    "package-lock.json",
    "package.json",
    "pipfile",
    "pipfile.lock",
    "pnpm-lock.yaml",
    "procfile",
    "requirements.txt",
    "vagrantfile",
    "yarn.lock",
];
