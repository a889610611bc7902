//! Cases for `[behaviour]`.

use crate::field_case::{ATTACK, FieldCase, PLAIN, field_case};

pub(super) const FIELD_CASES: &[FieldCase] = &[
    field_case(
        "behaviour.rule[].kind",
        "",
        "[[behaviour.rule]]\naction = 'alert'\nkind = 'usage'",
        "[[behaviour.rule]]\naction = 'alert'\nkind = 'frequency'",
        &[PLAIN, PLAIN],
    ),
    field_case(
        "behaviour.rule[].threshold",
        "",
        "[[behaviour.rule]]\naction = 'throttle'\nthreshold = 1",
        "[[behaviour.rule]]\naction = 'throttle'\nthreshold = 2",
        &[PLAIN, PLAIN, PLAIN],
    ),
    field_case(
        "behaviour.rule[].window",
        "",
        "[[behaviour.rule]]\naction = 'throttle'\nwindow = '1s'",
        "[[behaviour.rule]]\naction = 'throttle'\nwindow = '1h'",
        &[PLAIN, "at = '10s', target = '/'", "at = '11s', target = '/'"],
    ),
    field_case(
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
    field_case(
        "behaviour.rule[].action",
        "",
        "[[behaviour.rule]]\naction = 'ban'",
        "[[behaviour.rule]]\naction = 'throttle'",
        &[PLAIN, PLAIN, PLAIN],
    ),
    field_case(
        "behaviour.rule[].ban_for",
        "",
        "[[behaviour.rule]]\naction = 'ban'\nban_for = '1s'",
        "[[behaviour.rule]]\naction = 'ban'\nban_for = '1h'",
        &[PLAIN, PLAIN, "at = '10s', target = '/'"],
    ),
    field_case(
        "behaviour.rule[].throttle_for",
        "",
        "[[behaviour.rule]]\naction = 'throttle'\nthrottle_for = '1s'",
        "[[behaviour.rule]]\naction = 'throttle'\nthrottle_for = '1h'",
        &[PLAIN, PLAIN, "at = '10s', target = '/'"],
    ),
    field_case(
        "behaviour.rule[].correlate",
        "",
        "[[behaviour.rule]]\naction = 'throttle'\nthreshold = 4\ncorrelate = false",
        "[[behaviour.rule]]\naction = 'throttle'\nthreshold = 4\ncorrelate = true",
        &[ATTACK, PLAIN, PLAIN, PLAIN, PLAIN],
    ),
    field_case(
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
    field_case(
        "behaviour.enumeration",
        "",
        "",
        "behaviour.enumeration = '1/min'",
        &["target = '/', response = { status = 403 }", "target = '/', response = { status = 405 }", PLAIN],
    ),
    field_case(
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
    field_case(
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
    .permission_for("behaviour.rule[0].pattern"),
    field_case(
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
