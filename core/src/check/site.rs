//! The host and the scheme of a request.
//!
//! With `site.hosts`, requests for other hosts are rejected: links, redirects and cache keys that are built from a forged
//! `Host` would lead to another site. A request must name exactly one host, in `Host`, in `:authority` or in its target.
//!
//! A redirect to HTTPS goes to the requested host, if `site.hosts` allows it. With `site.insecure_redirect_to_any_host` any
//! valid host is allowed.

use alloc::format;
use alloc::string::{String, ToString};

use http::HeaderValue;

use crate::checks::Check;
use crate::event::EventKind;
use crate::host::Authority;
use crate::request::context::RequestContext;
use crate::request::flow::CheckResult;
use crate::respond::RejectionDraft;

/// The one host of the request, or the reason why it has no usable one.
fn requested_host<'r>(ctx: &RequestContext<'r>) -> Result<Authority<'r>, &'static str> {
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

/// Reject a request whose host is not served, or that names more than one.
pub(crate) fn check_host(ctx: &mut RequestContext<'_>) -> CheckResult {
    let site = &ctx.rules.site;
    let what = match requested_host(ctx) {
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

/// Redirect to HTTPS if the configuration or the route requires it.
pub(crate) fn check_https(ctx: &mut RequestContext<'_>) -> CheckResult {
    let site = &ctx.rules.site;
    let of_route = ctx.policy.is_some_and(|policy| policy.source.https);
    if ctx.client.secure || !(site.https || of_route) {
        return Ok(());
    }
    let host = requested_host(ctx).ok().filter(|authority| site.any_host || site.serves(authority.host));
    let Some((host, location)) = host.and_then(|host| Some((host, location(ctx, host, site.port)?))) else {
        let (status, body) = if site.any_host { (400, "Bad request") } else { (421, "Misdirected request") };
        return reject(ctx, Check::HttpsEnforcement, status, body, "no redirect to HTTPS");
    };
    report(ctx, host, of_route);
    let mut rejection = RejectionDraft::new(Check::HttpsEnforcement, 301, "");
    rejection.location = Some(location);
    ctx.reject(rejection)
}

/// Scheme and host of the redirect. An explicit port 80 is removed, because it does not serve TLS (RFC 6797, section 8.3).
fn origin(host: Authority<'_>, port: Option<u16>) -> String {
    let requested = host.port.filter(|port| *port != 80);
    match port.or(requested).filter(|port| *port != 443) {
        Some(port) => format!("https://{}:{port}", host.host),
        None => format!("https://{}", host.host),
    }
}

/// The target of the redirect. `None` if it contains bytes that are invalid in a header.
fn location(ctx: &RequestContext<'_>, host: Authority<'_>, port: Option<u16>) -> Option<HeaderValue> {
    let mut url = origin(host, port);
    // A target that is not a path (`*`, or the host of `CONNECT`) must not be appended to the host.
    url.push_str(if ctx.head.path.starts_with('/') { ctx.head.path } else { "/" });
    if let Some(query) = ctx.head.query {
        url.push('?');
        url.push_str(query);
    }
    HeaderValue::from_bytes(url.as_bytes()).ok()
}

/// Report the redirect. The event has no query, which may hold secrets.
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
