//! The credential that a policy requires, compiled.

use alloc::string::String;

use crate::config::policy::Credential;

/// What a route wants, compiled.
#[derive(Debug)]
pub(crate) struct Authentication {
    pub(crate) credential: Credential,
    /// `None`: the credential only has to be there.
    pub(crate) verifier: Option<String>,
}
