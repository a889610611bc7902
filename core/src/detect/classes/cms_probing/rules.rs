//! The rules. Each page is enough by itself: a site that enables this class has none of them.

use crate::detect::evidence::{Class, Location, Rule};

/// Every rule of this class.
pub(in crate::detect) const ALL: &[&Rule] = &[&WORDPRESS, &OTHER_SYSTEM, &PROBE];

pub(super) static WORDPRESS: Rule = Rule::new(
    Class::CmsProbing,
    "cms_probing.wordpress",
    100,
    "requests a page of WordPress",
    &["/wp-login.php", "/blog/wp-admin/setup-config.php", "/xmlrpc.php", "//wp-includes/wlwmanifest.xml"],
    &["/wp-login", "/docs/xmlrpc", "/wp-content/uploads/logo.png", "/articles/wp-admin-explained"],
)
.at(Location::Path, "");

pub(super) static OTHER_SYSTEM: Rule = Rule::new(
    Class::CmsProbing,
    "cms_probing.other-system",
    100,
    "requests a page of Joomla, Drupal, TYPO3 or another content management system",
    &[
        "/installation/index.php",
        "/administrator/index.php",
        "/sites/default/settings.php",
        "/components/com_users/",
        "/typo3/install.php",
    ],
    &["/installation", "/administrator", "/components/button", "/modules/modal.js", "/sites/berlin"],
)
.at(Location::Path, "");

pub(super) static PROBE: Rule = Rule::new(
    Class::CmsProbing,
    "cms_probing.probe",
    100,
    "requests a page that shows the PHP configuration (phpinfo)",
    &["/phpinfo.php", "/info.php", "/old/test.php"],
    &["/info", "/test", "/info.phpx", "/test.php/list"],
)
.at(Location::Path, "");
