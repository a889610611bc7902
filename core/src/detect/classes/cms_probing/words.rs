//! Words of the gate for this class.

use crate::detect::gate::{Words, word};

pub(in crate::detect) const WORDS: &[Words] = &[(
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
