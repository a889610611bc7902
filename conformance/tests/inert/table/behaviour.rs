//! Witnesses of what clients do over time.

use crate::witness::{ATTACK, PLAIN, Witness, witness};

pub(super) const WITNESSES: &[Witness] = &[
    witness(
        "behaviour.rule[].kind",
        "",
        "[[behaviour.rule]]\naction = 'alert'\nkind = 'usage'",
        "[[behaviour.rule]]\naction = 'alert'\nkind = 'frequency'",
        &[PLAIN, PLAIN],
    ),
    witness(
        "behaviour.rule[].threshold",
        "",
        "[[behaviour.rule]]\naction = 'throttle'\nthreshold = 1",
        "[[behaviour.rule]]\naction = 'throttle'\nthreshold = 2",
        &[PLAIN, PLAIN, PLAIN],
    ),
    witness(
        "behaviour.rule[].window",
        "",
        "[[behaviour.rule]]\naction = 'throttle'\nwindow = '1s'",
        "[[behaviour.rule]]\naction = 'throttle'\nwindow = '1h'",
        &[PLAIN, "at = '10s', target = '/'", "at = '11s', target = '/'"],
    ),
    witness(
        "behaviour.rule[].pattern",
        "",
        "[[behaviour.rule]]\naction = 'throttle'\nkind = 'return_pattern'\n\
            pattern = 'status:404'",
        "[[behaviour.rule]]\naction = 'throttle'\nkind = 'return_pattern'\n\
            pattern = 'status:500'",
        &[
            "target = '/', response = { status = 404 }",
            "target = '/', response = { status = 404 }",
            "target = '/', response = { status = 404 }",
        ],
    ),
    witness(
        "behaviour.rule[].action",
        "",
        "[[behaviour.rule]]\naction = 'ban'",
        "[[behaviour.rule]]\naction = 'throttle'",
        &[PLAIN, PLAIN, PLAIN],
    ),
    witness(
        "behaviour.rule[].ban_for",
        "",
        "[[behaviour.rule]]\naction = 'ban'\nban_for = '1s'",
        "[[behaviour.rule]]\naction = 'ban'\nban_for = '1h'",
        &[PLAIN, PLAIN, "at = '10s', target = '/'"],
    ),
    witness(
        "behaviour.rule[].throttle_for",
        "",
        "[[behaviour.rule]]\naction = 'throttle'\nthrottle_for = '1s'",
        "[[behaviour.rule]]\naction = 'throttle'\nthrottle_for = '1h'",
        &[PLAIN, PLAIN, "at = '10s', target = '/'"],
    ),
    witness(
        "behaviour.rule[].correlate",
        "",
        "[[behaviour.rule]]\naction = 'throttle'\nthreshold = 4\ncorrelate = false",
        "[[behaviour.rule]]\naction = 'throttle'\nthreshold = 4\ncorrelate = true",
        &[ATTACK, PLAIN, PLAIN, PLAIN, PLAIN],
    ),
    witness(
        "behaviour.not_found",
        "",
        "",
        "behaviour.not_found = '1/min'",
        &[
            "target = '/', response = { status = 404 }",
            "target = '/', response = { status = 404 }",
            "target = '/', response = { status = 404 }",
        ],
    ),
    witness(
        "behaviour.enumeration",
        "",
        "",
        "behaviour.enumeration = '1/min'",
        &["target = '/', response = { status = 403 }", "target = '/', response = { status = 405 }", PLAIN],
    ),
    witness(
        "behaviour.throttle_for",
        "behaviour.not_found = '1/min'",
        "behaviour.throttle_for = '1s'",
        "behaviour.throttle_for = '1h'",
        &[
            "target = '/', response = { status = 404 }",
            "target = '/', response = { status = 404 }",
            "at = '10s', target = '/'",
        ],
    ),
    witness(
        "behaviour.inspect_responses",
        "",
        "behaviour.inspect_responses = true\n[[behaviour.rule]]\n\
            kind = 'return_pattern'\npattern = 'denied'\naction = 'throttle'",
        "[[behaviour.rule]]\nkind = 'return_pattern'\npattern = 'denied'\naction = 'throttle'",
        &[
            "target = '/', response = { body = 'denied' }",
            "target = '/', response = { body = 'denied' }",
            "target = '/', response = { body = 'denied' }",
        ],
    )
    .permitting("behaviour.rule[0].pattern"),
    witness(
        "behaviour.response_prefix",
        "behaviour.inspect_responses = true",
        "behaviour.response_prefix = '1KiB'\n[[behaviour.rule]]\n\
            kind = 'return_pattern'\npattern = 'denied'\naction = 'throttle'",
        "behaviour.response_prefix = '64KiB'\n[[behaviour.rule]]\n\
            kind = 'return_pattern'\npattern = 'denied'\naction = 'throttle'",
        &[
            "target = '/', response = { body = 'denied', pad = 2000 }",
            "target = '/', response = { body = 'denied', pad = 2000 }",
            "target = '/', response = { body = 'denied', pad = 2000 }",
        ],
    ),
];
