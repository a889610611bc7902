//! A route's handler behind the guard.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use portcullis_runtime::{Checked, Engine, OwnAnswer};
use rocket::route::{Handler, Outcome};
use rocket::{Data, Request};

use crate::head::{Lent, pattern};
use crate::peek::{Peeked, Size, measure};
use crate::protect::Protect;
use crate::relay::relay;
use crate::respond;
use crate::visit::{Passed, Visit};

const NO_FAIRING: &str =
    "The guard's fairing is missing. Attach it: `rocket::build().attach(protect.clone())`.";
const NESTED: &str =
    "Two guards wrap this route. Give each route to one `Protect` once, so that it has exactly one guard.";
const UNREAD: &str = "This route is mounted with `Protect::inspected` but did not read its body through `Inspected<..>`. Do \
     so, or mount it with `Protect::routes`.";

/// A handler that is asked only when the guard lets a request pass.
#[derive(Clone)]
pub(crate) struct Guarded {
    pub(crate) protect: Protect,
    pub(crate) inner: Box<dyn Handler>,
    /// The route reads its body through [`Inspected`](crate::Inspected).
    pub(crate) inspects: bool,
}

#[rocket::async_trait]
impl Handler for Guarded {
    async fn handle<'r>(&self, request: &'r Request<'_>, mut data: Data<'r>) -> Outcome<'r> {
        let visit = Visit::of(request);
        let engine = match self.enter(visit) {
            Ok(engine) => engine,
            Err(mistake) => return respond::own(visit, OwnAnswer::mistake(mistake), false),
        };
        let policy =
            self.protect.policy.or_else(|| pattern(request).and_then(|route| engine.policy_of_route(route)));
        if visit.has_passed(policy) {
            return self.serve(request, data, visit).await;
        }
        let size = measure(request, &mut data, engine.config().body.timeout.0).await;
        if self.inspects && size == Size::Large {
            return self.relay(request, data, visit, &engine).await;
        }
        let lent = Lent::of(request, visit);
        // A body in chunks is one also when it turns out to be empty: what it says of itself is judged like elsewhere.
        let has_body = size != Size::Empty || request.headers().contains("transfer-encoding");
        let head = lent.head(&self.protect, request, has_body);
        let mut answers = std::mem::take(&mut visit.state().answers);
        let mut body = Peeked::new(&mut data, size, request);
        let checked = self.protect.guard.check_again(&engine, head, &mut body, &mut answers).await;
        visit.state().answers = answers;
        let unread = !body.is_done();
        match self.decide(request, visit, &engine, checked) {
            Ok(_) => self.serve(request, data, visit).await,
            Err(answer) => respond::own(visit, answer, unread),
        }
    }
}

impl Guarded {
    /// The engine for this request; or what the developer has to mend.
    fn enter(&self, visit: &Visit) -> Result<Arc<Engine>, &'static str> {
        let mut state = visit.state();
        if state.began.is_none() {
            return Err(NO_FAIRING);
        }
        if state.serving {
            return Err(NESTED);
        }
        Ok(Arc::clone(state.engine.get_or_insert_with(|| self.protect.guard.engine())))
    }

    async fn serve<'r>(&self, request: &'r Request<'_>, data: Data<'r>, visit: &Visit) -> Outcome<'r> {
        visit.state().serving = true;
        let outcome = self.inner.handle(request, data).await;
        served(visit, outcome)
    }

    /// Serve a request whose body the route's data guard reads: the handler is asked at once, but gets nothing before the
    /// guard has decided, because its data guard waits for that.
    async fn relay<'r>(
        &self,
        request: &'r Request<'_>,
        data: Data<'r>,
        visit: &Visit,
        engine: &Arc<Engine>,
    ) -> Outcome<'r> {
        let lent = Lent::of(request, visit);
        let head = lent.head(&self.protect, request, true);
        let mut answers = std::mem::take(&mut visit.state().answers);
        let (mut body, pass, reading) = relay();
        let outcome = {
            let mut check = pin!(self.protect.guard.check_again(engine, head, &mut body, &mut answers));
            let early = poll_fn(|context| match check.as_mut().poll(context) {
                Poll::Pending if !reading.asked.is_empty() => Poll::Ready(None),
                polled => polled.map(Some),
            });
            match early.await {
                Some(checked) => {
                    drop(reading);
                    match self.decide(request, visit, engine, checked) {
                        Ok(_) => self.serve(request, data, visit).await,
                        Err(answer) => respond::own(visit, answer, true),
                    }
                }
                None => {
                    visit.state().reading = Some(reading);
                    visit.state().serving = true;
                    let mut pass = Some(pass);
                    let mut inner = self.inner.handle(request, data);
                    let ended = poll_fn(|context| {
                        if pass.is_some()
                            && let Poll::Ready(checked) = check.as_mut().poll(context)
                        {
                            match self.decide(request, visit, engine, checked) {
                                // A data guard that is gone has no use for it.
                                Ok(read) => drop(pass.take().map(|pass| pass.send(read))),
                                Err(answer) => return Poll::Ready(respond::own(visit, answer, true)),
                            }
                        }
                        inner.as_mut().poll(context)
                    });
                    let outcome = ended.await;
                    drop(inner);
                    // Nobody reads on: for the guard this is the end of the body.
                    visit.state().reading = None;
                    match outcome {
                        Outcome::Forward(_) => outcome,
                        _ if pass.is_none() || visit.state().own => outcome,
                        outcome => match self.decide(request, visit, engine, check.await) {
                            Err(answer) => respond::own(visit, answer, true),
                            Ok(_) => unread(visit, outcome),
                        },
                    }
                }
            }
        };
        visit.state().answers = answers;
        served(visit, outcome)
    }

    /// What was read of the body, if the request may pass; or the guard's own answer.
    fn decide(
        &self,
        request: &Request<'_>,
        visit: &Visit,
        engine: &Arc<Engine>,
        checked: Checked,
    ) -> Result<Bytes, OwnAnswer> {
        let passed = checked.passed()?;
        let mut state = visit.state();
        state.principal = passed.principal.or(state.principal.take());
        state.passed = Some(Passed {
            guard: self.protect.guard.clone(),
            engine: Arc::clone(engine),
            ticket: passed.ticket,
            route: pattern(request).map(Into::into),
        });
        Ok(passed.replay.unwrap_or_default())
    }
}

/// The handler has answered, or has passed the request on.
fn served<'r>(visit: &Visit, outcome: Outcome<'r>) -> Outcome<'r> {
    let mut state = visit.state();
    state.serving = false;
    if let Outcome::Forward((_, status)) = &outcome {
        state.forwarded = Some(*status);
    }
    drop(state);
    outcome
}

/// The handler has answered without a look at its body. If it failed before it came to that, so be it.
fn unread<'r>(visit: &Visit, outcome: Outcome<'r>) -> Outcome<'r> {
    if !outcome.is_success() {
        return outcome;
    }
    tracing::error!(target: "portcullis", "{UNREAD}");
    respond::own(visit, OwnAnswer::mistake(UNREAD), true)
}
