//! A route's handler behind the guard.

use std::future::{Future, poll_fn, ready};
use std::pin::{Pin, pin};
use std::task::Poll;

use bytes::Bytes;
use portcullis_runtime::{AdmittedRequest, Arrival, BodyFault, GuardResponse, Head, Start, StoreReplies};
use rocket::route::{Handler, Outcome};
use rocket::{Data, Request};

use crate::fairing::GuardFairing;
use crate::head::{BorrowedHead, length, pattern};
use crate::peek::{BodyPeek, Size, is_empty, measure};
use crate::relay::relay;
use crate::request_state::RequestState;
use crate::respond;

const NO_FAIRING: &str =
    "The guard's fairing is missing. Attach it: `rocket::build().attach(fairing.clone())`.";
const NESTED_INSPECTED: &str = "This route is mounted with `GuardFairing::inspected` inside or around another guard. Wrap it \
     once, with the policy that it needs.";
const UNREAD: &str = "This route is mounted with `GuardFairing::inspected` but did not read its body through \
     `Inspected<..>`. Do so, or mount it with `GuardFairing::routes`.";

/// A handler that runs only for requests that the guard admits.
#[derive(Clone)]
pub(crate) struct GuardedHandler {
    pub(crate) fairing: GuardFairing,
    pub(crate) inner: Box<dyn Handler>,
    /// The route reads its body through [`Inspected`](crate::Inspected).
    pub(crate) inspects: bool,
}

/// The future of a handler.
type HandlerFuture<'a, 'r> = Pin<Box<dyn Future<Output = Outcome<'r>> + Send + 'a>>;

impl Handler for GuardedHandler {
    // The signature of `async_trait`, written out: a request that awaits nothing is checked before a future is boxed.
    fn handle<'r, 's, 'q, 'a>(&'s self, request: &'r Request<'q>, mut data: Data<'r>) -> HandlerFuture<'a, 'r>
    where
        'r: 'a,
        's: 'a,
        'q: 'a,
    {
        let request_state = RequestState::of(request);
        let arrival = match self.arrive(request_state) {
            Ok(arrival) => arrival,
            Err(response) => {
                return Box::pin(ready(respond::build_guard_response(request_state, response, true)));
            }
        };
        let policy = self
            .fairing
            .policy
            .or_else(|| pattern(request).and_then(|route| arrival.engine().policy_of_route(route)));
        if !arrival.is_nested() && request_state.was_admitted(policy) {
            request_state.readmit();
            return self.serve(request, data, request_state);
        }
        let borrowed = BorrowedHead::of(request, request_state);
        let has_body = borrowed.is_chunked() || length(&borrowed.lines).is_some_and(|length| length > 0);
        if !has_body && is_empty(&mut data) {
            let head = borrowed.head(&self.fairing, request, false);
            let mut state = request_state.state();
            let start = arrival.clone().start(head, Some(&mut state.replies));
            drop(state);
            match start {
                Start::Decided(result) => match self.record_admission(request_state, result) {
                    Ok(_) => return self.serve(request, data, request_state),
                    Err(response) => {
                        return Box::pin(ready(respond::build_guard_response(
                            request_state,
                            response,
                            false,
                        )));
                    }
                },
                Start::Pending(_) => {}
            }
        }
        Box::pin(self.check_then_serve(request, data, request_state, arrival, borrowed))
    }
}

impl GuardedHandler {
    /// The arrival of this request, within the guard around this one if there is one.
    fn arrive(&self, request_state: &RequestState) -> Result<Arrival, GuardResponse> {
        let state = request_state.state();
        if state.method.is_none() {
            return Err(GuardResponse::misconfigured(NO_FAIRING));
        }
        if state.serving {
            // A data guard waits for one verdict, so such a route has one guard.
            return match state.admissions.last().filter(|_| !state.inspects && !self.inspects) {
                Some(outer) => self.fairing.guard.arrive_within(outer),
                None => Err(GuardResponse::misconfigured(NESTED_INSPECTED)),
            };
        }
        Ok(request_state.arrival.get_or_init(|| self.fairing.guard.arrive()).clone())
    }

    fn serve<'a, 'r: 'a>(
        &'a self,
        request: &'r Request<'_>,
        data: Data<'r>,
        request_state: &'r RequestState,
    ) -> HandlerFuture<'a, 'r> {
        {
            let mut state = request_state.state();
            (state.serving, state.inspects) = (true, self.inspects);
        }
        let handler = self.inner.handle(request, data);
        Box::pin(async move { record_outcome(request_state, handler.await) })
    }

    /// Check a request that awaits its body, the store or a callback, and serve it.
    async fn check_then_serve<'r>(
        &self,
        request: &'r Request<'_>,
        mut data: Data<'r>,
        request_state: &'r RequestState,
        arrival: Arrival,
        borrowed: BorrowedHead<'r>,
    ) -> Outcome<'r> {
        let declared = length(&borrowed.lines);
        let is_broken = request_state.state().is_broken;
        let size = match is_broken {
            true => Size::Faulty(BodyFault::Broken),
            false => measure(declared, &mut data, arrival.engine().config().body.timeout.0).await,
        };
        request_state.state().is_broken = size == Size::Faulty(BodyFault::Broken);
        let head = borrowed.head(&self.fairing, request, size != Size::Empty || borrowed.is_chunked());
        let mut replies = std::mem::take(&mut request_state.state().replies);
        if self.inspects && size == Size::Large {
            // The verdict waits for the data guard; the admission of a route before is not that of this one.
            request_state.state().admissions.clear();
            let outcome =
                Box::pin(self.relay(request, data, request_state, &arrival, head, &mut replies)).await;
            request_state.state().replies = replies;
            outcome
        } else {
            let mut body = BodyPeek { data: &mut data, size, declared };
            let result = arrival.clone().recheck(head, &mut body, &mut replies).await;
            let unread = body.size != Size::Empty;
            request_state.state().replies = replies;
            match self.record_admission(request_state, result) {
                Ok(_) => self.serve(request, data, request_state).await,
                Err(response) => respond::build_guard_response(request_state, response, unread),
            }
        }
    }

    /// Serve a request whose body the data guard of the route reads: the route runs at once, but its handler does not, because
    /// the data guard waits for the verdict.
    async fn relay<'r>(
        &self,
        request: &'r Request<'_>,
        data: Data<'r>,
        request_state: &'r RequestState,
        arrival: &Arrival,
        head: Head<'_>,
        replies: &mut StoreReplies,
    ) -> Outcome<'r> {
        let (mut body, replay_sender, data_guard) = relay();
        let mut check = pin!(arrival.clone().recheck(head, &mut body, replies));
        let early = poll_fn(|context| match check.as_mut().poll(context) {
            Poll::Pending if !data_guard.chunk_requests.is_empty() => Poll::Ready(None),
            polled => polled.map(Some),
        });
        if let Some(result) = early.await {
            drop(data_guard);
            return match self.record_admission(request_state, result) {
                Ok(_) => self.serve(request, data, request_state).await,
                Err(response) => respond::build_guard_response(request_state, response, true),
            };
        }
        request_state.state().data_guard = Some(data_guard);
        let mut replay_sender = Some(replay_sender);
        let mut inner = self.serve(request, data, request_state);
        let outcome = poll_fn(|context| {
            if replay_sender.is_some()
                && let Poll::Ready(result) = check.as_mut().poll(context)
            {
                match self.record_admission(request_state, result) {
                    // The data guard may be dropped already; it then needs no replay.
                    Ok(replay) => drop(replay_sender.take().map(|sender| sender.send(replay))),
                    Err(response) => {
                        return Poll::Ready(respond::build_guard_response(request_state, response, true));
                    }
                }
            }
            inner.as_mut().poll(context)
        });
        let outcome = outcome.await;
        drop(inner);
        // No data guard reads the rest: for the guard this is the end of the body.
        request_state.state().data_guard = None;
        if outcome.is_forward() || replay_sender.is_none() || request_state.state().is_guard_response {
            return outcome;
        }
        match self.record_admission(request_state, check.await) {
            Err(response) => respond::build_guard_response(request_state, response, true),
            Ok(_) => reject_unread(request_state, outcome),
        }
    }

    /// Record the admission of a request. Returns the bytes that were read of the body.
    fn record_admission(
        &self,
        request_state: &RequestState,
        result: Result<AdmittedRequest, GuardResponse>,
    ) -> Result<Bytes, GuardResponse> {
        let AdmittedRequest { admission, replay, .. } = result?;
        if let Some(principal) = admission.principal() {
            request_state.state().principal = Some(principal.into());
        }
        request_state.admit(admission);
        Ok(replay.unwrap_or_default())
    }
}

/// Record the end of the handler, and the status if it forwards the request.
fn record_outcome<'r>(request_state: &RequestState, outcome: Outcome<'r>) -> Outcome<'r> {
    let mut state = request_state.state();
    state.serving = false;
    if let Outcome::Forward((_, status)) = &outcome {
        state.forward_status = Some(*status);
    }
    drop(state);
    outcome
}

/// Replace a success that the handler returned without reading its body. A failure before the data guard stays unchanged.
fn reject_unread<'r>(request_state: &RequestState, outcome: Outcome<'r>) -> Outcome<'r> {
    if !outcome.is_success() {
        return outcome;
    }
    tracing::error!(target: "portcullis", "{UNREAD}");
    respond::build_guard_response(request_state, GuardResponse::misconfigured(UNREAD), true)
}
