//! Registering policies and replacing the configuration.

use std::sync::Arc;

use portcullis_core::config::ConfigErrors;
use portcullis_core::{Config, PolicyHandle, RoutePolicy};

use crate::guard::Guard;
use crate::guard::routes::RoutePatterns;

impl Guard {
    /// Register the policy of a group of routes. The same name with the same content returns the same handle.
    ///
    /// # Errors
    /// Every problem of the policy; a name that is registered with other content; a verifier or hook that is not registered.
    pub fn policy(&self, name: &str, policy: RoutePolicy) -> Result<PolicyHandle, ConfigErrors> {
        self.0.require_policy_callbacks(&format!("policy `{name}`"), &policy)?;
        let _rules = self.0.lock_rules();
        let (engine, handle) = self.0.engine.load().with_policy(name, &policy)?;
        self.0.engine.store(Arc::new(engine));
        Ok(handle)
    }

    /// Replace the content of a registered policy, for all routes that use it: its handle stays valid. Counters of limits that the
    /// old and the new content have in common go on. [`Guard::policy`] then accepts the name only with
    /// the new content. Requests in flight finish under the old content.
    ///
    /// ```
    /// use portcullis_runtime::{Config, Guard, Rate, RoutePolicy};
    ///
    /// let guard = Guard::build(Config::default())?;
    /// let login = guard.policy("login", RoutePolicy::new().rate(Rate::per_minute(5)))?;
    /// assert_eq!(guard.replace_policy("login", RoutePolicy::new().rate(Rate::per_minute(2)))?, login);
    /// # Ok::<(), portcullis_runtime::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    /// Every problem of the policy; a name that is not registered; a verifier or hook that is not registered. Nothing changes then.
    pub fn replace_policy(&self, name: &str, policy: RoutePolicy) -> Result<PolicyHandle, ConfigErrors> {
        self.0.require_policy_callbacks(&format!("policy `{name}`"), &policy)?;
        let _rules = self.0.lock_rules();
        let (engine, handle) = self.0.engine.load().replace_policy(name, &policy)?;
        self.0.engine.store(Arc::new(engine));
        Ok(handle)
    }

    /// Replace the configuration. Counters and bans stay; requests in flight finish under the configuration they started with.
    /// Dynamic rules in force apply on top of the new one.
    ///
    /// # Errors
    /// Every problem of the configuration, and of the registered policies under it. Nothing changes then.
    pub fn reload(&self, config: Config) -> Result<(), ConfigErrors> {
        self.0.require_callbacks(&config)?;
        self.expire_if_due();
        let mut rules = self.0.lock_rules();
        let mut next = rules.clone();
        let engine = self.0.engine.load().recompile(next.rebase(config)?)?.with_rules(next.current());
        self.0.routes.store(Arc::new(RoutePatterns::of(&engine)));
        self.0.engine.store(Arc::new(engine));
        *rules = next;
        drop(rules);
        self.0.operations.count_reload();
        Ok(())
    }
}
