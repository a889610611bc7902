//! The sections about responses: security headers, and what a refused client reads.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::section::section;
use super::values::Choice;
use super::{Csp, HumanDuration};

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
        /// More headers, by name; they win over the ones above.
        leaf custom: BTreeMap<String, String> = BTreeMap::new(),
    }
}

section! {
    /// `[headers.hsts]`: `Strict-Transport-Security` (RFC 6797), sent on requests that came over HTTPS.
    pub struct Hsts {
        /// Seconds that browsers remember it; 0 sends none. Default: 31536000, a year.
        leaf max_age: u32 = 31_536_000,
        /// Whether sub-domains are included. Default: true.
        leaf include_subdomains: bool = true,
        /// Whether the site asks to be built into browsers; needs a year and sub-domains. Default: false.
        leaf preload: bool = false,
    }
}

section! {
    /// `[errors]`: what a refused client reads.
    pub struct Errors {
        /// Bodies by status, in place of the built-in texts. `{reference}` stands for the reference id of the refusal.
        leaf bodies: BTreeMap<String, String> = BTreeMap::new(),
        /// The `Content-Type` of refusals. Default: `text/plain; charset=utf-8`.
        leaf content_type: String = "text/plain; charset=utf-8".into(),
        /// The header that carries the reference id. Default: `x-reference-id`; null for none.
        leaf reference_header: Option<String> = Some("x-reference-id".into()),
        /// The form of refusals without a body in `bodies`, which calls of gRPC do not get. Default: `negotiate`.
        leaf format: ErrorFormat = ErrorFormat::Negotiate,
    }
}

/// The form of a refusal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorFormat {
    /// A line of text, except for clients that accept `application/problem+json` and calls of gRPC.
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
    /// `[cors]`: which other sites may call this one from a browser (Fetch standard, section 3.3). Routes with the bypass
    /// `all` are left to the application.
    pub struct Cors {
        /// Answer preflights and set the headers of CORS. Default: false.
        leaf enabled: bool = false,
        /// Origins that may, such as `https://app.example.com`, without patterns; or `*` for all. Default: `["*"]`.
        leaf origins: Vec<String> = alloc::vec!["*".into()],
        /// Methods that they may use, or `*` for all. Default: `GET`, `POST`, `PUT`, `PATCH`, `DELETE`, `OPTIONS`.
        leaf methods: Vec<String> =
            ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].map(String::from).to_vec(),
        /// Request headers that they may send, or `*` for all. Default: `["*"]`.
        leaf headers: Vec<String> = alloc::vec!["*".into()],
        /// Whether requests may carry cookies and credentials; not together with the origin `*`. Default: false.
        leaf credentials: bool = false,
        /// Response headers that scripts may read, or `*` for all; `*` not together with `credentials`. Default: empty.
        leaf expose: Vec<String> = Vec::new(),
        /// How long browsers remember a preflight; 0s to 1d. Default: 10min.
        leaf max_age: HumanDuration = HumanDuration::secs(600),
    }
}
