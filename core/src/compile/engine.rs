//! From rules to an [`Engine`]: that of a configuration, and those with other policies or another configuration.

use alloc::format;
use alloc::sync::Arc;

use crate::config::policy::{PolicyHandle, RoutePolicy};
use crate::config::{Config, ConfigErrors};
use crate::engine::{CONFIG_POLICY_BIT, Engine};
use crate::rules::{Policy, name_tag};

impl Engine {
    /// This engine with another route policy. The same name with the same content returns the existing handle.
    ///
    /// # Errors
    /// Every problem of the policy, and a name that is registered with other content.
    pub fn with_policy(
        &self,
        name: &str,
        policy: &RoutePolicy,
    ) -> Result<(Self, PolicyHandle), ConfigErrors> {
        if let Some(index) = self.policies.iter().position(|known| known.name == name) {
            let handle = PolicyHandle { index: index as u16, name: name_tag(name) };
            if self.policies[index].source == *policy {
                return Ok((self.clone(), handle));
            }
            let problem =
                "is registered with other content; choose another name, or replace it with `replace_policy`";
            return Err(ConfigErrors::one(format!("policy `{name}`"), problem));
        }
        if name.is_empty() || self.policy_of_route(name).is_some() {
            // The counters of its limits are named after it.
            let problem = "is empty or the pattern of a `[[route]]`; choose another name";
            return Err(ConfigErrors::one(format!("policy `{name}`"), problem));
        }
        let compiled = Policy::compile(name, policy, &self.rules)?;
        let index = self.policies.len() as u16;
        if self.policies.len() >= usize::from(CONFIG_POLICY_BIT) {
            let problem = format!("is one more than the {CONFIG_POLICY_BIT} that there can be");
            return Err(ConfigErrors::one(format!("policy `{name}`"), problem));
        }
        let mut engine = self.clone();
        engine.policies.push(Arc::new(compiled));
        Ok((engine, PolicyHandle { index, name: name_tag(name) }))
    }

    /// This engine with other content of a registered policy, under the same handle.
    ///
    /// # Errors
    /// Every problem of the policy, and a name that is not registered. This engine stays usable.
    pub fn replace_policy(
        &self,
        name: &str,
        policy: &RoutePolicy,
    ) -> Result<(Self, PolicyHandle), ConfigErrors> {
        let Some(index) = self.policies.iter().position(|known| known.name == name) else {
            return Err(ConfigErrors::one(
                format!("policy `{name}`"),
                "is not registered; register it with `Guard::policy`",
            ));
        };
        let compiled = Policy::compile(name, policy, &self.rules)?;
        let mut engine = self.clone();
        engine.policies[index] = Arc::new(compiled);
        Ok((engine, PolicyHandle { index: index as u16, name: name_tag(name) }))
    }

    /// An engine with another configuration and the same policies, under the same handles.
    ///
    /// # Errors
    /// Every problem of the configuration, and of the policies under it. This engine stays usable.
    pub fn recompile(&self, config: Config) -> Result<Self, ConfigErrors> {
        let mut engine = super::compile(config, self.recognisers.as_ref())?;
        for policy in &self.policies {
            (engine, _) = engine.with_policy(&policy.name, &policy.source)?;
        }
        Ok(engine)
    }
}
