//! The guard behind the Axum layer, for the configuration, the routes and the facts of a case.
//!
//! The corpus does not define the scheme of its requests. They come over TLS here: `Strict-Transport-Security` has an
//! effect only there (RFC 6797, section 7.2), and so it can be compared.

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::routing::any;
use http::{HeaderMap, Request as Wire, Response, StatusCode};
use portcullis_axum::GuardLayer;
use portcullis_core::compat::settings;
use portcullis_core::event::Event;
use portcullis_core::{
    Bypass, ByteSize, Config, Credential, CredentialDecision, Rate, RoutePolicy, Timestamp,
};
use portcullis_runtime::envelope::SecurityEvent;
use portcullis_runtime::sink::{Context, EventSink, RequestReport};
use portcullis_runtime::{AddressTables, BlockReport, Guard, ManualClock};
use serde_json::{Map, Value};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

use super::suite::{Flow, Request, Route, Stage};

/// The application's response body.
const BODY: &str = "ok";

/// The case's configuration over the defaults of the family's harness.
///
/// The harness switches bans off, and its behaviour rules ban all the same, which is a defect. Here such rules would have
/// no effect, so bans are on, with the harness's threshold, which no case reaches.
pub(super) fn config(settings: &Map<String, Value>) -> Result<Config, String> {
    let mut all = Map::new();
    all.insert("enable_redis".into(), false.into());
    all.insert("auto_ban_threshold".into(), 1000.into());
    all.extend(settings.clone());
    let converted =
        settings::convert(&Value::Object(all).to_string()).map_err(|errors| errors.to_string())?;
    Ok(converted.config)
}

/// A guard, an application behind it, and a recorder of events.
pub(super) struct GuardedApp {
    pub(super) guard: Guard,
    pub(super) runtime: Runtime,
    recorder: EventRecorder,
    blocked: Receiver<BlockReport>,
    router: Router,
}

/// A response.
#[derive(Debug)]
pub(super) struct AppResponse {
    /// `None` for a request that reached the application and whose response is not compared.
    pub(super) status: Option<u16>,
    pub(super) body: String,
    pub(super) headers: HeaderMap,
    /// The envelopes of the events.
    pub(super) events: Vec<Map<String, Value>>,
}

impl GuardedApp {
    /// Serve `flow`, and one more route by its name, path and policy.
    pub(super) fn new<E>(
        config: Config,
        flow: &Flow<E>,
        facts: AddressTables,
        more: Option<(&str, &str, RoutePolicy)>,
    ) -> Result<Self, String> {
        let (recorder, clock) = (EventRecorder::default(), ManualClock::default());
        clock.set(Timestamp::from_millis(crate::run::START));
        let (sender, blocked) = channel();
        let guard = Guard::builder(config)
            .on_block(move |blocked| drop(sender.send(blocked)))
            .facts(facts)
            .clock(clock)
            .sink(recorder.clone())
            .verifier(REJECT_ALL, |_, _| async { CredentialDecision::Reject })
            .build()
            .map_err(|errors| errors.to_string())?;
        let layer = || GuardLayer::new(&guard).tls_from(|_| true);
        let mut router = Router::new().fallback(respond).layer(layer());
        let mut routes = Vec::from_iter(more);
        for (path, route) in &flow.routes {
            routes.push((path, path, policy(route)?));
        }
        for (name, path, policy) in routes {
            let policy = guard.policy(name, policy).map_err(|errors| errors.to_string())?;
            router = router.route(path, any(respond).layer(layer().policy(policy)));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(Self { guard, runtime: runtime.map_err(|error| error.to_string())?, recorder, blocked, router })
    }

    pub(super) fn send(&self, request: &Request) -> Result<AppResponse, String> {
        let wire = wire(request).map_err(|error| error.to_string())?;
        let router = self.router.clone();
        let (parts, body) = self.runtime.block_on(async {
            let (parts, body) = match router.oneshot(wire).await {
                Ok(response) => response.into_parts(),
                Err(never) => match never {},
            };
            (parts, to_bytes(body, usize::MAX).await.unwrap_or_default())
        });
        let from_handler = parts.extensions.get::<FromHandler>().is_some() && request.stage.is_none();
        Ok(AppResponse {
            status: (!from_handler).then_some(parts.status.as_u16()),
            body: String::from_utf8_lossy(&body).into_owned(),
            headers: parts.headers,
            events: self.events(),
        })
    }

    /// Stop serving, and return the calls of `on_block`.
    pub(super) fn finish(self) -> Vec<BlockReport> {
        let Self { guard, runtime, router, blocked, .. } = self;
        drop((guard, runtime, router));
        // The callback is dropped with the last handle of the guard, after its last call.
        blocked.iter().collect()
    }

    /// The envelopes of the events since the last call.
    pub(super) fn events(&self) -> Vec<Map<String, Value>> {
        std::mem::take(&mut *self.recorder.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The verifier of every route that requires a credential; it rejects them all.
const REJECT_ALL: &str = "reject_all";

fn policy(route: &Route) -> Result<RoutePolicy, String> {
    let mut policy = RoutePolicy::new();
    for pattern in &route.blocked_user_agents {
        policy = policy.deny_user_agent(pattern);
    }
    if let Some(limit) = route.rate_limit {
        policy = policy.rate(Rate::per(limit, Duration::from_secs(route.rate_limit_window.unwrap_or(60))));
    }
    for provider in &route.block_cloud_providers {
        policy.deny_clouds.push(provider.parse().map_err(|error| format!("{provider}: {error}"))?);
    }
    match route.auth_required.as_deref() {
        None => {}
        Some("bearer") => policy = policy.verify(Credential::Bearer, REJECT_ALL),
        Some("basic") => policy = policy.verify(Credential::Basic, REJECT_ALL),
        Some(scheme) => return Err(format!("the scheme `{scheme}` is not known")),
    }
    for check in &route.bypassed_checks {
        policy = policy.bypass(match check.as_str() {
            "ip_ban" => Bypass::IpBan,
            "ip" => Bypass::Ip,
            "clouds" => Bypass::Clouds,
            "rate_limit" => Bypass::RateLimit,
            "penetration" => Bypass::Penetration,
            "all" => Bypass::All,
            check => return Err(format!("the check `{check}` is not known")),
        });
    }
    if let Some(size) = route.max_request_size {
        policy = policy.max_body(ByteSize(size));
    }
    Ok(policy)
}

/// The request as a server hands it over.
fn wire(request: &Request) -> Result<Wire<Body>, http::Error> {
    let mut wire = Wire::builder().uri(&request.url_path);
    wire = wire.method(request.method.as_deref().unwrap_or("GET"));
    for (name, value) in &request.headers {
        wire = wire.header(name, value);
    }
    if let Some(body) = &request.body {
        wire = wire.header("content-length", body.len());
    }
    let peer = ConnectInfo(SocketAddr::new(request.client_ip, 40_000));
    let status = match request.stage {
        Some(Stage::ProcessResponse) => request.response_status.unwrap_or(200),
        None => 200,
    };
    let status = StatusCode::from_u16(status)?;
    wire.extension(peer).extension(status).body(request.body.clone().map_or_else(Body::empty, Body::from))
}

/// Marks a response of the application.
#[derive(Clone, Copy)]
struct FromHandler;

/// The application: responds with the status that the request carries.
async fn respond(request: Wire<Body>) -> Response<Body> {
    let mut response = Response::new(Body::from(BODY));
    *response.status_mut() = request.extensions().get::<StatusCode>().copied().unwrap_or_default();
    response.extensions_mut().insert(FromHandler);
    response
}

/// Records the envelopes of events.
#[derive(Clone, Default)]
struct EventRecorder(Arc<Mutex<Vec<Map<String, Value>>>>);

impl EventSink for EventRecorder {
    fn event(&self, event: &Event, context: &Context<'_>) {
        if let Ok(Value::Object(envelope)) = serde_json::to_value(SecurityEvent::new(event, context)) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(envelope);
        }
    }

    fn request(&self, _: &RequestReport<'_>) {}
}
