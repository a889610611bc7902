//! Words of the gate for this class.

use crate::detect::gate::{Words, word};

/// Names of functions and axes that only paths have, up to their first dash.
pub(in crate::detect) const WORDS: &[Words] = &[
    (word::XPATH, &["ancestor", "count", "child", "contains", "doc", "name", "node", "parent", "position"]),
    (
        word::XPATH,
        &[
            "comment",
            "descendant",
            "following",
            "local",
            "preceding",
            "self",
            "starts",
            "string",
            "substring",
            "text",
            "translate",
        ],
    ),
];
