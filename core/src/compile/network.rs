//! From the countries, clouds and lists of the configuration or a policy to [`NetworkRules`].

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::limits::PolicyPath;
use crate::config::policy::RoutePolicy;
use crate::config::{CloudRule, ConfigErrors, Country};
use crate::rules::network::{DeniedCloud, NetworkRules};

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

    pub(crate) fn of_route(
        policy: &RoutePolicy,
        field_path: &PolicyPath<'_>,
        errors: &mut ConfigErrors,
    ) -> Self {
        Self::new(
            [&policy.allow_countries, &policy.deny_countries],
            &policy.deny_clouds,
            &policy.deny_lists,
            &|field| field_path.of(field),
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
}

/// One entry for each provider, with all of its excepted regions.
fn denied_clouds(
    clouds: &[CloudRule],
    path: &dyn Fn(&str) -> String,
    errors: &mut ConfigErrors,
) -> Vec<DeniedCloud> {
    let mut denied: Vec<DeniedCloud> = Vec::new();
    for (index, rule) in clouds.iter().enumerate() {
        let same = |other: &&CloudRule| other.provider.eq_ignore_ascii_case(&rule.provider);
        if rule.except.is_some() && clouds.iter().filter(same).any(|other| other.except.is_none()) {
            let problem = format!("has no effect beside the whole provider `{}`; remove one", rule.provider);
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
