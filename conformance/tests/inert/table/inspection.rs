//! Witnesses of what requests hold.

use crate::witness::{ATTACK, BODY, Scene, Witness, witness};

pub(super) const WITNESSES: &[Witness] = &[
    witness("detect.enabled", "", "", "detect.enabled = false", &[ATTACK]),
    witness("detect.classes", "", "", "detect.classes = ['xss']", &[ATTACK]),
    witness(
        "detect.threshold",
        "",
        "",
        "detect.threshold = 10",
        &["target = '/?q=%3Cb+onclick%3Dx%3E'", ATTACK],
    ),
    witness(
        "detect.pattern[].id",
        "",
        "[[detect.pattern]]\nid = 'mine'\npattern = 'evil'",
        "[[detect.pattern]]\nid = 'other'\npattern = 'evil'",
        &["target = '/?q=evil'"],
    ),
    witness(
        "detect.pattern[].pattern",
        "",
        "[[detect.pattern]]\nid = 'mine'\npattern = 'evil'",
        "[[detect.pattern]]\nid = 'mine'\npattern = 'good'",
        &["target = '/?q=evil'"],
    ),
    witness(
        "detect.pattern[].places",
        "",
        "[[detect.pattern]]\nid = 'mine'\npattern = 'evil'",
        "[[detect.pattern]]\nid = 'mine'\npattern = 'evil'\nplaces = ['header']",
        &["target = '/?q=evil'"],
    ),
    witness("detect.shadow", "", "", "detect.shadow = ['sqli']", &[ATTACK]),
    witness("detect.exclude[].path", "", "", "[[detect.exclude]]\npath = '/'", &[ATTACK]),
    witness("detect.exclude[].query", "", "", "[[detect.exclude]]\nquery = 'q'", &[ATTACK]),
    witness(
        "detect.exclude[].header",
        "",
        "",
        "[[detect.exclude]]\nheader = 'x-note'",
        &["target = '/', headers = [['x-note', '<script>alert(1)</script>']]"],
    ),
    witness(
        "detect.exclude[].cookie",
        "",
        "",
        "[[detect.exclude]]\ncookie = 'note'",
        &["target = '/', headers = [['cookie', 'note=<script>alert(1)</script>']]"],
    ),
    witness(
        "detect.exclude[].field",
        "",
        "",
        "[[detect.exclude]]\nfield = 'note'",
        &["target = '/', headers = [['content-type', 'application/json']], \
            body = '{\"note\": \"<script>alert(1)</script>\"}'"],
    ),
    witness("detect.exclude[].class", "", "", "[[detect.exclude]]\nclass = 'sqli'", &[ATTACK]),
    witness(
        "detect.exclude[].rule",
        "",
        "",
        "[[detect.exclude]]\nrule = 'xss.script-element'",
        &["target = '/?q=%3Cscript%3Ealert(1)%3C/script%3E'"],
    ),
    witness("detect.sensitive", "", "", "detect.sensitive = ['q']", &[ATTACK]),
    witness(
        "detect.on_incomplete",
        "",
        "",
        "detect.on_incomplete = 'allow'",
        &["target = '/', headers = [['content-type', 'text/plain'], ['content-encoding', \
            'zstd']], body = 'x'"],
    ),
    witness(
        "body.inspect",
        "",
        "",
        "body.inspect = false",
        &["target = '/', headers = [['content-type', 'text/plain']], \
            body = '<script>alert(1)</script>'"],
    ),
    witness("body.limit", "", "", "body.limit = '1KiB'", &[BODY]),
    witness("body.max", "", "", "body.max = 100", &[BODY]),
    witness(
        "body.inflate",
        "",
        "",
        "body.inflate = false",
        &["target = '/', headers = [['content-type', 'text/plain'], ['content-encoding', \
            'gzip']], \
            body_base64 = 'H4sIAAAAAAACA7MpTi7KLCixS8xJLSrRMNS00YcKAAB27ib+GQAAAA=='"],
    ),
    witness(
        "body.inflate_limit",
        "",
        "",
        "body.inflate_limit = '1KiB'",
        &["target = '/', headers = [['content-type', 'text/plain'], ['content-encoding', \
            'gzip']], body_base64 = 'H4sIAAAAAAACA0tMHAWjYBSMglEwCkbBUAcAOT4TqNAHAAA='"],
    ),
    witness(
        "body.inflate_ratio",
        "",
        "",
        "body.inflate_ratio = 1100",
        &["target = '/', headers = [['content-type', 'text/plain'], ['content-encoding', \
            'gzip']], \
            body_base64 = 'H4sIAAAAAAACA+3BMQEAAADCoKzrX8IaHkABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAArwaH+uIboIYBAA=='"],
    ),
    witness(
        "body.timeout",
        "",
        "body.timeout = '500ms'",
        "body.timeout = '10s'",
        &["target = '/', headers = [['content-type', 'text/plain']], body = 'slow'"],
    )
    .during(Scene::Service),
];
