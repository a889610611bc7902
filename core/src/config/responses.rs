//! The sections about responses: security headers, responses to rejected requests, CORS.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use http::HeaderName;

use super::section::section;
use super::values::Choice;
use super::{Csp, HumanDuration, Rate};

section! {
    /// `[headers]`: security headers, set on every response in place of the application's own. A header set to null or
    /// to an empty text is left to the application.
    pub struct Headers {
        /// Whether any is set. Default: true.
        leaf enabled: bool = true,
        /// `X-Content-Type-Options`. Default: `nosniff`.
        leaf content_type_options: Option<String> = Some("nosniff".into()),
        /// `X-Frame-Options`. Default: `SAMEORIGIN`.
        leaf frame_options: Option<String> = Some("SAMEORIGIN".into()),
        /// `X-XSS-Protection`. Default: `1; mode=block`.
        leaf xss_protection: Option<String> = Some("1; mode=block".into()),
        /// `Referrer-Policy`. Default: `strict-origin-when-cross-origin`.
        leaf referrer_policy: Option<String> = Some("strict-origin-when-cross-origin".into()),
        /// `Permissions-Policy`. Default: `geolocation=(), microphone=(), camera=()`.
        leaf permissions_policy: Option<String> = Some("geolocation=(), microphone=(), camera=()".into()),
        /// `X-Permitted-Cross-Domain-Policies`. Default: `none`.
        leaf permitted_cross_domain_policies: Option<String> = Some("none".into()),
        /// `X-Download-Options`. Default: `noopen`.
        leaf download_options: Option<String> = Some("noopen".into()),
        /// `Cross-Origin-Opener-Policy`. Default: `same-origin`.
        leaf cross_origin_opener_policy: Option<String> = Some("same-origin".into()),
        /// `Cross-Origin-Resource-Policy`. Default: `same-origin`.
        leaf cross_origin_resource_policy: Option<String> = Some("same-origin".into()),
        /// `Cross-Origin-Embedder-Policy`. Default: none, because `require-corp` breaks pages that embed other sites.
        leaf cross_origin_embedder_policy: Option<String> = None,
        /// `Content-Security-Policy`: its text, or a table of directives to lists of sources. Default: none.
        leaf content_security_policy: Option<Csp> = None,
        /// `Content-Security-Policy-Report-Only`, written alike. Default: none.
        leaf content_security_policy_report_only: Option<Csp> = None,
        /// `Strict-Transport-Security`.
        section hsts: Hsts = Hsts::default(),
        /// Additional headers, by name; they override the ones above.
        leaf custom: BTreeMap<String, String> = BTreeMap::new(),
    }
}

section! {
    /// `[headers.hsts]`: `Strict-Transport-Security` (RFC 6797), sent on responses over HTTPS.
    pub struct Hsts {
        /// Lifetime in seconds; 0 omits the header. Default: 31536000, a year.
        leaf max_age: u32 = 31_536_000,
        /// Whether sub-domains are included. Default: true.
        leaf include_subdomains: bool = true,
        /// Whether the site may be preloaded by browsers; requires a year and sub-domains. Default: false.
        leaf preload: bool = false,
    }
}

section! {
    /// `[errors]`: responses to rejected requests.
    pub struct Errors {
        /// Bodies by status, in place of the built-in texts. `{reference}` is replaced by the reference id.
        leaf bodies: BTreeMap<String, String> = BTreeMap::new(),
        /// The `Content-Type` of rejections. Default: `text/plain; charset=utf-8`.
        leaf content_type: String = "text/plain; charset=utf-8".into(),
        /// The response header with the reference id. Default: `x-reference-id`; null for none.
        leaf reference_header: Option<HeaderName> = Some(HeaderName::from_static("x-reference-id")),
        /// Format of rejections without a body in `bodies`; does not apply to gRPC calls. Default: `negotiate`.
        leaf format: ErrorFormat = ErrorFormat::Negotiate,
    }
}

/// The format of a rejection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorFormat {
    /// A line of text, except for clients that accept `application/problem+json` and for gRPC calls.
    #[default]
    Negotiate,
    /// A line of text.
    Text,
    /// `application/problem+json` (RFC 9457).
    Problem,
}

impl Choice for ErrorFormat {
    const OPTIONS: &'static [(&'static str, Self)] =
        &[("negotiate", Self::Negotiate), ("text", Self::Text), ("problem", Self::Problem)];
}

section! {
    /// `[cors]`: cross-origin requests from browsers (Fetch standard, section 3.3). Routes with the bypass `all` are
    /// left to the application.
    pub struct Cors {
        /// Answer preflight requests and set the CORS headers. Default: false.
        leaf enabled: bool = false,
        /// Allowed origins, such as `https://app.example.com`, without patterns; or `*` for all. Default: `["*"]`.
        leaf origins: Vec<String> = alloc::vec!["*".into()],
        /// Allowed methods, or `*` for all. Default: `GET`, `POST`, `PUT`, `PATCH`, `DELETE`, `OPTIONS`.
        leaf methods: Vec<String> =
            ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].map(String::from).to_vec(),
        /// Allowed request headers, or `*` for all. Default: `["*"]`.
        leaf headers: Vec<String> = alloc::vec!["*".into()],
        /// Whether requests may include cookies and credentials; not together with the origin `*`. Default: false.
        leaf credentials: bool = false,
        /// Response headers exposed to scripts, or `*` for all; `*` not together with `credentials`. Default: empty.
        leaf expose: Vec<String> = Vec::new(),
        /// Lifetime of a cached preflight; 0s to 1d. Default: 10min.
        leaf max_age: HumanDuration = HumanDuration::secs(600),
        /// The limit of preflights per client. They are counted apart from requests, whose limits they do not use up. Where
        /// `rate.limit` allows more, as many preflights are allowed. Applies while `rate.enabled` is set. Default:
        /// `3000/min`; null for none.
        leaf preflight_limit: Option<Rate> = Some(Rate::per_minute(3000)),
    }
}
