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
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use http::Extensions;
use portcullis_core::{Client, CredentialDecision, Head, HookDecision};

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

/// Verifies credentials. [`GuardBuilder::verifier`](crate::GuardBuilder::verifier) takes a function; implement this trait for a
/// verifier that borrows the request while it awaits.
pub trait Verifier: Send + Sync {
    /// Verify the credential of a request.
    fn verify<'a>(
        &'a self,
        secret: Secret,
        request: &'a RequestView<'a>,
    ) -> BoxFuture<'a, CredentialDecision>;
}

/// A check of the application. [`GuardBuilder::hook`](crate::GuardBuilder::hook) takes a function; implement this trait for a
/// check that borrows the request while it awaits.
pub trait Hook: Send + Sync {
    /// Check a request.
    fn run<'a>(&'a self, request: &'a RequestView<'a>) -> BoxFuture<'a, HookDecision>;
}

/// A function as a verifier.
pub(crate) struct VerifierFn<F>(pub(crate) F);

impl<F, A> Verifier for VerifierFn<F>
where
    F: Fn(Secret, &RequestView<'_>) -> A + Send + Sync,
    A: Future<Output = CredentialDecision> + Send + 'static,
{
    fn verify<'a>(
        &'a self,
        secret: Secret,
        request: &'a RequestView<'a>,
    ) -> BoxFuture<'a, CredentialDecision> {
        Box::pin((self.0)(secret, request))
    }
}

/// A function as a hook.
pub(crate) struct HookFn<F>(pub(crate) F);

impl<F, A> Hook for HookFn<F>
where
    F: Fn(&RequestView<'_>) -> A + Send + Sync,
    A: Future<Output = HookDecision> + Send + 'static,
{
    fn run<'a>(&'a self, request: &'a RequestView<'a>) -> BoxFuture<'a, HookDecision> {
        Box::pin((self.0)(request))
    }
}

/// The request, as verifiers and hooks read it. It is borrowed: copy what the future needs. Its `Debug` form leaves out the
/// query and the headers.
pub struct RequestView<'r> {
    head: &'r Head<'r>,
    client: Client,
    principal: Option<&'r str>,
    attachments: &'r Attachments,
}

impl<'r> RequestView<'r> {
    pub(crate) fn new(
        head: &'r Head<'r>,
        client: Client,
        principal: Option<&'r str>,
        attachments: &'r Attachments,
    ) -> Self {
        Self { head, client, principal, attachments }
    }

    /// The address of the client, if it has one.
    #[must_use]
    pub fn client(&self) -> Option<IpAddr> {
        self.client.address
    }

    /// Whether the request reached the site over HTTPS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.client.secure
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &'r str {
        self.head.method
    }

    /// The path as on the wire.
    #[must_use]
    pub fn path(&self) -> &'r str {
        self.head.path
    }

    /// The query as on the wire, without the question mark.
    #[must_use]
    pub fn query(&self) -> Option<&'r str> {
        self.head.query
    }

    /// The first value of the header `name`, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'r [u8]> {
        let mut found = None;
        self.for_each_header(|line, value| {
            if found.is_none() && line.eq_ignore_ascii_case(name) {
                found = Some(value);
            }
        });
        found
    }

    /// Call `visit` with each header line, in order, names as on the wire.
    pub fn for_each_header(&self, mut visit: impl FnMut(&'r str, &'r [u8])) {
        self.head.headers.for_each(&mut visit);
    }

    /// The pattern of the matched route.
    #[must_use]
    pub fn route(&self) -> Option<&'r str> {
        self.head.route
    }

    /// The principal, if the application or a verifier set one.
    #[must_use]
    pub fn principal(&self) -> Option<&str> {
        self.principal
    }

    /// The extension of this type that an outer layer added to the request. `None` with Actix and Rocket, whose requests have
    /// no such extensions.
    #[must_use]
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<&'r T> {
        self.head.extensions?.get()
    }

    /// Where to put values for the handler: see [`Attachments`].
    #[must_use]
    pub fn attachments(&self) -> &'r Attachments {
        self.attachments
    }
}

impl fmt::Debug for RequestView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestView")
            .field("client", &self.client.address)
            .field("method", &self.method())
            .field("path", &self.path())
            .field("route", &self.route())
            .field("principal", &self.principal)
            .finish_non_exhaustive()
    }
}

/// Values that verifiers and hooks attach to a request for its handler, one of each type. The handler reads them with
/// [`Admission::get`](crate::Admission::get). They are dropped unless the callback accepts the request. A clone attaches to the same request, so that a future can keep it.
#[derive(Clone, Debug, Default)]
pub struct Attachments(Arc<Mutex<Extensions>>);

impl Attachments {
    /// Attach a value; it replaces one of the same type.
    pub fn insert<T: Clone + Send + Sync + 'static>(&self, value: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(value);
    }

    /// The values attached so far.
    pub(crate) fn take(&self) -> Extensions {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
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
