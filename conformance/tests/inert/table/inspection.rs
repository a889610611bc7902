//! Cases for `[detect]` and `[body]`.

use crate::field_case::{ATTACK, BODY, FieldCase, Setup, field_case};

pub(super) const FIELD_CASES: &[FieldCase] = &[
    field_case("detect.enabled", "", "", "detect.enabled = false", &[ATTACK]),
    field_case("detect.classes", "", "", "detect.classes = ['xss']", &[ATTACK]),
    field_case(
        "detect.threshold",
        "",
        "",
        "detect.threshold = 10",
        &["target = '/?q=%3Cb+onclick%3Dx%3E'", ATTACK],
    ),
    field_case(
        "detect.pattern[].id",
        "",
        "[[detect.pattern]]\nid = 'mine'\npattern = 'evil'",
        "[[detect.pattern]]\nid = 'other'\npattern = 'evil'",
        &["target = '/?q=evil'"],
    ),
    field_case(
        "detect.pattern[].pattern",
        "",
        "[[detect.pattern]]\nid = 'mine'\npattern = 'evil'",
        "[[detect.pattern]]\nid = 'mine'\npattern = 'good'",
        &["target = '/?q=evil'"],
    ),
    field_case(
        "detect.pattern[].locations",
        "",
        "[[detect.pattern]]\nid = 'mine'\npattern = 'evil'",
        "[[detect.pattern]]\nid = 'mine'\npattern = 'evil'\nlocations = ['header']",
        &["target = '/?q=evil'"],
    ),
    field_case("detect.recognisers", "", "", "detect.recognisers = ['coupons']", &["target = '/?q=EVIL-7'"]),
    field_case("detect.shadow", "", "", "detect.shadow = ['sqli']", &[ATTACK]),
    field_case("detect.exclude[].path", "", "", "[[detect.exclude]]\npath = '/'", &[ATTACK]),
    field_case("detect.exclude[].query", "", "", "[[detect.exclude]]\nquery = 'q'", &[ATTACK]),
    field_case(
        "detect.exclude[].header",
        "",
        "",
        "[[detect.exclude]]\nheader = 'x-note'",
        &["target = '/', headers = [['x-note', '<script>alert(1)</script>']]"],
    ),
    field_case(
        "detect.exclude[].cookie",
        "",
        "",
        "[[detect.exclude]]\ncookie = 'note'",
        &["target = '/', headers = [['cookie', 'note=<script>alert(1)</script>']]"],
    ),
    field_case(
        "detect.exclude[].field",
        "",
        "",
        "[[detect.exclude]]\nfield = 'note'",
        &["target = '/', headers = [['content-type', 'application/json']], \
            body = '{\"note\": \"<script>alert(1)</script>\"}'"],
    ),
    field_case("detect.exclude[].class", "", "", "[[detect.exclude]]\nclass = 'sqli'", &[ATTACK]),
    field_case(
        "detect.exclude[].rule",
        "",
        "",
        "[[detect.exclude]]\nrule = 'xss.script-element'",
        &["target = '/?q=%3Cscript%3Ealert(1)%3C/script%3E'"],
    ),
    field_case("detect.sensitive", "", "", "detect.sensitive = ['q']", &[ATTACK]),
    field_case(
        "detect.on_incomplete",
        "",
        "",
        "detect.on_incomplete = 'allow'",
        &["target = '/', headers = [['content-type', 'text/plain'], ['content-encoding', \
            'zstd']], body = 'x'"],
    ),
    field_case(
        "body.inspect",
        "",
        "",
        "body.inspect = false",
        &["target = '/', headers = [['content-type', 'text/plain']], \
            body = '<script>alert(1)</script>'"],
    ),
    field_case("body.limit", "", "", "body.limit = '1KiB'", &[BODY]),
    field_case("body.max", "", "", "body.max = 100", &[BODY]),
    field_case(
        "body.inflate",
        "",
        "",
        "body.inflate = false",
        &["target = '/', headers = [['content-type', 'text/plain'], ['content-encoding', \
            'gzip']], \
            body_base64 = 'H4sIAAAAAAACA7MpTi7KLCixS8xJLSrRMNS00YcKAAB27ib+GQAAAA=='"],
    ),
    field_case(
        "body.inflate_limit",
        "",
        "",
        "body.inflate_limit = '1KiB'",
        &["target = '/', headers = [['content-type', 'text/plain'], ['content-encoding', \
            'gzip']], body_base64 = 'H4sIAAAAAAACA0tMHAWjYBSMglEwCkbBUAcAOT4TqNAHAAA='"],
    ),
    field_case(
        "body.inflate_ratio",
        "",
        "",
        "body.inflate_ratio = 1100",
        &["target = '/', headers = [['content-type', 'text/plain'], ['content-encoding', \
            'gzip']], \
            body_base64 = 'H4sIAAAAAAACA+3BMQEAAADCoKzrX8IaHkABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAArwaH+uIboIYBAA=='"],
    ),
    field_case(
        "body.timeout",
        "",
        "body.timeout = '500ms'",
        "body.timeout = '10s'",
        &["target = '/', headers = [['content-type', 'text/plain']], body = 'slow'"],
    )
    .on(Setup::Service),
];
