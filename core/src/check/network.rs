//! Countries, cloud providers and named lists: what facts say about the client.
//!
//! | rules | act on a client of the global allow list | on an exempt client | the machine itself | switched off by |
//! |---|---|---|---|---|
//! | countries of the route | yes | yes | no | `bypass = ["ip"]` |
//! | countries of the configuration | no | yes | no | `bypass = ["ip"]`, a match of the route's `allow_countries` |
//! | named lists | no | yes | yes | `bypass = ["ip"]` |
//! | clouds | no | no | yes | `bypass = ["clouds"]` |
//!
//! A denial beats every permission. The lists of clouds of a route are added to the global ones and make one decision.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use super::access::refuse_for_route;
use crate::case::{Case, Objection, Refused};
use crate::config::{CloudRule, ConfigErrors, Country, Missing, Place};
use crate::event::{EventKind, MetaValue};
use crate::facts::{Fact, NetworkFacts};
use crate::policy::{Bypass, RoutePolicy};
use crate::verdict::Check;

/// Rules about facts, compiled.
#[derive(Debug, Default)]
pub(crate) struct NetworkRules {
    /// Sorted.
    allow_countries: Vec<Country>,
    /// Sorted.
    deny_countries: Vec<Country>,
    clouds: Vec<DeniedCloud>,
    lists: Vec<String>,
}

/// A provider whose addresses are refused, but for those of some regions.
#[derive(Debug)]
struct DeniedCloud {
    provider: String,
    except: Vec<String>,
}

/// What the facts say about one kind of rule.
enum Finding {
    Clean,
    /// The rule names facts that are not loaded.
    Missing,
    Denied,
}

impl NetworkRules {
    pub(crate) fn compile(access: &crate::config::Access, errors: &mut ConfigErrors) -> Self {
        Self::new(
            [&access.allow_countries, &access.deny_countries],
            &access.deny_clouds,
            &access.deny_lists,
            &|field| format!("access.{field}"),
            errors,
        )
    }

    pub(crate) fn of_route(policy: &RoutePolicy, place: &Place<'_>, errors: &mut ConfigErrors) -> Self {
        Self::new(
            [&policy.allow_countries, &policy.deny_countries],
            &policy.deny_clouds,
            &policy.deny_lists,
            &|field| place.of(field),
            errors,
        )
    }

    fn new(
        [allow, deny]: [&[Country]; 2],
        clouds: &[CloudRule],
        lists: &[String],
        path: &dyn Fn(&str) -> String,
        errors: &mut ConfigErrors,
    ) -> Self {
        for (index, country) in deny.iter().enumerate() {
            if !allow.is_empty() && !allow.contains(country) {
                let problem = "has no effect, because `allow_countries` leaves the country out already";
                errors.push(path(&format!("deny_countries[{index}]")), problem);
            }
        }
        for (index, list) in lists.iter().enumerate() {
            if list.trim().is_empty() {
                errors.push(path(&format!("deny_lists[{index}]")), "is empty; write the name of a list");
            }
        }
        let sorted = |countries: &[Country]| {
            let mut countries = countries.to_vec();
            countries.sort_unstable();
            countries
        };
        Self {
            allow_countries: sorted(allow),
            deny_countries: sorted(deny),
            clouds: denied_clouds(clouds, path, errors),
            lists: lists.to_vec(),
        }
    }

    fn about_countries(&self) -> bool {
        !self.allow_countries.is_empty() || !self.deny_countries.is_empty()
    }

    fn allows(&self, country: Option<Country>) -> bool {
        country.is_some_and(|country| self.allow_countries.binary_search(&country).is_ok())
    }

    /// Whether the rules about countries keep out a client of `country`, or one whose country nobody knows.
    fn denies(&self, country: Option<Country>) -> bool {
        let denied = country.is_some_and(|country| self.deny_countries.binary_search(&country).is_ok());
        denied || !self.allow_countries.is_empty() && !self.allows(country)
    }
}

/// One entry a provider, with all the regions that are left out of it.
fn denied_clouds(
    clouds: &[CloudRule],
    path: &dyn Fn(&str) -> String,
    errors: &mut ConfigErrors,
) -> Vec<DeniedCloud> {
    let mut denied: Vec<DeniedCloud> = Vec::new();
    for (index, rule) in clouds.iter().enumerate() {
        let same = |other: &&CloudRule| other.provider.eq_ignore_ascii_case(&rule.provider);
        if rule.except.is_some() && clouds.iter().filter(same).any(|other| other.except.is_none()) {
            let problem =
                format!("leaves nothing out while `{}` stands beside it; remove one", rule.provider);
            errors.push(path(&format!("deny_clouds[{index}]")), problem);
        }
        match denied.iter_mut().find(|cloud| cloud.provider.eq_ignore_ascii_case(&rule.provider)) {
            Some(cloud) => cloud.except.extend(rule.except.clone()),
            None => denied.push(DeniedCloud {
                provider: rule.provider.clone(),
                except: rule.except.iter().cloned().collect(),
            }),
        }
    }
    denied
}

pub(crate) fn check(case: &mut Case<'_>) -> Result<(), Refused> {
    countries(case)?;
    lists(case)?;
    clouds(case)
}

fn countries(case: &mut Case<'_>) -> Result<(), Refused> {
    let global = &case.engine.rules.network;
    let route = case.policy.map(|policy| &policy.network).filter(|route| route.about_countries());
    let acts = global.about_countries() && !case.listed;
    if (route.is_none() && !acts) || case.bypasses(Bypass::Ip) {
        return Ok(());
    }
    if case.client.address.is_some_and(|address| address.is_loopback()) {
        return Ok(());
    }
    let Fact::Says(country) = country(case) else { return missing(case, "countries") };
    if let Some(route) = route {
        if route.denies(country) {
            let by_deny = route.allow_countries.is_empty() || route.allows(country);
            let decorator = if by_deny { "block_countries" } else { "allow_countries" };
            return refuse_for_route(case, decorator, "country_restriction");
        }
        if route.allows(country) {
            return Ok(());
        }
    }
    if !acts || !global.denies(country) {
        return Ok(());
    }
    let name = country.map_or_else(|| "unknown".into(), |country| format!("{country}"));
    refuse(case, format!("IP from blocked country: {name}"), "global".into())
}

fn lists(case: &mut Case<'_>) -> Result<(), Refused> {
    let global = &case.engine.rules.network.lists;
    let route = case.policy.map(|policy| &policy.network.lists);
    let mut lists = global.iter().chain(route.into_iter().flatten()).peekable();
    if lists.peek().is_none() || case.listed || case.bypasses(Bypass::Ip) {
        return Ok(());
    }
    let Some(address) = case.client.address else { return Ok(()) };
    for list in lists {
        match case.head.facts.listed(list, address) {
            Fact::Says(false) => {}
            Fact::Says(true) => {
                let reason = format!("IP {address} is in the list {list}");
                return refuse(case, reason, list.clone().into());
            }
            Fact::Missing => missing(case, list)?,
        }
    }
    Ok(())
}

fn clouds(case: &mut Case<'_>) -> Result<(), Refused> {
    let global = &case.engine.rules.network.clouds;
    let route = case.policy.map_or(&[][..], |policy| &policy.network.clouds);
    if global.is_empty() && route.is_empty() || case.listed || case.exempt || case.bypasses(Bypass::Clouds) {
        return Ok(());
    }
    let Some(address) = case.client.address else { return Ok(()) };
    let facts = case.head.facts;
    for (cloud, of_route) in
        global.iter().map(|cloud| (cloud, false)).chain(route.iter().map(|cloud| (cloud, true)))
    {
        match cloud.judge(facts, address) {
            Finding::Clean => {}
            Finding::Missing => missing(case, &cloud.provider)?,
            Finding::Denied => return refuse_cloud(case, cloud, address, of_route),
        }
    }
    Ok(())
}

impl DeniedCloud {
    fn spares(&self, region: Option<&str>) -> bool {
        region.is_some_and(|region| self.except.iter().any(|except| except.eq_ignore_ascii_case(region)))
    }

    /// An address that is in any network of a region that is left out is in that region.
    fn judge(&self, facts: &dyn NetworkFacts, address: IpAddr) -> Finding {
        let (mut inside, mut spared) = (false, false);
        let known = facts.cloud(&self.provider, address, &mut |cloud| {
            inside = true;
            spared |= self.spares(cloud.region);
            !spared && !self.except.is_empty()
        });
        match known {
            Fact::Missing => Finding::Missing,
            Fact::Says(()) if inside && !spared => Finding::Denied,
            Fact::Says(()) => Finding::Clean,
        }
    }
}

fn refuse_cloud(
    case: &mut Case<'_>,
    cloud: &DeniedCloud,
    address: IpAddr,
    of_route: bool,
) -> Result<(), Refused> {
    let mut network = String::new();
    case.head.facts.cloud(&cloud.provider, address, &mut |found| {
        network = found.network.into();
        false
    });
    let action = case.action(Check::CloudProvider);
    let provider = cloud.provider.as_str();
    let reason = format!("IP belongs to blocked cloud provider: {provider}");
    let metadata = [
        ("ip_address", format!("{address}").into()),
        ("filter_type", if of_route { "route" } else { "global" }.into()),
        ("cloud_provider", String::from(provider).into()),
        ("network", network.into()),
    ];
    case.event(EventKind::CloudBlocked, action, "cloud", reason, metadata);
    if of_route {
        let metadata = [
            ("decorator_type", "block_clouds".into()),
            ("violation_type", "cloud_provider".into()),
            ("blocked_providers", alloc::vec![String::from(provider)].into()),
        ];
        let reason = format!("Cloud provider IP {address} blocked");
        case.event(EventKind::DecoratorViolation, action, "middleware", reason, metadata);
    }
    let told = format!("Blocked cloud provider IP: {address}");
    case.object(Objection::new(Check::CloudProvider, 403, "Cloud provider IP not allowed").told(told))
}

/// The client's country, for a rule that acts on it. Where no table is loaded, that is said now and then.
fn country(case: &mut Case<'_>) -> Fact<Option<Country>> {
    // Nobody can know the country of a client without an address.
    let known = case.client.address.map_or(Fact::Says(None), |address| case.head.facts.country(address));
    let said = case.events.iter().any(|event| event.kind == EventKind::GeoLookupFailed);
    if known == Fact::Missing && case.head.notices && !said {
        let reason = "Rules ask for countries, and no table of them is loaded".into();
        case.event(EventKind::GeoLookupFailed, "lookup_failed", "ipinfo", reason, []);
    }
    known
}

/// [`country`], for a rule that does not care why nothing is known.
pub(super) fn known_country(case: &mut Case<'_>) -> Option<Country> {
    country(case).known()
}

/// A rule asks for facts that are not loaded.
fn missing(case: &mut Case<'_>, what: &str) -> Result<(), Refused> {
    if case.engine.rules.config.access.on_missing_facts == Missing::Allow {
        return Ok(());
    }
    refuse(case, format!("Facts about {what} are not loaded"), "missing_facts".into())
}

fn refuse(case: &mut Case<'_>, reason: String, filter: MetaValue) -> Result<(), Refused> {
    let action = case.action(Check::IpSecurity);
    let client = case.client_name();
    let told = format!("IP not allowed: {client} - {reason}");
    let metadata = [("ip_address", client.into()), ("filter_type", filter)];
    case.event(EventKind::IpBlocked, action, "middleware", reason, metadata);
    case.object(Objection::new(Check::IpSecurity, 403, "Forbidden").told(told))
}
