//! The loop that drives a request through its steps.
//!
//! A [`Driver`] performs the I/O: it applies batches to a store, calls the application, and reads the body. The loop
//! fixes the order. A request awaits the store once, and a second time only for an attack.

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

use super::Engine;
use super::step::{NeedBody, NeedHook, NeedVerify, NextStep, Step};
use crate::config::OnUnavailable;
use crate::request::context::RequestSlot;
use crate::request::decision::{CredentialDecision, HookDecision};
use crate::request::head::Head;
use crate::request::scratch::Scratch;
use crate::state::{Batch, Replies, Unavailable};
use crate::time::Timestamp;
use crate::verdict::Verdict;

/// The I/O of a request.
pub trait Driver {
    /// Apply a batch to the store. `on_unavailable` is the configured behaviour if the store does not reply: for
    /// [`OnUnavailable::Local`], a driver with counters of its own uses them.
    fn apply(
        &mut self,
        batch: &Batch,
        on_unavailable: OnUnavailable,
    ) -> impl Future<Output = Result<Replies, Unavailable>>;

    /// Verify a credential.
    fn verify(&mut self, need: &NeedVerify<'_, '_>) -> impl Future<Output = CredentialDecision>;

    /// Run a hook of the application.
    fn run_hook(&mut self, need: &NeedHook<'_, '_>) -> impl Future<Output = HookDecision>;

    /// Read the body as far as the step requires. The driver keeps the replay for the handler.
    fn read_body<'s, 'r>(&mut self, need: NeedBody<'s, 'r>) -> impl Future<Output = NextStep<'s, 'r>>;
}

impl Engine {
    /// The verdict about a request, driven by `driver`. The caller applies the deferred writes of the verdict.
    pub async fn drive<'r, D: Driver>(
        &'r self,
        head: Head<'r>,
        now: Timestamp,
        scratch: &'r mut Scratch,
        driver: &mut D,
    ) -> Verdict {
        if let Some(verdict) = self.immediate_verdict(&head) {
            return verdict;
        }
        let mut slot = RequestSlot::new();
        let mut step = match self.begin(head, now, scratch, &mut slot) {
            Step::Done(done) => return done.into_verdict(),
            Step::Continue(next) => next,
            Step::State(need) => {
                let replies = driver.apply(need.batch(), need.on_unavailable()).await;
                need.resume(replies)
            }
        };
        loop {
            step = match step {
                NextStep::Done(done) => return done.into_verdict(),
                NextStep::Verify(need) => {
                    let decision = driver.verify(&need).await;
                    need.resume(decision)
                }
                NextStep::Hook(need) => {
                    let decision = driver.run_hook(&need).await;
                    need.resume(decision)
                }
                NextStep::Body(need) => driver.read_body(need).await,
                NextStep::Punish(need) => {
                    let replies = driver.apply(need.batch(), OnUnavailable::Local).await;
                    return need.resume(replies);
                }
            };
        }
    }

    /// [`Engine::drive`] for a driver whose futures are ready at once. A pending future is polled again until it is
    /// ready.
    pub fn drive_ready<'r, D: Driver>(
        &'r self,
        head: Head<'r>,
        now: Timestamp,
        scratch: &'r mut Scratch,
        driver: &mut D,
    ) -> Verdict {
        let mut verdict = pin!(self.drive(head, now, scratch, driver));
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(verdict) = verdict.as_mut().poll(&mut context) {
                return verdict;
            }
        }
    }
}
