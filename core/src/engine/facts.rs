//! The tables that the rules of an engine require.

use super::Engine;
use crate::request::facts::RequiredTables;

impl Engine {
    /// The tables that the rules of the configuration and of all routes require.
    #[must_use]
    pub fn required_tables(&self) -> RequiredTables<'_> {
        let access = &self.config().access;
        let mut required = RequiredTables {
            countries: !access.allow_countries.is_empty() || !access.deny_countries.is_empty(),
            clouds: access.deny_clouds.iter().map(|cloud| cloud.provider.as_str()).collect(),
            lists: access.deny_lists.iter().map(alloc::string::String::as_str).collect(),
        };
        for policy in self.all_policies() {
            required.countries |= !policy.allow_countries.is_empty()
                || !policy.deny_countries.is_empty()
                || policy.country_rate.keys().any(|code| code != "*");
            required.clouds.extend(policy.deny_clouds.iter().map(|cloud| cloud.provider.as_str()));
            required.lists.extend(policy.deny_lists.iter().map(alloc::string::String::as_str));
        }
        required
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::config::Country;
    use crate::config::policy::RoutePolicy;

    #[test]
    fn the_tables_that_rules_ask_are_known_wherever_the_rules_are_written() {
        let engine = Config::default().compile().unwrap();
        assert_eq!(engine.required_tables(), RequiredTables::default());
        let all = RoutePolicy::new().country_rate_else("5/min".parse().unwrap());
        let (engine, _) = engine.with_policy("all", &all).unwrap();
        assert_eq!(
            engine.required_tables(),
            RequiredTables::default(),
            "one limit for all asks for no country"
        );
        let config = "[access]\ndeny_clouds = [\"AWS\"]\n[[route]]\npattern = \"/x\"\ndeny_lists = [\"tor\"]";
        let engine = Config::from_toml(config).unwrap().compile().unwrap();
        let login = RoutePolicy::new().deny_country(Country::new(*b"DE").unwrap());
        let (engine, _) = engine.with_policy("login", &login).unwrap();
        let asked = engine.required_tables();
        assert!(asked.countries);
        assert_eq!((asked.clouds.first(), asked.lists.first()), (Some(&"AWS"), Some(&"tor")));
    }
}
