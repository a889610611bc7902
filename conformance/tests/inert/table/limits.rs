//! Cases for `[rate]` and `[ban]`.

use crate::field_case::{ATTACK, FieldCase, PLAIN, Setup, field_case};

pub(super) const FIELD_CASES: &[FieldCase] = &[
    field_case("rate.enabled", "rate.limit = '1/min'", "", "rate.enabled = false", &[PLAIN, PLAIN]),
    field_case("rate.limit", "", "rate.limit = '1/min'", "rate.limit = false", &[PLAIN, PLAIN]),
    field_case(
        "rate.key",
        "rate.limit = '1/min'",
        "",
        "rate.key = ['header:x-key']",
        &["target = '/', headers = [['x-key', 'a']]", "target = '/', headers = [['x-key', 'b']]"],
    ),
    field_case("rate.fields", "rate.limit = '1/min'", "", "rate.fields = 'never'", &[PLAIN, PLAIN]),
    field_case(
        "rate.strikes",
        "rate.limit = '1/min'\nban.threshold = 2",
        "",
        "rate.strikes = true",
        &[PLAIN, PLAIN, PLAIN, PLAIN],
    ),
    field_case(
        "rate.endpoint[].path",
        "",
        "[[rate.endpoint]]\npath = '/a'\nlimit = '1/min'",
        "[[rate.endpoint]]\npath = '/b'\nlimit = '1/min'",
        &["target = '/a'", "target = '/a'"],
    ),
    field_case(
        "rate.endpoint[].methods",
        "",
        "[[rate.endpoint]]\npath = '/a'\nlimit = '1/min'",
        "[[rate.endpoint]]\npath = '/a'\nlimit = '1/min'\nmethods = ['POST']",
        &["target = '/a'", "target = '/a'"],
    ),
    field_case(
        "rate.endpoint[].limit",
        "",
        "[[rate.endpoint]]\npath = '/a'\nlimit = '1/min'",
        "[[rate.endpoint]]\npath = '/a'\nlimit = '2/min'",
        &["target = '/a'", "target = '/a'"],
    ),
    field_case(
        "rate.endpoint[].key",
        "",
        "[[rate.endpoint]]\npath = '/a'\nlimit = '1/min'",
        "[[rate.endpoint]]\npath = '/a'\nlimit = '1/min'\nkey = ['header:x-key']",
        &["target = '/a', headers = [['x-key', 'a']]", "target = '/a', headers = [['x-key', 'b']]"],
    ),
    field_case(
        "rate.endpoint[].outcomes",
        "",
        "[[rate.endpoint]]\npath = '/a'\nlimit = '1/min'",
        "[[rate.endpoint]]\npath = '/a'\nlimit = '1/min'\noutcomes = ['401']",
        &["target = '/a'", "target = '/a'"],
    ),
    field_case(
        "rate.retry_after",
        "rate.limit = '2/min'",
        "",
        "rate.retry_after = 'window'",
        &[PLAIN, "at = '10s', target = '/'", "at = '20s', target = '/'"],
    ),
    field_case(
        "rate.on_unavailable",
        "",
        "rate.on_unavailable = 'allow'",
        "rate.on_unavailable = 'deny'",
        &[PLAIN],
    )
    .on(Setup::Outage),
    field_case("ban.enabled", "ban.threshold = 1", "", "ban.enabled = false", &[ATTACK, ATTACK, PLAIN]),
    field_case("ban.threshold", "", "ban.threshold = 1", "ban.threshold = 2", &[ATTACK, PLAIN]),
    field_case(
        "ban.window",
        "ban.threshold = 2",
        "ban.window = '1s'",
        "ban.window = '1h'",
        &[
            ATTACK,
            "at = '10s', target = '/?q=1%27+union+select+password+from+users--'",
            "at = '11s', target = '/'",
        ],
    ),
    field_case(
        "ban.duration",
        "ban.threshold = 1",
        "ban.duration = '1s'",
        "ban.duration = '1h'",
        &[ATTACK, "at = '10s', target = '/'"],
    ),
    field_case(
        "ban.class[].class",
        "",
        "[[ban.class]]\nclass = 'sqli'\nthreshold = 1\nduration = '1h'",
        "[[ban.class]]\nclass = 'xss'\nthreshold = 1\nduration = '1h'",
        &[ATTACK, PLAIN],
    ),
    field_case(
        "ban.class[].threshold",
        "",
        "[[ban.class]]\nclass = 'sqli'\nthreshold = 1\nduration = '1h'",
        "[[ban.class]]\nclass = 'sqli'\nthreshold = 5\nduration = '1h'",
        &[ATTACK, PLAIN],
    ),
    field_case(
        "ban.class[].duration",
        "",
        "[[ban.class]]\nclass = 'sqli'\nthreshold = 1\nduration = '1h'",
        "[[ban.class]]\nclass = 'sqli'\nthreshold = 1\nduration = '1s'",
        &[ATTACK, "at = '10s', target = '/'"],
    ),
    field_case(
        "ban.on_unavailable",
        "rate.limit = false",
        "ban.on_unavailable = 'allow'",
        "ban.on_unavailable = 'deny'",
        &[PLAIN],
    )
    .on(Setup::Outage),
];
