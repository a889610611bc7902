//! The rules. Each page is enough by itself: a site that enables this class serves none of them.

use crate::detect::evidence::{Class, Location, Rule};

/// Every rule of this class.
pub(in crate::detect) const ALL: &[&Rule] = &[&DATABASE_TOOL, &CONSOLE, &MONITOR, &BUILD_FILE];

pub(super) static DATABASE_TOOL: Rule = Rule::new(
    Class::Recon,
    "recon.database-tool",
    100,
    "requests a database administration tool",
    &["/phpmyadmin/index.php", "/phpMyAdmin-5.2.1/", "/pma/", "/adminer.php", "/tools/adminer-4.8.1.php"],
    &["/administration", "/mysql", "/blog/phpmyadmin.html", "/team/pmatthews"],
)
.at(Location::Path, "");

pub(super) static CONSOLE: Rule = Rule::new(
    Class::Recon,
    "recon.console",
    100,
    "requests the administration console of a server",
    &[
        "/manager/html",
        "/host-manager/",
        "/jenkins/script",
        "/solr/admin/cores",
        "/trace.axd",
        "/wls-wsat/CoordinatorPortType",
    ],
    &["/manager", "/console", "/jenkins", "/managers/html", "/solr/select"],
)
.at(Location::Path, "");

pub(super) static MONITOR: Rule = Rule::new(
    Class::Recon,
    "recon.monitor",
    100,
    "requests a monitoring or status page",
    &["/server-status", "/actuator/env", "/app/actuator/heapdump", "/debug/pprof/", "/jolokia/list"],
    &["/status", "/health", "/debug", "/actuators", "/servers/status"],
)
.at(Location::Path, "");

pub(super) static BUILD_FILE: Rule = Rule::new(
    Class::Recon,
    "recon.build-file",
    100,
    "requests a build file of the site",
    &["/composer.json", "/package-lock.json", "/app/Dockerfile", "/.DS_Store", "/docker-compose.yml"],
    &["/package", "/docs/dockerfile-guide", "/composer.json/raw", "/makefile-tutorial"],
)
.at(Location::Path, "");
