//! Rate limits: over all paths, on single paths (in any spelling), and of routes.
//!
//! Every limit that applies counts the request on its own counter; the first that is exceeded rejects it. A limit counts by
//! client, or by the key of its rule. A CORS preflight to which the guard replies is counted on a counter of its own: the
//! browser sends it, and the request that follows is counted. If CORS is off, the application responds, and a preflight is
//! counted as any request.
//!
//! A limit by outcome is compared on arrival, and counted when the response is known. Concurrent requests are all compared
//! before any of them is counted, so they may exceed the limit by the number of requests in flight.

use alloc::format;
use core::time::Duration;

use arrayvec::ArrayVec;

use super::network;
use crate::body::form;
use crate::checks::Check;
use crate::config::{RateKey, RetryAfter, StrikeReason};
use crate::event::EventKind;
use crate::request::context::RequestContext;
use crate::request::flow::CheckResult;
use crate::request::head::HeaderValues;
use crate::request::scratch::OpPurpose;
use crate::respond::RejectionDraft;
use crate::rules::rate::{CounterKey, CountryRates, MAX_PARTS, Tier, TierRef};
use crate::state::{Batch, Count, Key, Op, Quota, Scope, Subject};
use crate::verdict::{OutcomeLimit, RateState};

impl CountryRates {
    fn of(&self, ctx: &mut RequestContext<'_>) -> Option<TierRef> {
        if self.is_empty() {
            return None;
        }
        let country = if self.by_country.is_empty() { None } else { network::known_country(ctx) };
        let own = self.by_country.iter().position(|(known, _)| Some(*known) == country);
        match own {
            Some(index) => Some(TierRef::Country(Some(index as u16))),
            None => self.others.as_ref().map(|_| TierRef::Country(None)),
        }
    }
}

/// Count the request on every limit that applies.
pub(crate) fn add_ops(ctx: &mut RequestContext<'_>) {
    if ctx.exempt {
        return;
    }
    let limits = &ctx.rules.limits;
    if ctx.known.preflight {
        if let Some(tier) = &limits.preflight {
            count(ctx, Scope::Global, tier, TierRef::Preflight);
        }
        return;
    }
    let of_path = match limits.endpoints.is_empty() {
        true => 0..0,
        false => limits.endpoints_of(ctx.canonical_path()),
    };
    for index in of_path {
        let endpoint = &limits.endpoints[index];
        if endpoint.counts(ctx.head.method) {
            count(ctx, Scope::Endpoint, &endpoint.tier, TierRef::Endpoint(index as u16));
        }
    }
    if let Some(policy) = ctx.policy {
        for (index, tier) in policy.rates.iter().enumerate() {
            count(ctx, Scope::Route, tier, TierRef::Route(index as u16));
        }
        if let Some(name @ TierRef::Country(index)) = policy.country_rates.of(ctx)
            && let Some(tier) = policy.country_rates.get(index)
        {
            count(ctx, Scope::Route, tier, name);
        }
    }
    if let Some(tier) = &limits.global {
        count(ctx, Scope::Global, tier, TierRef::Global);
    }
}

fn count(ctx: &mut RequestContext<'_>, scope: Scope, tier: &Tier, name: TierRef) {
    let subject = tier.key.subject(ctx);
    if tier.outcomes.is_none() {
        let key = Key { scope, rule: tier.rule, subject };
        return ctx.push_op(Op::Hit { key, quota: tier.quota, cost: 1 }, OpPurpose::Tier(name));
    }
    ctx.push_op(Op::Hit { key: tier.key_of(subject), quota: tier.quota, cost: 0 }, OpPurpose::Outcome(name));
    if let Some(free) = ctx.outcomes.iter_mut().find(|outcome| outcome.is_none()) {
        let digest = match subject {
            Subject::Digest(digest) => Some(digest),
            Subject::Client(_) | Subject::Unknown => None,
        };
        *free = Some(OutcomeLimit { tier: name, digest });
    }
}

/// Apply the reply about a limit by outcome: a counter at its limit rejects the request.
pub(crate) fn apply_outcome_count(ctx: &mut RequestContext<'_>, name: TierRef, count: Count) -> CheckResult {
    apply_count(ctx, name, Count { within: count.used < count.limit, ..count })
}

/// Apply the reply about a limit.
pub(crate) fn apply_count(ctx: &mut RequestContext<'_>, name: TierRef, count: Count) -> CheckResult {
    let quota = ctx.tier(name).map(|tier| tier.quota);
    let window = quota.map_or(Duration::ZERO, Quota::window);
    let state = RateState::new(count, window, ctx.now);
    if ctx.rate.is_none_or(|tightest| state.remaining < tightest.remaining) || !count.within {
        ctx.rate = Some(state);
    }
    if count.within {
        return Ok(());
    }
    report(ctx, name, count, window);
    // Any page can make the browser of a visitor send preflights, so they ban no client.
    if name != TierRef::Preflight {
        strike(ctx);
    }
    let mut rejection = RejectionDraft::new(Check::RateLimit, 429, "Too many requests");
    let (client, used, seconds) = (ctx.client_name(), count.used, window.as_secs().max(1));
    rejection.hook_reason =
        format!("Rate limit exceeded for IP: {client} ({used} requests in {seconds}s window)");
    rejection.retry_after = Some(match ctx.rules.limits.retry_after {
        RetryAfter::Remaining => count.retry_at.since(ctx.now).max(Duration::from_millis(1)),
        RetryAfter::Window => window,
    });
    ctx.reject(rejection)
}

fn report(ctx: &mut RequestContext<'_>, name: TierRef, count: Count, window: Duration) {
    let action = ctx.action(Check::RateLimit);
    let (used, seconds) = (count.used, window.as_secs().max(1));
    let numbers =
        [("request_count", used.into()), ("rate_limit", count.limit.into()), ("window", seconds.into())];
    let counted = if name == TierRef::Preflight { "preflights" } else { "requests" };
    let reason = format!("Rate limit exceeded: {used} {counted} in {seconds}s window");
    ctx.event(EventKind::RateLimited, action, "rate_limit", reason, numbers);
    match name {
        TierRef::Global | TierRef::Preflight => {}
        TierRef::Endpoint(_) => {
            let path = ctx.path();
            let reason =
                format!("Endpoint-specific rate limit exceeded: {used} requests per {seconds}s for {path}");
            let metadata = [
                ("rule_type", "endpoint_rate_limit".into()),
                ("endpoint", path.into()),
                ("rate_limit", count.limit.into()),
                ("window", seconds.into()),
            ];
            ctx.event(EventKind::DynamicRuleViolation, action, "middleware", reason, metadata);
        }
        TierRef::Route(_) => {
            let reason = format!("Route-specific rate limit exceeded: {used} requests per {seconds}s");
            let metadata = [
                ("decorator_type", "rate_limiting".into()),
                ("violation_type", "rate_limit".into()),
                ("rate_limit", count.limit.into()),
                ("window", seconds.into()),
            ];
            ctx.event(EventKind::DecoratorViolation, action, "middleware", reason, metadata);
        }
        TierRef::Country(_) => {
            let country = ctx.country().map_or_else(|| "unknown".into(), |country| format!("{country}"));
            let reason = format!("Geo rate limit exceeded for {country}: {used} requests per {seconds}s");
            let metadata = [
                ("decorator_type", "geo_rate_limiting".into()),
                ("violation_type", "geo_rate_limit".into()),
                ("rate_limit", count.limit.into()),
                ("window", seconds.into()),
            ];
            ctx.event(EventKind::DecoratorViolation, action, "middleware", reason, metadata);
        }
    }
}

fn strike(ctx: &mut RequestContext<'_>) {
    if !ctx.rules.limits.strikes || ctx.is_report_only(Check::RateLimit) {
        return;
    }
    let mut batch = Batch::new(ctx.now);
    ctx.rules.ban.strike(&mut batch, ctx, StrikeReason::RateLimit, true);
    batch.ops().iter().for_each(|op| ctx.defer(*op));
}

impl RequestContext<'_> {
    fn tier(&self, name: TierRef) -> Option<&Tier> {
        self.rules.tier(name, self.policy)
    }
}

impl CounterKey {
    /// The subject that is counted. A request without a part of the key, or with two values for it, is counted by client: a
    /// client must not avoid the limit by leaving a part out, and of two values the handler may use either.
    fn subject(&self, ctx: &RequestContext<'_>) -> Subject {
        if self.0 == [RateKey::Client] {
            return ctx.subject;
        }
        let network = network_bytes(ctx);
        let mut parts: ArrayVec<&[u8], MAX_PARTS> = ArrayVec::new();
        for part in &self.0 {
            let value = match part {
                RateKey::Client => Some(&network[..]),
                RateKey::Principal => ctx.head.principal.map(str::as_bytes),
                RateKey::Header(name) => single_value(|add| lines(ctx, name.as_str(), add)),
                RateKey::Cookie(name) => single_value(|add| {
                    lines(ctx, "cookie", &mut |line| {
                        let named = form::cookies(line).filter(|(known, _)| *known == name.as_bytes());
                        named.for_each(|(_, value)| add(value));
                    });
                }),
            };
            match value.map(|value| parts.try_push(value)) {
                Some(Ok(())) => {}
                _ => return ctx.subject,
            }
        }
        Subject::digest(&parts)
    }
}

/// The client's network as part of a composite key; zeros for a client without an address.
fn network_bytes(ctx: &RequestContext<'_>) -> [u8; 17] {
    let mut bytes = [0; 17];
    if let Some(network) = ctx.network() {
        bytes[0] = network.prefix_len();
        match network.addr() {
            core::net::IpAddr::V4(v4) => bytes[1..5].copy_from_slice(&v4.octets()),
            core::net::IpAddr::V6(v6) => bytes[1..].copy_from_slice(&v6.octets()),
        }
    }
    bytes
}

/// The value that `each` adds, if all that it adds are equal.
fn single_value<'v>(each: impl FnOnce(&mut dyn FnMut(&'v [u8]))) -> Option<&'v [u8]> {
    let mut values = HeaderValues::default();
    each(&mut |value| values.add(value));
    // An empty value counts as missing: otherwise all clients that send it would share one counter.
    values.first.filter(|value| !values.conflict && !value.trim_ascii().is_empty())
}

fn lines<'r>(ctx: &RequestContext<'r>, name: &str, visit: &mut dyn FnMut(&'r [u8])) {
    ctx.head.headers.for_each(&mut |line, value| {
        if line.eq_ignore_ascii_case(name) {
            visit(value);
        }
    });
}
