//! From `[headers]` to [`SecurityHeaders`].

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use http::{HeaderName, HeaderValue};

use crate::config::{ConfigErrors, Csp, Headers, Hsts};
use crate::rules::security_headers::SecurityHeaders;

/// The maximum length of a value.
const MAX_VALUE: usize = 8192;
/// One year: the minimum of the HSTS preload list (hstspreload.org).
const PRELOAD_AGE: u32 = 31_536_000;

impl SecurityHeaders {
    pub(crate) fn compile(headers: &Headers, errors: &mut ConfigErrors) -> Self {
        let hsts = hsts(&headers.hsts, errors);
        let named = [
            ("content_type_options", "x-content-type-options", headers.content_type_options.as_deref()),
            ("frame_options", "x-frame-options", headers.frame_options.as_deref()),
            ("xss_protection", "x-xss-protection", headers.xss_protection.as_deref()),
            ("referrer_policy", "referrer-policy", headers.referrer_policy.as_deref()),
            ("permissions_policy", "permissions-policy", headers.permissions_policy.as_deref()),
            (
                "permitted_cross_domain_policies",
                "x-permitted-cross-domain-policies",
                headers.permitted_cross_domain_policies.as_deref(),
            ),
            ("download_options", "x-download-options", headers.download_options.as_deref()),
            (
                "cross_origin_opener_policy",
                "cross-origin-opener-policy",
                headers.cross_origin_opener_policy.as_deref(),
            ),
            (
                "cross_origin_resource_policy",
                "cross-origin-resource-policy",
                headers.cross_origin_resource_policy.as_deref(),
            ),
            (
                "cross_origin_embedder_policy",
                "cross-origin-embedder-policy",
                headers.cross_origin_embedder_policy.as_deref(),
            ),
            ("content_security_policy", "content-security-policy", csp(&headers.content_security_policy)),
            (
                "content_security_policy_report_only",
                "content-security-policy-report-only",
                csp(&headers.content_security_policy_report_only),
            ),
        ];
        let mut all: Vec<(HeaderName, HeaderValue)> = Vec::new();
        for (field, name, text) in named {
            // TOML has no null, so an empty text disables the header too.
            let Some(text) = text.filter(|text| !text.is_empty()) else { continue };
            if let Some(value) = value(&format!("headers.{field}"), text, errors) {
                all.push((HeaderName::from_static(name), value));
            }
        }
        for (name, value) in custom(headers, errors) {
            all.retain(|(other, _)| *other != name);
            all.push((name, value));
        }
        let plain = all.len();
        all.extend(hsts.map(|value| (http::header::STRICT_TRANSPORT_SECURITY, value)));
        if headers.enabled { Self { all, plain } } else { Self::default() }
    }
}

/// The custom headers of the operator.
fn custom(headers: &Headers, errors: &mut ConfigErrors) -> Vec<(HeaderName, HeaderValue)> {
    let mut custom = Vec::new();
    for (name, text) in &headers.custom {
        let path = format!("headers.custom.{name}");
        let Ok(name) = HeaderName::try_from(name.as_str()) else {
            errors.push(path, "is not a header name (RFC 9110 section 5.6.2)");
            continue;
        };
        match reserved(&name) {
            Some(why) => errors.push(path, why),
            None => custom.extend(value(&path, text, errors).map(|value| (name, value))),
        }
    }
    custom
}

fn csp(policy: &Option<Csp>) -> Option<&str> {
    policy.as_ref().map(|policy| policy.0.as_str())
}

/// The reason why a header cannot be set as a custom one.
fn reserved(name: &HeaderName) -> Option<&'static str> {
    use http::header::{CONNECTION, CONTENT_LENGTH, STRICT_TRANSPORT_SECURITY, TRANSFER_ENCODING};
    if *name == STRICT_TRANSPORT_SECURITY {
        return Some("is set by `headers.hsts`, which keeps it off plain HTTP");
    }
    let framing = [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(name);
    framing.then_some("defines message framing; the server sets it")
}

fn hsts(hsts: &Hsts, errors: &mut ConfigErrors) -> Option<HeaderValue> {
    if hsts.preload && (hsts.max_age < PRELOAD_AGE || !hsts.include_subdomains) {
        errors.push("headers.hsts.preload", "needs `max_age` of at least 31536000 and `include_subdomains`");
    }
    let sub_domains = if hsts.include_subdomains { "; includeSubDomains" } else { "" };
    let preload = if hsts.preload { "; preload" } else { "" };
    let text: String = format!("max-age={}{sub_domains}{preload}", hsts.max_age);
    (hsts.max_age > 0).then(|| shared(&text)).flatten()
}

/// Common values.
const COMMON_VALUES: [&str; 10] = [
    "nosniff",
    "SAMEORIGIN",
    "1; mode=block",
    "strict-origin-when-cross-origin",
    "geolocation=(), microphone=(), camera=()",
    "none",
    "noopen",
    "same-origin",
    "max-age=31536000; includeSubDomains",
    "text/plain; charset=utf-8",
];

/// A header value that many responses share. A common value is static, so that responses do not contend for its reference
/// count.
pub(super) fn shared(text: &str) -> Option<HeaderValue> {
    let common = COMMON_VALUES.iter().find(|common| **common == text);
    common.map(|common| HeaderValue::from_static(common)).or_else(|| HeaderValue::from_str(text).ok())
}

fn value(path: &str, text: &str, errors: &mut ConfigErrors) -> Option<HeaderValue> {
    if text.len() > MAX_VALUE {
        errors.push(path, format!("is longer than {MAX_VALUE} bytes"));
        return None;
    }
    let value = shared(text);
    if value.is_none() {
        errors.push(path, "holds a character that no header value may hold, such as a line break");
    }
    value
}
