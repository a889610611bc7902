//! All steps of a request in one call, for synchronous stores.

use bytes::Bytes;

use crate::config::OnUnavailable;
use crate::engine::Engine;
use crate::engine::drive::Driver;
use crate::engine::observe::DeferredContext;
use crate::engine::step::{Feed, NeedBody, NeedHook, NeedVerify, NextStep};
use crate::request::decision::{CredentialDecision, HookDecision};
use crate::request::facts::NetworkFacts;
use crate::request::head::Head;
use crate::request::scratch::Scratch;
use crate::state::{Batch, Replies, StateStore, StoreResponse, Unavailable};
use crate::time::Clock;
use crate::verdict::Verdict;

impl Engine {
    /// The verdict about a request whose body is available.
    ///
    /// The store must reply at once; a pending reply counts as unavailable. There are no verifiers and hooks, so a
    /// route that requires them gets the result of `hooks.on_failure`. Deferred writes are passed to the store.
    ///
    /// ```
    /// use portcullis_core::{Config, Engine};
    /// use portcullis_core::state::{StoreResponse, Batch, StateStore, model::Model, reduce::reduce};
    /// # use portcullis_core::{Clock, Timestamp};
    /// # #[derive(Debug, Default)] struct Store(std::sync::Mutex<Model>);
    /// # impl StateStore for Store {
    /// #     fn apply<'a>(&'a self, batch: &'a Batch) -> StoreResponse<'a> { StoreResponse::Ready(Ok(reduce(&mut *self.0.lock().unwrap(), batch))) }
    /// #     fn defer(&self, batch: &Batch) { self.apply(batch); }
    /// # }
    /// # struct Noon; impl Clock for Noon { fn now(&self) -> Timestamp { Timestamp::from_millis(43_200_000) } }
    /// let engine = Config::default().compile()?;
    /// let request = http::Request::get("/search?q=1'+or+'1'='1").extension(std::net::IpAddr::from([192, 0, 2, 7]));
    /// let (parts, ()) = request.body(()).unwrap().into_parts();
    /// let verdict = engine.evaluate(&parts, b"", &Store::default(), &Noon);
    /// # let _ = verdict;
    /// # Ok::<(), portcullis_core::config::ConfigErrors>(())
    /// ```
    pub fn evaluate(
        &self,
        parts: &http::request::Parts,
        body: &[u8],
        store: &dyn StateStore,
        clock: &dyn Clock,
    ) -> Verdict {
        let head = Head::from(parts).has_body(!body.is_empty());
        self.evaluate_head(head, Bytes::copy_from_slice(body), store, clock, &mut Scratch::new())
    }

    /// [`Engine::evaluate`] for another kind of head, with reusable working space.
    pub fn evaluate_head(
        &self,
        head: Head<'_>,
        body: Bytes,
        store: &dyn StateStore,
        clock: &dyn Clock,
        scratch: &mut Scratch,
    ) -> Verdict {
        let facts = head.facts;
        let mut driver = Immediate { store, body };
        let verdict = self.drive_ready(head, clock.now(), scratch, &mut driver);
        self.apply_deferred(verdict, store, facts)
    }
}

/// A store that replies at once, a body at hand, and no application.
struct Immediate<'s> {
    store: &'s dyn StateStore,
    body: Bytes,
}

impl Driver for Immediate<'_> {
    async fn apply(&mut self, batch: &Batch, _: OnUnavailable) -> Result<Replies, Unavailable> {
        match self.store.apply(batch) {
            StoreResponse::Ready(replies) => replies,
            StoreResponse::Pending(_) => Err(Unavailable),
        }
    }

    async fn verify(&mut self, _: &NeedVerify<'_, '_>) -> CredentialDecision {
        CredentialDecision::Fail
    }

    async fn run_hook(&mut self, _: &NeedHook<'_, '_>) -> HookDecision {
        HookDecision::Fail
    }

    async fn read_body<'s, 'r>(&mut self, need: NeedBody<'s, 'r>) -> NextStep<'s, 'r> {
        match need.push(core::mem::take(&mut self.body)) {
            Feed::More(need) | Feed::Complete(need) => need.finish().next,
            Feed::Ready(outcome) => outcome.next,
        }
    }
}

impl Engine {
    /// Apply the deferred writes and add the events of their replies.
    fn apply_deferred(
        &self,
        mut verdict: Verdict,
        store: &dyn StateStore,
        facts: &dyn NetworkFacts,
    ) -> Verdict {
        let Some(batch) = &verdict.deferred else { return verdict };
        match store.apply(batch) {
            StoreResponse::Ready(Ok(replies)) => {
                let events =
                    self.events_for_replies(&DeferredContext::from(&verdict), batch, &replies, facts);
                verdict.events.extend(events);
            }
            StoreResponse::Ready(Err(Unavailable)) => {}
            // This call cannot await: the store applies the batch in the background.
            StoreResponse::Pending(_) => store.defer(batch),
        }
        verdict
    }
}
