//! Callbacks of the application: verifiers of credentials and hooks, registered by name.
//!
//! A callback that panics or exceeds [`GuardBuilder::callback_deadline`](crate::GuardBuilder::callback_deadline) counts as
//! one that returns `Fail`: its request gets a response, and the connection stays open. (A process that is built with
//! `panic = "abort"` aborts nevertheless.)

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::Poll;

use portcullis_core::{CredentialDecision, HookDecision, NeedHook};

/// The future that a verifier or hook returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

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

/// Verifies credentials. Every `Fn(Secret) -> impl Future<Output = CredentialDecision>` implements it.
pub trait Verifier: Send + Sync {
    /// Verify a credential.
    fn verify(&self, secret: Secret) -> BoxFuture<'_, CredentialDecision>;
}

impl<F, A> Verifier for F
where
    F: Fn(Secret) -> A + Send + Sync,
    A: Future<Output = CredentialDecision> + Send + 'static,
{
    fn verify(&self, secret: Secret) -> BoxFuture<'_, CredentialDecision> {
        Box::pin(self(secret))
    }
}

/// The request, as passed to a hook. Its `Debug` form leaves out the query and the headers.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HookRequest {
    /// The address of the client, if it has one.
    pub client: Option<IpAddr>,
    /// The method.
    pub method: String,
    /// The path as on the wire.
    pub path: String,
    /// The query as on the wire, without the question mark.
    pub query: Option<String>,
    /// The header lines in order, names as on the wire.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The pattern of the matched route.
    pub route: Option<String>,
    /// The principal, if the application or a verifier set one.
    pub principal: Option<String>,
}

/// A check of the application. Every `Fn(HookRequest) -> impl Future<Output = HookDecision>` implements it.
pub trait Hook: Send + Sync {
    /// Check a request.
    fn run(&self, request: HookRequest) -> BoxFuture<'_, HookDecision>;
}

impl<F, A> Hook for F
where
    F: Fn(HookRequest) -> A + Send + Sync,
    A: Future<Output = HookDecision> + Send + 'static,
{
    fn run(&self, request: HookRequest) -> BoxFuture<'_, HookDecision> {
        Box::pin(self(request))
    }
}

impl HookRequest {
    pub(crate) fn new(need: &NeedHook<'_, '_>) -> Self {
        let head = need.head();
        let mut headers = Vec::new();
        head.headers.for_each(&mut |name, value| headers.push((name.into(), value.into())));
        Self {
            client: need.client().address,
            method: head.method.into(),
            path: head.path.into(),
            query: head.query.map(Into::into),
            headers,
            route: head.route.map(Into::into),
            principal: need.principal().map(Into::into),
        }
    }

    /// The first value of the header `name`, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let line = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        line.map(|(_, value)| value.as_slice())
    }
}

impl fmt::Debug for HookRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookRequest")
            .field("client", &self.client)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("route", &self.route)
            .field("principal", &self.principal)
            .finish_non_exhaustive()
    }
}

/// The output of `future`, or `None` if it panics; it is not polled again then.
pub(crate) async fn catch_panic<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => Poll::Ready(Some(output)),
        Err(_) => Poll::Ready(None),
    })
    .await
}
