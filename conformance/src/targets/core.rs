//! The engine alone: no framework, no clock, no socket. It is the reference for what a vector means.

use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;
use portcullis_core::compat::rules::{DocumentOutcome, DynamicRules, RuleDocument};
use portcullis_core::event::Event;
use portcullis_core::state::model::Model;
use portcullis_core::state::reduce::reduce;
use portcullis_core::state::{Batch, Op, Replies, Reply, StateStore, StoreResponse, Unavailable};
use portcullis_core::{
    BodyOutcome, Config, CredentialDecision, Decision, DeferredContext, Detach, Engine, Feed, Head,
    HookDecision, NeedBody, NetworkFacts, NextStep, Peer, PolicyHandle, ReferenceId, RequestSlot,
    ResponseInfo, RoutePolicy, Scratch, Step, Ticket, Timestamp, Verdict,
};
use portcullis_runtime::AddressTables;

use super::callbacks;
use super::routes::Routes;
use crate::target::{Observation, Report, Target};
use crate::vector::{Case, HandlerResponse, Policy, WirePeer, WireRequest};

/// The engine over a store, with the matching of routes that a router would do.
#[derive(Debug)]
pub struct Core {
    engine: Engine,
    book: DynamicRules,
    routes: Routes<(String, Option<PolicyHandle>)>,
    facts: AddressTables,
    store: Box<dyn StateStore>,
    scratch: Scratch,
    rejected: u64,
    nested: bool,
}

impl Core {
    /// The engine for `case` over a store that keeps every entry.
    ///
    /// # Errors
    /// What is wrong with its configuration or policies.
    pub fn new(case: &Case) -> Result<Self, String> {
        Self::over(case, Box::new(ModelStore::default()))
    }

    /// The engine for `case` over `store`.
    ///
    /// # Errors
    /// What is wrong with its configuration or policies.
    pub fn over(case: &Case, store: Box<dyn StateStore>) -> Result<Self, String> {
        let mut engine = case
            .config
            .clone()
            .compile_with(&callbacks::recognisers())
            .map_err(|errors| errors.to_string())?;
        let mut handles = Vec::new();
        for (name, policy) in case.policies.iter().filter(|(_, policy)| !policy.foreign) {
            let (next, handle) =
                engine.with_policy(name, &policy.policy).map_err(|errors| errors.to_string())?;
            engine = next;
            handles.push((name, handle));
        }
        for (name, policy) in case.policies.iter().filter(|(_, policy)| policy.foreign) {
            handles.push((name, foreign_handle(policy, handles.len())?));
        }
        let of = |name: &String| handles.iter().find(|(known, _)| *known == name).map(|(_, handle)| *handle);
        let routes = case.routes.iter().map(|(pattern, name)| (pattern.clone(), (pattern.clone(), of(name))));
        let routes = Routes::new(routes);
        let book = DynamicRules::new(case.config.clone());
        let facts = case.facts.clone();
        Ok(Self {
            engine,
            book,
            routes,
            facts,
            store,
            scratch: Scratch::new(),
            rejected: 0,
            nested: case.nested,
        })
    }

    /// Replace the configuration if it is valid.
    fn swap(&mut self, config: Config, book: DynamicRules) -> bool {
        let Ok(engine) = self.engine.recompile(config) else { return false };
        (self.engine, self.book) = (engine, book);
        true
    }

    /// Remove rules that have expired.
    fn end_rules(&mut self, at: Timestamp) {
        let mut book = self.book.clone();
        if let Some(base) = book.expire(at) {
            self.swap(base, book);
        }
    }

    fn apply(&self, at: Timestamp, op: Op) -> Option<Reply> {
        let mut batch = Batch::new(at);
        batch.push(op);
        at_once(&*self.store, &batch).ok()?.first().copied()
    }
}

/// The handle of a policy that was registered with an engine which has more policies than this one.
fn foreign_handle(policy: &Policy, policies: usize) -> Result<PolicyHandle, String> {
    let mut other = Config::default().compile().map_err(|errors| errors.to_string())?;
    for index in 0..policies {
        let filler = other.with_policy(&format!("filler {index}"), &RoutePolicy::new());
        (other, _) = filler.map_err(|errors| errors.to_string())?;
    }
    let (_, handle) = other.with_policy("foreign", &policy.policy).map_err(|errors| errors.to_string())?;
    Ok(handle)
}

impl Target for Core {
    fn send(&mut self, at: Timestamp, request: &WireRequest) -> Observation {
        let Ok(parts) = parts(request) else {
            // Every server responds like this to a request line that it cannot parse.
            return Observation { status: 400, ..Observation::default() };
        };
        self.end_rules(at);
        let route = self.routes.find(parts.uri.path());
        let head = Head::from(&parts)
            .peer(peer(request.peer))
            .tls(request.tls)
            .has_body(request.http2 && !request.chunks.is_empty() || Head::from(&parts).has_body)
            .route(route.map(|(pattern, _)| pattern.as_str()))
            .facts(&self.facts)
            .sample_info_events(true);
        let store = &*self.store;
        let policy = route.and_then(|(_, policy)| *policy);
        let mut events = Vec::new();
        let mut check = |head: Head<'_>, chunks: &[Bytes]| {
            let (verdict, body) = drive(&self.engine, head, at, chunks, store, &mut self.scratch);
            if let Some(batch) = &verdict.deferred {
                settle(
                    &self.engine,
                    store,
                    &self.facts,
                    &DeferredContext::from(&verdict),
                    batch,
                    &mut events,
                );
            }
            (verdict, body)
        };
        let (verdict, body, mut tickets) = match policy.filter(|_| self.nested) {
            Some(policy) => check_nested(head, policy, &request.chunks, check),
            None => {
                let (verdict, body) = check(head.policy(policy), &request.chunks);
                (verdict, body, Vec::new())
            }
        };
        self.rejected += 1;
        let route = route.map_or("*", |(pattern, _)| pattern);
        if let Decision::Allow(ticket) = &verdict.decision {
            tickets.push(*ticket);
        }
        for ticket in &tickets {
            observe(&self.engine, store, &self.facts, at, ticket, request.response.as_deref(), &mut events);
        }
        let mut observed = to_observation(
            &self.engine,
            verdict,
            route,
            body,
            request.response.as_deref(),
            ReferenceId(self.rejected),
        );
        observed.report.iter_mut().for_each(|report| report.events.append(&mut events));
        if request.method == "HEAD" {
            // As every server does.
            observed.body = Bytes::new();
        }
        observed
    }

    fn ban(&mut self, at: Timestamp, target: IpNet, term: Duration) -> bool {
        self.engine.may_ban(target)
            && matches!(self.apply(at, Op::Ban { target, term }), Some(Reply::Banned(_)))
    }

    fn unban(&mut self, at: Timestamp, target: IpNet) {
        self.apply(at, Op::Unban { target });
    }

    fn reload(&mut self, config: Config) -> bool {
        let mut book = self.book.clone();
        book.rebase(config).is_ok_and(|config| self.swap(config, book))
    }

    fn rules(&mut self, at: Timestamp, document: &str) -> bool {
        self.end_rules(at);
        let Ok(document) = RuleDocument::from_json(document, at) else { return false };
        let mut book = self.book.clone();
        let Ok(DocumentOutcome::Apply(applied)) = book.receive(&document, at) else { return false };
        if !self.swap(applied.config, book) {
            return false;
        }
        for order in applied.commands {
            self.apply(at, order.op);
        }
        true
    }

    fn is_banned(&mut self, at: Timestamp, address: IpAddr) -> bool {
        matches!(self.apply(at, Op::FindBan(address.to_canonical())), Some(Reply::Banned(_)))
    }
}

fn peer(peer: WirePeer) -> Peer {
    match peer {
        WirePeer::Address(address) => Peer::Address(address),
        WirePeer::Unix => Peer::Unix,
        WirePeer::Missing => Peer::Missing("hand the peer's address to the engine"),
    }
}

/// Check a request by a guard without a policy, and by one with a policy inside it. Returns the verdict and body of both
/// together, and the ticket of the inner guard.
fn check_nested(
    head: Head<'_>,
    policy: PolicyHandle,
    chunks: &[Bytes],
    mut check: impl FnMut(Head<'_>, &[Bytes]) -> (Verdict, Bytes),
) -> (Verdict, Bytes, Vec<Ticket>) {
    let (mut outer, body) = check(head, chunks);
    let Decision::Allow(ticket) = outer.decision else { return (outer, body, Vec::new()) };
    let (mut verdict, body) = check(head.policy(policy).outer(&ticket).sample_info_events(false), &[body]);
    verdict.events.splice(0..0, std::mem::take(&mut outer.events));
    verdict.finding = verdict.finding.or(outer.finding.take());
    verdict.coverage.merge(outer.coverage);
    let mut tickets = Vec::new();
    if let Decision::Allow(inner) = &mut verdict.decision {
        tickets.push(std::mem::replace(inner, ticket));
        tickets[0].rate().into_iter().for_each(|rate| inner.tighten(rate));
    }
    (verdict, body, tickets)
}

/// Parse the request as every Rust server does: with the `http` crate.
fn parts(request: &WireRequest) -> Result<Parts, http::Error> {
    let mut builder = http::Request::builder().method(request.method.as_bytes()).uri(&request.target);
    for (name, value) in &request.headers {
        builder = builder.header(HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_bytes(value)?);
    }
    Ok(builder.body(())?.into_parts().0)
}

/// Carry out every step that the engine requests, and return the body that a handler would read.
fn drive(
    engine: &Engine,
    head: Head<'_>,
    now: Timestamp,
    chunks: &[Bytes],
    store: &dyn StateStore,
    scratch: &mut Scratch,
) -> (Verdict, Bytes) {
    let mut body = chunks.iter().cloned();
    let mut read = Bytes::new();
    let mut slot = RequestSlot::new();
    let mut step = match engine.begin(head, now, scratch, &mut slot) {
        Step::Done(done) => return (done.into_verdict(), read),
        Step::Continue(admitted) => admitted,
        Step::State(need) => {
            let response = at_once(store, need.batch());
            need.resume(response)
        }
    };
    loop {
        step = match step {
            NextStep::Done(done) => return (done.into_verdict(), join(&read, body)),
            // A callback that panics or hangs has failed.
            NextStep::Verify(need) => {
                let response = callbacks::verify(need.verifier(), need.credential());
                need.resume(response.unwrap_or(CredentialDecision::Fail))
            }
            NextStep::Hook(need) => {
                let response = callbacks::run_hook(need.name(), || callbacks::describe(&need));
                need.resume(response.unwrap_or(HookDecision::Fail))
            }
            NextStep::Punish(need) => {
                let response = at_once(store, need.batch());
                return (need.resume(response), join(&read, body));
            }
            NextStep::Body(mut need) => {
                let inspected = loop {
                    match body.next() {
                        None => break inspect_detached(need, engine),
                        Some(chunk) => match need.push(chunk) {
                            Feed::More(more) => need = more,
                            Feed::Complete(need) => break inspect_detached(need, engine),
                            Feed::Ready(inspected) => break inspected,
                        },
                    }
                };
                read = inspected.replay;
                inspected.next
            }
        };
    }
}

/// The outcome must not depend on where the inspection runs: the adapters inspect short bodies in place.
fn inspect_detached<'s, 'r>(need: NeedBody<'s, 'r>, engine: &Engine) -> BodyOutcome<'s, 'r> {
    match need.detach(0) {
        Detach::Finished(outcome) => outcome,
        Detach::Detached(inspection, need) => need.resume(inspection.run(engine, &mut Scratch::new())),
    }
}

fn join(read: &Bytes, rest: impl Iterator<Item = Bytes>) -> Bytes {
    let mut whole = BytesMut::from(&read[..]);
    rest.for_each(|chunk| whole.extend_from_slice(&chunk));
    whole.freeze()
}

/// Pass the handler's response to the engine, and emit the resulting events.
fn observe(
    engine: &Engine,
    store: &dyn StateStore,
    facts: &dyn NetworkFacts,
    now: Timestamp,
    ticket: &Ticket,
    response: Option<&HandlerResponse>,
    events: &mut Vec<Event>,
) {
    let none = HeaderMap::new();
    let (status, headers) = response.map_or((200, &none), |response| (response.status, &response.headers));
    let body = response.map(HandlerResponse::body).unwrap_or_default();
    let body = engine.response_prefix(ticket, headers).map(|prefix| &body[..body.len().min(prefix)]);
    let served =
        ResponseInfo { status, body, cost: response.and_then(|response| response.cost).unwrap_or(1) };
    for batch in engine.observe(ticket, &served, now).deferred {
        settle(engine, store, facts, &DeferredContext::from(ticket), &batch, events);
    }
}

fn settle(
    engine: &Engine,
    store: &dyn StateStore,
    facts: &dyn NetworkFacts,
    cause: &DeferredContext,
    batch: &Batch,
    events: &mut Vec<Event>,
) {
    if let Ok(replies) = at_once(store, batch) {
        events.extend(engine.events_for_replies(cause, batch, &replies, facts));
    }
}

fn to_observation(
    engine: &Engine,
    verdict: Verdict,
    route: &str,
    body: Bytes,
    response: Option<&HandlerResponse>,
    reference: ReferenceId,
) -> Observation {
    let report = Some(Report::from(&verdict));
    match verdict.decision {
        Decision::Allow(ticket) => {
            let mut headers = super::echo_headers(route, verdict.principal.as_deref());
            response.iter().for_each(|response| super::replace(&mut headers, &response.headers));
            engine.respond(&ticket).onto(&mut headers);
            let status = response.map_or(200, |response| response.status);
            let sent = response.map_or_else(|| body.clone(), HandlerResponse::body);
            Observation { status, headers, body: sent, handler: Some(body), report }
        }
        Decision::Deny(mut denial) => {
            denial.set_reference_id(reference);
            let mut headers = HeaderMap::new();
            for (name, value) in denial.headers {
                headers.append(name, value);
            }
            Observation { status: denial.status, headers, body: denial.body.into(), handler: None, report }
        }
        Decision::Preflight(preflight) => {
            let headers = preflight.headers.into_iter().collect();
            Observation {
                status: preflight.status,
                headers,
                body: preflight.body.into(),
                handler: None,
                report,
            }
        }
    }
}

/// The specification of a store, behind a lock.
#[derive(Debug, Default)]
struct ModelStore(Mutex<Model>);

impl StateStore for ModelStore {
    fn apply<'a>(&'a self, batch: &'a Batch) -> StoreResponse<'a> {
        let model = self.0.lock();
        StoreResponse::Ready(model.map(|mut model| reduce(&mut *model, batch)).map_err(|_| Unavailable))
    }

    fn defer(&self, batch: &Batch) {
        let _ = self.apply(batch);
    }
}

fn at_once(store: &dyn StateStore, batch: &Batch) -> Result<Replies, Unavailable> {
    match store.apply(batch) {
        StoreResponse::Ready(response) => response,
        StoreResponse::Pending(_) => Err(Unavailable),
    }
}
