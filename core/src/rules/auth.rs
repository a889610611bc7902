//! The credential that a policy requires, compiled.

use alloc::string::String;

use crate::config::policy::Credential;

/// The required credential, compiled.
#[derive(Debug)]
pub(crate) struct Authentication {
    pub(crate) credential: Credential,
    /// `None`: the credential must be present, and is not verified.
    pub(crate) verifier: Option<String>,
}
