//! The host that a request names, and the scheme it came over.
//!
//! A service that knows its names serves no others: links, redirects and caches that are built from a forged `Host` lead
//! elsewhere. A request must name one host and no second one, whether in `Host`, in `:authority` or in its target.
//!
//! A redirect to HTTPS names the host that was asked for, but only one that is allowed, or any that is one at all where
//! `site.insecure_redirect_to_any_host` says so.

use alloc::format;
use alloc::string::{String, ToString};

use http::HeaderValue;

use crate::checks::Check;
use crate::event::EventKind;
use crate::host::Authority;
use crate::request::context::RequestContext;
use crate::request::flow::CheckResult;
use crate::respond::RejectionDraft;

/// The one host that the request names, or why there is none.
fn named<'r>(ctx: &RequestContext<'r>) -> Result<Authority<'r>, &'static str> {
    let lines = ctx.known.host;
    if lines.repeated {
        // RFC 9112 section 3.2: not even when they agree.
        return Err("several lines");
    }
    let read = |text| Authority::parse(text).ok_or("an unreadable host");
    let of_target = ctx.head.authority.map(|text| read(text.as_bytes())).transpose()?;
    let of_header = lines.first.map(|text| read(text.trim_ascii())).transpose()?;
    match (of_target, of_header) {
        (Some(target), Some(header)) if target.host != header.host => Err("another host than the target"),
        (Some(one), _) | (None, Some(one)) => Ok(one),
        (None, None) => Err("no host"),
    }
}

/// Refuse a request that names no host that is served, or more than one.
pub(crate) fn check_host(ctx: &mut RequestContext<'_>) -> CheckResult {
    let site = &ctx.rules.site;
    if site.hosts.is_empty() {
        return Ok(());
    }
    let what = match named(ctx) {
        Ok(authority) if site.serves(authority.host) => return Ok(()),
        Ok(authority) => format!("{}", authority.host),
        Err(why) => why.into(),
    };
    reject(ctx, Check::Host, 421, "Misdirected request", &what)
}

fn reject(
    ctx: &mut RequestContext<'_>,
    check: Check,
    status: u16,
    body: &'static str,
    what: &str,
) -> CheckResult {
    let action = ctx.action(check);
    let metadata = [("ip_address", ctx.client_name().into()), ("filter_type", "host".into())];
    let reason = format!("Request for a host that is not served: {what}");
    ctx.event(EventKind::IpBlocked, action, "middleware", reason, metadata);
    ctx.reject(RejectionDraft::new(check, status, body))
}

/// Redirect to HTTPS where the configuration or the route asks for it.
pub(crate) fn check_https(ctx: &mut RequestContext<'_>) -> CheckResult {
    let site = &ctx.rules.site;
    let of_route = ctx.policy.is_some_and(|policy| policy.source.https);
    if ctx.client.secure || !(site.https || of_route) {
        return Ok(());
    }
    let host = named(ctx).ok().filter(|authority| site.any_host || site.serves(authority.host));
    let Some((host, location)) = host.and_then(|host| Some((host, location(ctx, host, site.port)?))) else {
        let (status, body) = if site.any_host { (400, "Bad request") } else { (421, "Misdirected request") };
        return reject(ctx, Check::HttpsEnforcement, status, body, "no redirect to HTTPS");
    };
    report(ctx, host, of_route);
    let mut objection = RejectionDraft::new(Check::HttpsEnforcement, 301, "");
    objection.location = Some(location);
    ctx.reject(objection)
}

/// Scheme and host of the redirect. Port 80 speaks no TLS, so one that is said out loud is left out (RFC 6797, section 8.3).
fn origin(host: Authority<'_>, port: Option<u16>) -> String {
    let asked = host.port.filter(|port| *port != 80);
    match port.or(asked).filter(|port| *port != 443) {
        Some(port) => format!("https://{}:{port}", host.host),
        None => format!("https://{}", host.host),
    }
}

/// Where to. `None` when the target holds what no header may.
fn location(ctx: &RequestContext<'_>, host: Authority<'_>, port: Option<u16>) -> Option<HeaderValue> {
    let mut url = origin(host, port);
    // Of a target that is no path (`*`, or the host of `CONNECT`) nothing may follow the host directly.
    url.push_str(if ctx.head.path.starts_with('/') { ctx.head.path } else { "/" });
    if let Some(query) = ctx.head.query {
        url.push('?');
        url.push_str(query);
    }
    HeaderValue::from_bytes(url.as_bytes()).ok()
}

/// The query may hold secrets, so the event ends before it.
fn report(ctx: &mut RequestContext<'_>, host: Authority<'_>, of_route: bool) {
    let path = ctx.path();
    let url = origin(host, ctx.rules.site.port).to_string() + &path;
    let metadata = [("original_scheme", "http".into()), ("redirect_url", url.into())];
    let action = if ctx.is_report_only(Check::HttpsEnforcement) { "logged_only" } else { "https_redirect" };
    if of_route {
        let [scheme, url] = metadata;
        let metadata = [
            ("decorator_type", "authentication".into()),
            ("violation_type", "require_https".into()),
            scheme,
            url,
        ];
        let reason = "Route requires HTTPS but request was HTTP".into();
        ctx.event(EventKind::DecoratorViolation, action, "middleware", reason, metadata);
    } else {
        let reason = "HTTP request redirected to HTTPS for security".into();
        ctx.event(EventKind::HttpsEnforced, action, "middleware", reason, metadata);
    }
}
