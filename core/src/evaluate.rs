//! All steps of a request in one call, for synchronous stores.

use bytes::Bytes;

use crate::behaviour::DeferredContext;
use crate::engine::Engine;
use crate::engine::step::{CredentialDecision, Feed, HookDecision, NextStep, Step};
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
        let head = Head { has_body: !body.is_empty(), ..Head::from(parts) };
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
        let mut step = match self.begin(head, clock.now(), scratch) {
            Step::Done(verdict) => return self.apply_deferred(verdict, store, facts),
            Step::Continue(admitted) => admitted,
            Step::State(need) => {
                let replies = apply_now(store, need.batch());
                need.resume(replies)
            }
        };
        let mut body = Some(body);
        loop {
            step = match step {
                NextStep::Done(verdict) => return self.apply_deferred(verdict, store, facts),
                NextStep::Verify(need) => need.resume(CredentialDecision::Fail),
                NextStep::Hook(need) => need.resume(HookDecision::Fail),
                NextStep::Body(need) => match need.push(body.take().unwrap_or_default()) {
                    Feed::More(need) => need.finish().next,
                    Feed::Ready(inspected) => inspected.next,
                },
                NextStep::Punish(need) => {
                    let replies = apply_now(store, need.batch());
                    return self.apply_deferred(need.resume(replies), store, facts);
                }
            }
        }
    }
}

fn apply_now(store: &dyn StateStore, batch: &Batch) -> Result<Replies, Unavailable> {
    match store.apply(batch) {
        StoreResponse::Ready(replies) => replies,
        StoreResponse::Pending(_) => Err(Unavailable),
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
