//! From the credential of a policy to [`Authentication`].

use super::limits::PolicyPath;
use crate::config::policy::RoutePolicy;
use crate::config::{Config, ConfigErrors};
use crate::rules::auth::Authentication;

pub(super) fn authentication(
    policy: &RoutePolicy,
    config: &Config,
    field_path: &PolicyPath<'_>,
    errors: &mut ConfigErrors,
) -> Option<Authentication> {
    let Some(credential) = &policy.credential else {
        if policy.verifier.is_some() || policy.presence_only {
            errors.push(field_path.of("credential"), "is missing; write `bearer`, `basic` or `header:NAME`");
        }
        return None;
    };
    let verifier = policy.verifier.as_ref().or(config.hooks.verifier.as_ref());
    match (policy.presence_only, verifier) {
        (true, _) if policy.verifier.is_some() => {
            errors.push(field_path.of("verifier"), "has no effect with `presence_only`; remove one of them");
        }
        (false, None) => {
            errors.push(
                field_path.of("verifier"),
                "is missing; name one here or in `hooks.verifier`, or set `presence_only`",
            );
        }
        _ => {}
    }
    let verifier = verifier.filter(|_| !policy.presence_only).cloned();
    Some(Authentication { credential: credential.clone(), verifier })
}
