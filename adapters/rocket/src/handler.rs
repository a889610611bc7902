//! A route's handler behind the guard.

use std::future::{Future, poll_fn, ready};
use std::pin::{Pin, pin};
use std::task::Poll;

use bytes::Bytes;
use portcullis_runtime::{Admission, Arrival, BodyFault, GuardResponse, Head, Start, StoreReplies};
use rocket::route::{Handler, Outcome};
use rocket::{Data, Request};

use crate::fairing::GuardFairing;
use crate::head::{BorrowedHead, length, pattern};
use crate::peek::{BodyPeek, Size, is_empty, measure};
use crate::relay::relay;
use crate::request_state::RequestState;
use crate::respond;

const NO_FAIRING: &str =
    "The guard's fairing is missing. Attach it: `rocket::build().attach(protect.clone())`.";
const NESTED: &str =
    "Two guards wrap this route. Give each route to one `Protect` once, so that it has exactly one guard.";
const UNREAD: &str = "This route is mounted with `Protect::inspected` but did not read its body through `Inspected<..>`. Do \
     so, or mount it with `Protect::routes`.";

/// A handler that is asked only when the guard lets a request pass.
#[derive(Clone)]
pub(crate) struct GuardedHandler {
    pub(crate) protect: GuardFairing,
    pub(crate) inner: Box<dyn Handler>,
    /// The route reads its body through [`Inspected`](crate::Inspected).
    pub(crate) inspects: bool,
}

/// A response that is being made.
type HandlerFuture<'a, 'r> = Pin<Box<dyn Future<Output = Outcome<'r>> + Send + 'a>>;

impl Handler for GuardedHandler {
    // As `async_trait` would write it, but what can be decided at once is decided before there is a future to be stored.
    fn handle<'r, 's, 'q, 'a>(&'s self, request: &'r Request<'q>, mut data: Data<'r>) -> HandlerFuture<'a, 'r>
    where
        'r: 'a,
        's: 'a,
        'q: 'a,
    {
        let visit = RequestState::of(request);
        let arrival = match self.enter(visit) {
            Ok(arrival) => arrival,
            Err(mistake) => {
                return Box::pin(ready(respond::own(visit, GuardResponse::misconfigured(mistake), false)));
            }
        };
        let policy = self
            .protect
            .policy
            .or_else(|| pattern(request).and_then(|route| arrival.engine().policy_of_route(route)));
        if visit.has_passed(policy) {
            return self.serve(request, data, visit);
        }
        let lent = BorrowedHead::of(request, visit);
        let announced = lent.is_chunked() || length(&lent.lines).is_some_and(|length| length > 0);
        if !announced && is_empty(&mut data) {
            let head = lent.head(&self.protect, request, false);
            let mut state = visit.state();
            let start = self.protect.guard.start(arrival.clone(), head, Some(&mut state.answers));
            drop(state);
            match start {
                Start::Decided(checked) => match self.decide(visit, checked) {
                    Ok(_) => return self.serve(request, data, visit),
                    Err(answer) => return Box::pin(ready(respond::own(visit, answer, false))),
                },
                Start::Pending(_) => {}
            }
        }
        Box::pin(self.wait(request, data, visit, arrival, lent))
    }
}

impl GuardedHandler {
    /// The arrival of this request; or what the developer has to mend.
    fn enter<'r>(&self, visit: &'r RequestState) -> Result<&'r Arrival, &'static str> {
        let state = visit.state();
        match (state.method, state.serving) {
            (None, _) => Err(NO_FAIRING),
            (_, true) => Err(NESTED),
            _ => Ok(visit.arrival.get_or_init(|| self.protect.guard.arrive())),
        }
    }

    fn serve<'a, 'r: 'a>(
        &'a self,
        request: &'r Request<'_>,
        data: Data<'r>,
        visit: &'r RequestState,
    ) -> HandlerFuture<'a, 'r> {
        visit.state().serving = true;
        let answering = self.inner.handle(request, data);
        Box::pin(async move { served(visit, answering.await) })
    }

    /// Decide about a request for which something has to be read or asked, and serve it.
    async fn wait<'r>(
        &self,
        request: &'r Request<'_>,
        mut data: Data<'r>,
        visit: &'r RequestState,
        arrival: &Arrival,
        lent: BorrowedHead<'r>,
    ) -> Outcome<'r> {
        let declared = length(&lent.lines);
        let broken = visit.state().broken;
        let size = match broken {
            true => Size::Faulty(BodyFault::Broken),
            false => measure(declared, &mut data, arrival.engine().config().body.timeout.0).await,
        };
        visit.state().broken = size == Size::Faulty(BodyFault::Broken);
        let head = lent.head(&self.protect, request, size != Size::Empty || lent.is_chunked());
        let mut answers = std::mem::take(&mut visit.state().answers);
        let outcome = if self.inspects && size == Size::Large {
            Box::pin(self.relay(request, data, visit, arrival, head, &mut answers)).await
        } else {
            let mut body = BodyPeek { data: &mut data, size, declared };
            let checked = self.protect.guard.recheck(arrival.clone(), head, &mut body, &mut answers).await;
            let unread = body.size != Size::Empty;
            match self.decide(visit, checked) {
                Ok(_) => self.serve(request, data, visit).await,
                Err(answer) => respond::own(visit, answer, unread),
            }
        };
        visit.state().answers = answers;
        outcome
    }

    /// Serve a request whose body the route's data guard reads: the handler is asked at once, but gets nothing before the
    /// guard has decided, because its data guard waits for that.
    async fn relay<'r>(
        &self,
        request: &'r Request<'_>,
        data: Data<'r>,
        visit: &'r RequestState,
        arrival: &Arrival,
        head: Head<'_>,
        answers: &mut StoreReplies,
    ) -> Outcome<'r> {
        let (mut body, pass, reading) = relay();
        let mut check = pin!(self.protect.guard.recheck(arrival.clone(), head, &mut body, answers));
        let early = poll_fn(|context| match check.as_mut().poll(context) {
            Poll::Pending if !reading.asked.is_empty() => Poll::Ready(None),
            polled => polled.map(Some),
        });
        if let Some(checked) = early.await {
            drop(reading);
            return match self.decide(visit, checked) {
                Ok(_) => self.serve(request, data, visit).await,
                Err(answer) => respond::own(visit, answer, true),
            };
        }
        visit.state().reading = Some(reading);
        let mut pass = Some(pass);
        let mut inner = self.serve(request, data, visit);
        let outcome = poll_fn(|context| {
            if pass.is_some()
                && let Poll::Ready(checked) = check.as_mut().poll(context)
            {
                match self.decide(visit, checked) {
                    // A data guard that is gone has no use for it.
                    Ok(read) => drop(pass.take().map(|pass| pass.send(read))),
                    Err(answer) => return Poll::Ready(respond::own(visit, answer, true)),
                }
            }
            inner.as_mut().poll(context)
        });
        let outcome = outcome.await;
        drop(inner);
        // Nobody reads on: for the guard this is the end of the body.
        visit.state().reading = None;
        if outcome.is_forward() || pass.is_none() || visit.state().own {
            return outcome;
        }
        match self.decide(visit, check.await) {
            Err(answer) => respond::own(visit, answer, true),
            Ok(_) => unread(visit, outcome),
        }
    }

    /// What was read of the body, if the request may pass; or the response of the guard.
    fn decide(
        &self,
        visit: &RequestState,
        checked: Result<Admission, GuardResponse>,
    ) -> Result<Bytes, GuardResponse> {
        let admission = checked?;
        let mut state = visit.state();
        state.principal = admission.principal.or(state.principal.take());
        state.exchange = Some(admission.exchange);
        Ok(admission.replay.unwrap_or_default())
    }
}

/// The handler has answered, or has passed the request on.
fn served<'r>(visit: &RequestState, outcome: Outcome<'r>) -> Outcome<'r> {
    let mut state = visit.state();
    state.serving = false;
    if let Outcome::Forward((_, status)) = &outcome {
        state.forwarded = Some(*status);
    }
    drop(state);
    outcome
}

/// The handler has answered without a look at its body. If it failed before it came to that, so be it.
fn unread<'r>(visit: &RequestState, outcome: Outcome<'r>) -> Outcome<'r> {
    if !outcome.is_success() {
        return outcome;
    }
    tracing::error!(target: "portcullis", "{UNREAD}");
    respond::own(visit, GuardResponse::misconfigured(UNREAD), true)
}
