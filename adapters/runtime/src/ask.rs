//! What a guard asks the application: verifiers of credentials and hooks, registered by name.

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use portcullis_core::{HookAnswer, Verified};

/// A future that a verifier or hook answers with.
pub type Answering<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A credential. Its `Debug` form hides it; compare it in constant time.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// The bytes, without the scheme.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Decides about credentials. Any `Fn(Secret) -> impl Future<Output = Verified>` is one.
pub trait Verifier: Send + Sync {
    /// Is the credential good?
    fn verify(&self, secret: Secret) -> Answering<'_, Verified>;
}

impl<F, A> Verifier for F
where
    F: Fn(Secret) -> A + Send + Sync,
    A: Future<Output = Verified> + Send + 'static,
{
    fn verify(&self, secret: Secret) -> Answering<'_, Verified> {
        Box::pin(self(secret))
    }
}

/// What a hook gets to see of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Asked {
    /// The client, where it has an address.
    pub client: Option<IpAddr>,
    /// The method.
    pub method: String,
    /// The path as on the wire.
    pub path: String,
}

/// A check of the application's own. Any `Fn(Asked) -> impl Future<Output = HookAnswer>` is one.
pub trait Hook: Send + Sync {
    /// May the request pass?
    fn ask(&self, asked: Asked) -> Answering<'_, HookAnswer>;
}

impl<F, A> Hook for F
where
    F: Fn(Asked) -> A + Send + Sync,
    A: Future<Output = HookAnswer> + Send + 'static,
{
    fn ask(&self, asked: Asked) -> Answering<'_, HookAnswer> {
        Box::pin(self(asked))
    }
}

impl Asked {
    pub(crate) fn new(client: Option<IpAddr>, method: &str, path: &str) -> Self {
        Self { client, method: method.into(), path: path.into() }
    }
}
