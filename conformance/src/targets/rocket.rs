//! Rocket's routes in process: requests are passed to Rocket by its local client, without a socket.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::rocket::config::{Config, Ident, LogLevel};
use ::rocket::data::{Data, FromData as _, Outcome as Read};
use ::rocket::http::{Header, Method, Status};
use ::rocket::local::asynchronous::Client;
use ::rocket::request::FromRequest as _;
use ::rocket::response::Responder as _;
use ::rocket::route::{Handler, Outcome};
use ::rocket::shield::Shield;
use ::rocket::{Build, Request, Response, Rocket as Application, Route};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use portcullis_rocket::{Cost, GuardFairing, InspectedStream, Peer, Principal};
use tokio::io::{AsyncRead, AsyncReadExt as _, ReadBuf};

use super::framework::{Framework, RawResponse, Serve};
use super::harness::{Dialect, GuardHarness, Recorder};
use crate::vector::{Case, HandlerResponse, WirePeer, WireRequest};

/// An application whose routes are wrapped.
pub type Rocket = Framework<InProcess>;

/// The application, called by Rocket's own client.
pub struct InProcess(Client);

impl Rocket {
    /// The application for `case`.
    ///
    /// # Errors
    /// What is wrong with its configuration or policies, or Rocket's launch error.
    pub fn new(case: &Case) -> Result<Self, String> {
        let harness = GuardHarness::new(case, DIALECT)?;
        let protect =
            GuardFairing::new(&harness.guard).tls_from(|request| request.local_cache(|| Tls(false)).0);
        let protect = if case.has_unix_peers() { protect.peer_from(listener) } else { protect };
        let client =
            harness.runtime.block_on(Client::untracked(application(&harness, &protect, case.nested)));
        let client = client.map_err(|error| error.to_string())?;
        Ok(Self { harness, service: InProcess(client) })
    }
}

/// Rocket writes `<id>` and `<rest..>`.
pub(super) const DIALECT: Dialect = Dialect {
    write: |pattern| pattern.replace("{*rest}", "<rest..>").replace('{', "<").replace('}', ">"),
    read: |pattern| pattern.replace("<rest..>", "{*rest}").replace('<', "{").replace('>', "}"),
};

/// `HEAD` comes as `GET`, as in most applications.
const METHODS: [Method; 8] = [
    Method::Get,
    Method::Put,
    Method::Post,
    Method::Delete,
    Method::Options,
    Method::Trace,
    Method::Connect,
    Method::Patch,
];

/// Routes as the adapter's documentation recommends: each with its policy, and one for everything else.
pub(super) fn application(
    harness: &GuardHarness,
    protect: &GuardFairing,
    nested: bool,
) -> Application<Build> {
    let config = Config {
        port: 0,
        log_level: LogLevel::Off,
        ident: Ident::none(),
        shutdown: ::rocket::config::Shutdown { ctrlc: false, signals: [].into(), ..Default::default() },
        ..Config::debug_default()
    };
    // Rocket's own logger would write a page for each of hundreds of applications.
    let _ = log::set_logger(&Silent);
    // Headers that Rocket itself would add are not the guard's.
    let mut application = ::rocket::custom(config).attach(Shield::new()).attach(protect.clone());
    let mut routes = harness.routes.clone();
    // Rocket takes the lowest rank first.
    super::routes::sort(&mut routes);
    for ((pattern, policy), rank) in routes.iter().zip(0_isize..) {
        let outer = protect;
        let protect = policy.map_or_else(|| protect.clone(), |policy| protect.clone().policy(policy));
        let echo = Echo { recorder: harness.recorder.clone(), route: pattern.clone() };
        let routes =
            METHODS.map(|method| Route::ranked(rank, method, &(DIALECT.write)(pattern), echo.clone()));
        // A route that reads its body through a data guard has one guard.
        let routes = match nested && policy.is_some() {
            true => outer.routes(protect.routes(routes)),
            false => protect.inspected(routes),
        };
        application = application.mount("/", routes);
    }
    let echo = Echo { recorder: harness.recorder.clone(), route: "*".into() };
    let rest = METHODS.map(|method| Route::ranked(isize::MAX, method, "/<path..>", echo.clone()));
    application.mount("/", protect.inspected(rest))
}

struct Silent;

impl log::Log for Silent {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        false
    }

    fn log(&self, _: &log::Record<'_>) {}

    fn flush(&self) {}
}

/// Whether a request came over TLS; a listener that terminates TLS sets it.
struct Tls(bool);

/// A listener on a Unix socket has no peer address.
fn listener(request: &Request<'_>) -> Peer {
    request.remote().map_or(Peer::Unix, |address| Peer::Address(address.ip()))
}

#[derive(Clone)]
struct Echo {
    recorder: Recorder,
    route: String,
}

#[::rocket::async_trait]
impl Handler for Echo {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        let mut body = Vec::new();
        match InspectedStream::from_data(request, data).await {
            Read::Success(mut stream) => {
                if stream.read_to_end(&mut body).await.is_err() {
                    return Outcome::Error(Status::BadRequest);
                }
            }
            Read::Error((status, _)) => return Outcome::Error(status),
            Read::Forward(forwarded) => return Outcome::Forward(forwarded),
        }
        let body = Bytes::from(body);
        self.recorder.handle(&body);
        let principal = Principal::from_request(request).await.succeeded();
        let headers =
            super::echo_headers(&self.route, principal.as_ref().map(|Principal(name)| name.as_str()));
        let (cost, response) = respond(headers, self.recorder.response(), body);
        if let Some(cost) = cost {
            // `Response` is no `Responder`; an empty one carries the same cost.
            let _ = Cost(cost, ()).respond_to(request);
        }
        Outcome::Success(response)
    }
}

/// The handler's configured response, or the echo. Several frames are a stream without a declared length.
fn respond(
    mut headers: HeaderMap,
    configured: Option<HandlerResponse>,
    echo: Bytes,
) -> (Option<u32>, Response<'static>) {
    let configured = configured.unwrap_or_else(|| HandlerResponse::echo(echo));
    super::replace(&mut headers, &configured.headers);
    let mut response = Response::new();
    response.set_status(Status::new(configured.status));
    for (name, value) in &headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        response.adjoin_header(Header::new(name.as_str().to_owned(), value));
    }
    match configured.frames.as_slice() {
        [] => {}
        [whole] => response.set_sized_body(whole.len(), io::Cursor::new(whole.clone())),
        _ => response.set_streamed_body(Frames(configured.frames.into())),
    }
    (configured.cost, response)
}

/// A body that arrives in pieces and does not declare its length.
struct Frames(VecDeque<Bytes>);

impl AsyncRead for Frames {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(frame) = self.0.front_mut() {
            let piece = frame.split_to(frame.len().min(buffer.remaining()));
            buffer.put_slice(&piece);
        }
        if self.0.front().is_some_and(Bytes::is_empty) {
            self.0.pop_front();
        }
        Poll::Ready(Ok(()))
    }
}

impl Serve for InProcess {
    fn serve(&mut self, harness: &GuardHarness, request: &WireRequest) -> Option<RawResponse> {
        let method: Method = request.method.parse().ok()?;
        // The server keeps only the path and the query of a target, drops headers that are not UTF-8, and makes their names
        // lower-case; the local client does not.
        let target = request.target.parse::<http::Uri>().ok()?;
        let mut local = self.0.req(method, target.path_and_query()?.to_string());
        for (name, value) in &request.headers {
            if let Ok(value) = String::from_utf8(value.clone()) {
                local.add_header(Header::new(name.to_ascii_lowercase(), value));
            }
        }
        if let WirePeer::Address(address) = request.peer {
            local.set_remote(SocketAddr::new(address, 40_000));
        }
        local.inner().local_cache(|| Tls(request.tls));
        local.set_body(request.chunks.concat());
        harness.runtime.block_on(async {
            let response = local.dispatch().await;
            let mut headers = HeaderMap::new();
            for line in response.headers().iter() {
                let name = HeaderName::from_bytes(line.name().as_str().as_bytes()).ok();
                if let Some((name, value)) = name.zip(HeaderValue::from_bytes(line.value().as_bytes()).ok()) {
                    headers.append(name, value);
                }
            }
            let status = response.status().code;
            Some((status, headers, response.into_bytes().await.unwrap_or_default().into()))
        })
    }
}
