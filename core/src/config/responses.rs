//! The sections about responses: security headers, and what a refused client reads.

use alloc::collections::BTreeMap;
use alloc::string::String;

use super::read::{Fields, Section};

/// `[headers]`: security headers, set on every response in place of the application's own. A header set to null is left
/// to the application.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Headers {
    /// Whether any is set. Default: true.
    pub enabled: bool,
    /// `X-Content-Type-Options`. Default: `nosniff`.
    pub content_type_options: Option<String>,
    /// `X-Frame-Options`. Default: `SAMEORIGIN`.
    pub frame_options: Option<String>,
    /// `X-XSS-Protection`. Default: `1; mode=block`.
    pub xss_protection: Option<String>,
    /// `Referrer-Policy`. Default: `strict-origin-when-cross-origin`.
    pub referrer_policy: Option<String>,
    /// `Permissions-Policy`. Default: `geolocation=(), microphone=(), camera=()`.
    pub permissions_policy: Option<String>,
    /// `X-Permitted-Cross-Domain-Policies`. Default: `none`.
    pub permitted_cross_domain_policies: Option<String>,
    /// `X-Download-Options`. Default: `noopen`.
    pub download_options: Option<String>,
    /// `Cross-Origin-Opener-Policy`. Default: `same-origin`.
    pub cross_origin_opener_policy: Option<String>,
    /// `Cross-Origin-Resource-Policy`. Default: `same-origin`.
    pub cross_origin_resource_policy: Option<String>,
    /// `Cross-Origin-Embedder-Policy`. Default: none, because `require-corp` breaks pages that embed other sites.
    pub cross_origin_embedder_policy: Option<String>,
    /// `Content-Security-Policy`. Default: none.
    pub content_security_policy: Option<String>,
    /// `Strict-Transport-Security`.
    pub hsts: Hsts,
    /// More headers, by name; they win over the ones above.
    pub custom: BTreeMap<String, String>,
}

impl Default for Headers {
    fn default() -> Self {
        let some = |value: &str| Some(String::from(value));
        Self {
            enabled: true,
            content_type_options: some("nosniff"),
            frame_options: some("SAMEORIGIN"),
            xss_protection: some("1; mode=block"),
            referrer_policy: some("strict-origin-when-cross-origin"),
            permissions_policy: some("geolocation=(), microphone=(), camera=()"),
            permitted_cross_domain_policies: some("none"),
            download_options: some("noopen"),
            cross_origin_opener_policy: some("same-origin"),
            cross_origin_resource_policy: some("same-origin"),
            cross_origin_embedder_policy: None,
            content_security_policy: None,
            hsts: Hsts::default(),
            custom: BTreeMap::new(),
        }
    }
}

impl Section for Headers {
    fn fields(&mut self, fields: &mut dyn Fields) {
        fields.leaf("enabled", &mut self.enabled);
        fields.leaf("content_type_options", &mut self.content_type_options);
        fields.leaf("frame_options", &mut self.frame_options);
        fields.leaf("xss_protection", &mut self.xss_protection);
        fields.leaf("referrer_policy", &mut self.referrer_policy);
        fields.leaf("permissions_policy", &mut self.permissions_policy);
        fields.leaf("permitted_cross_domain_policies", &mut self.permitted_cross_domain_policies);
        fields.leaf("download_options", &mut self.download_options);
        fields.leaf("cross_origin_opener_policy", &mut self.cross_origin_opener_policy);
        fields.leaf("cross_origin_resource_policy", &mut self.cross_origin_resource_policy);
        fields.leaf("cross_origin_embedder_policy", &mut self.cross_origin_embedder_policy);
        fields.leaf("content_security_policy", &mut self.content_security_policy);
        fields.section("hsts", &mut self.hsts);
        fields.leaf("custom", &mut self.custom);
    }
}

/// `[headers.hsts]`: `Strict-Transport-Security` (RFC 6797), sent on requests that came over HTTPS.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Hsts {
    /// Seconds that browsers remember it; 0 sends none. Default: 31536000, a year.
    pub max_age: u32,
    /// Whether sub-domains are included. Default: true.
    pub include_subdomains: bool,
    /// Whether the site asks to be built into browsers; needs a year and sub-domains. Default: false.
    pub preload: bool,
}

impl Default for Hsts {
    fn default() -> Self {
        Self { max_age: 31_536_000, include_subdomains: true, preload: false }
    }
}

impl Section for Hsts {
    fn fields(&mut self, fields: &mut dyn Fields) {
        fields.leaf("max_age", &mut self.max_age);
        fields.leaf("include_subdomains", &mut self.include_subdomains);
        fields.leaf("preload", &mut self.preload);
    }
}

/// `[errors]`: what a refused client reads.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Errors {
    /// Bodies by status, in place of the built-in texts. `{reference}` stands for the reference id of the refusal.
    pub bodies: BTreeMap<String, String>,
    /// The `Content-Type` of refusals. Default: `text/plain; charset=utf-8`.
    pub content_type: String,
    /// The header that carries the reference id. Default: `x-reference-id`; null for none.
    pub reference_header: Option<String>,
}

impl Default for Errors {
    fn default() -> Self {
        Self {
            bodies: BTreeMap::new(),
            content_type: "text/plain; charset=utf-8".into(),
            reference_header: Some("x-reference-id".into()),
        }
    }
}

impl Section for Errors {
    fn fields(&mut self, fields: &mut dyn Fields) {
        fields.leaf("bodies", &mut self.bodies);
        fields.leaf("content_type", &mut self.content_type);
        fields.leaf("reference_header", &mut self.reference_header);
    }
}
