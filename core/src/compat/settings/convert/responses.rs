//! Responses: HTTPS, security headers, CORS, bodies of rejections.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::super::conversion::{Conversion, entry, text};
use super::super::value;
use crate::config::node::Node;
use crate::config::read::ConfigValue;
use crate::config::{Csp, ErrorFormat, Headers, Hsts, HumanDuration};

/// Maximum lifetime of a cached preflight, in seconds.
const MAX_PREFLIGHT_AGE: u64 = 86_400;
/// Headers that cannot be custom.
const RESERVED_HEADERS: [&str; 4] =
    ["strict-transport-security", "connection", "content-length", "transfer-encoding"];

/// The minimum age for `hsts.preload`: a year.
const YEAR: u32 = 31_536_000;

pub(in crate::compat::settings) fn https(c: &mut Conversion<'_>) {
    c.config.site.https_port = None;
    c.config.site.https = c.on();
    c.config.site.insecure_redirect_to_any_host = c.on();
    if c.on() {
        c.approximate(
            "applies to every route, those with a policy included; as in the family, the redirect goes to the host of the request, \
             whatever it is: set `site.hosts` and remove `site.insecure_redirect_to_any_host`",
        );
    }
}

pub(in crate::compat::settings) fn headers(c: &mut Conversion<'_>) {
    let map = c.own();
    let off = matches!(map, Node::Null) || matches!(map, Node::Table(entries) if entries.is_empty());
    let enabled = match entry(map, "enabled") {
        Node::Null => !off,
        node => value::boolean(node).unwrap_or_else(|problem| {
            c.error_at(".enabled", problem);
            true
        }),
    };
    let mut headers = Headers { enabled, ..Headers::default() };
    headers.cross_origin_embedder_policy = Some("require-corp".into());
    for (name, field) in [
        ("frame_options", &mut headers.frame_options),
        ("content_type_options", &mut headers.content_type_options),
        ("xss_protection", &mut headers.xss_protection),
        ("referrer_policy", &mut headers.referrer_policy),
    ] {
        // In the family null keeps the default: only the permissions policy can be removed.
        if let Some(value) = text(entry(map, name)) {
            *field = Some(value.into());
        }
    }
    if let Node::Table(entries) = map
        && let Some((_, policy)) = entries.iter().find(|(name, _)| name == "permissions_policy")
    {
        headers.permissions_policy = text(policy).filter(|policy| !policy.is_empty()).map(Into::into);
    }
    headers.content_security_policy = policy(c, entry(map, "csp"));
    headers.hsts = hsts(c, entry(map, "hsts"));
    headers.custom = texts(c, ".custom", entry(map, "custom"));
    let given = headers.custom.len();
    headers
        .custom
        .retain(|name, _| !RESERVED_HEADERS.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)));
    let reserved = headers.custom.len() < given;
    c.config.headers = headers;
    if reserved {
        c.approximate(
            "`strict-transport-security` is set by `hsts`, and framing headers by the server: both are dropped",
        );
    } else if enabled && *entry(entry(map, "hsts"), "max_age") == Node::Null {
        c.approximate("as in the family, a map without `hsts.max_age` sends no `Strict-Transport-Security`");
    } else if enabled {
        c.approximate("`Strict-Transport-Security` is sent over HTTPS only (RFC 6797)");
    }
}

fn policy(c: &mut Conversion<'_>, node: &Node) -> Option<Csp> {
    let mut csp = Csp::default();
    match node {
        Node::Null => None,
        Node::Table(directives) if directives.is_empty() => None,
        node => match csp.read(node) {
            Ok(()) => Some(csp),
            Err(problem) => {
                c.error_at(".csp", problem);
                None
            }
        },
    }
}

fn hsts(c: &mut Conversion<'_>, node: &Node) -> Hsts {
    let mut hsts = Hsts { max_age: 0, ..Hsts::default() };
    let flag = |name: &str, default: bool| match entry(node, name) {
        Node::Null => Ok(default),
        value => value::boolean(value),
    };
    let age = match entry(node, "max_age") {
        Node::Null => Ok(0),
        value => value::integer(value),
    };
    let age = age.and_then(|age| u32::try_from(age).map_err(|_| format!("{age} is out of range")));
    match (age, flag("include_subdomains", true), flag("preload", false)) {
        (Ok(age), Ok(subdomains), Ok(preload)) => {
            hsts.max_age = age;
            hsts.include_subdomains = subdomains || preload;
            hsts.preload = preload && age >= YEAR;
        }
        (Err(problem), _, _) | (_, Err(problem), _) | (_, _, Err(problem)) => c.error_at(".hsts", problem),
    }
    hsts
}

/// A map of names to texts.
fn texts(c: &mut Conversion<'_>, at: &str, node: &Node) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    let Node::Table(entries) = node else { return texts };
    for (name, node) in entries {
        match value::text(node) {
            Ok(text) => drop(texts.insert(name.clone(), text)),
            Err(problem) => c.error_at(format!("{at}.{name}"), problem),
        }
    }
    texts
}

pub(in crate::compat::settings) fn error_bodies(c: &mut Conversion<'_>) {
    let bodies = texts(c, "", c.own());
    for (status, body) in bodies {
        match status.trim().parse::<u16>() {
            Ok(status @ 400..=599) => drop(c.config.errors.bodies.insert(status.to_string(), body)),
            Ok(status) => {
                c.approximate(format!("{status} is not the status of a rejection: its body is dropped"));
            }
            Err(_) => c.error_at(format!(".{status}"), "is not a status"),
        }
    }
    c.config.errors.format = ErrorFormat::Text;
}

pub(in crate::compat::settings) fn cors_enabled(c: &mut Conversion<'_>) {
    c.config.cors.enabled = c.on();
}

/// The current list, reduced to `*` if it contains `*`.
fn names(c: &mut Conversion<'_>) -> Vec<String> {
    let names = c.own_texts();
    if names.len() == 1 || !names.iter().any(|name| name == "*") {
        return names;
    }
    c.approximate("`*` allows all values, so the others have no effect");
    Vec::from(["*".into()])
}

pub(in crate::compat::settings) fn cors_origins(c: &mut Conversion<'_>) {
    c.config.cors.origins = names(c);
    if c.config.cors.origins.is_empty() && c.config.cors.enabled {
        c.config.cors.enabled = false;
        c.approximate("without origins `cors.enabled` is false");
    }
}

pub(in crate::compat::settings) fn cors_methods(c: &mut Conversion<'_>) {
    c.config.cors.methods = names(c);
}

pub(in crate::compat::settings) fn cors_headers(c: &mut Conversion<'_>) {
    c.config.cors.headers = names(c);
}

pub(in crate::compat::settings) fn cors_credentials(c: &mut Conversion<'_>) {
    c.config.cors.credentials = c.on();
    let any = c.config.cors.origins.iter().any(|origin| origin == "*");
    if c.on() && any && c.config.cors.enabled {
        c.error("the origin `*` is incompatible with credentials; name the origins in `cors_allow_origins`");
    }
}

pub(in crate::compat::settings) fn cors_expose(c: &mut Conversion<'_>) {
    let expose = names(c);
    if c.config.cors.credentials && expose.iter().any(|name| name == "*") {
        c.no_effect("with credentials, browsers read `*` as a literal name");
    } else {
        c.config.cors.expose = expose;
    }
}

pub(in crate::compat::settings) fn cors_max_age(c: &mut Conversion<'_>) {
    let seconds: u64 = c.number();
    c.config.cors.max_age =
        HumanDuration::secs(if seconds == 0 { 600 } else { seconds.min(MAX_PREFLIGHT_AGE) });
    if seconds > MAX_PREFLIGHT_AGE {
        c.approximate("the maximum is a day, as in browsers");
    }
}
