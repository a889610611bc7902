//! Rocket's routes in process: requests are handed to Rocket by its local client, without a socket.

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

use super::framework::{Answered, Framework, Serve};
use super::guarded::{Dialect, Guarded, Witness};
use crate::vector::{Case, HandlerAnswer, WirePeer, WireRequest};

/// An application whose routes are wrapped.
pub type Rocket = Framework<InProcess>;

/// The application, called by Rocket's own client.
pub struct InProcess(Client);

impl Rocket {
    /// The application for `case`.
    ///
    /// # Errors
    /// What is wrong with its configuration or policies, or what Rocket minds.
    pub fn new(case: &Case) -> Result<Self, String> {
        let guarded = Guarded::new(case, DIALECT)?;
        let protect =
            GuardFairing::new(&guarded.guard).tls_from(|request| request.local_cache(|| Tls(false)).0);
        let protect = if case.has_unix_peers() { protect.peer_from(listener) } else { protect };
        let client = guarded.runtime.block_on(Client::untracked(application(&guarded, &protect)));
        let client = client.map_err(|error| error.to_string())?;
        Ok(Self { guarded, service: InProcess(client) })
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

/// Routes as the documentation says: each with its policy, and one for everything else.
pub(super) fn application(guarded: &Guarded, protect: &GuardFairing) -> Application<Build> {
    let config = Config {
        port: 0,
        log_level: LogLevel::Off,
        ident: Ident::none(),
        shutdown: ::rocket::config::Shutdown { ctrlc: false, signals: [].into(), ..Default::default() },
        ..Config::debug_default()
    };
    // Rocket's own would write a page for each of hundreds of applications.
    let _ = log::set_logger(&Silent);
    // What Rocket itself would add to responses is none of the guard's.
    let mut application = ::rocket::custom(config).attach(Shield::new()).attach(protect.clone());
    let mut routes = guarded.routes.clone();
    // Rocket takes the lowest rank first.
    super::routes::sort(&mut routes);
    for ((pattern, policy), rank) in routes.iter().zip(0_isize..) {
        let protect = policy.map_or_else(|| protect.clone(), |policy| protect.clone().policy(policy));
        let echo = Echo { witness: guarded.witness.clone(), route: pattern.clone() };
        let routes =
            METHODS.map(|method| Route::ranked(rank, method, &(DIALECT.write)(pattern), echo.clone()));
        application = application.mount("/", protect.inspected(routes));
    }
    let echo = Echo { witness: guarded.witness.clone(), route: "*".into() };
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

/// Whether a request came over TLS, as a listener that terminates it would know.
struct Tls(bool);

/// A listener on a Unix socket knows no address.
fn listener(request: &Request<'_>) -> Peer {
    request.remote().map_or(Peer::Unix, |address| Peer::Address(address.ip()))
}

#[derive(Clone)]
struct Echo {
    witness: Witness,
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
        self.witness.handle(&body);
        let principal = Principal::from_request(request).await.succeeded();
        let headers =
            super::echo_headers(&self.route, principal.as_ref().map(|Principal(name)| name.as_str()));
        let (cost, response) = respond(headers, self.witness.answer(), body);
        if let Some(cost) = cost {
            // A response is no responder; one that is empty says the same about the cost.
            let _ = Cost(cost, ()).respond_to(request);
        }
        Outcome::Success(response)
    }
}

/// What the handler was told to answer, or the echo. Several frames are a stream that does not say how long it is.
fn respond(
    mut headers: HeaderMap,
    answer: Option<HandlerAnswer>,
    echo: Bytes,
) -> (Option<u32>, Response<'static>) {
    let answer = answer.unwrap_or_else(|| HandlerAnswer::echo(echo));
    super::replace(&mut headers, &answer.headers);
    let mut response = Response::new();
    response.set_status(Status::new(answer.status));
    for (name, value) in &headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        response.adjoin_header(Header::new(name.as_str().to_owned(), value));
    }
    match answer.frames.as_slice() {
        [] => {}
        [whole] => response.set_sized_body(whole.len(), io::Cursor::new(whole.clone())),
        _ => response.set_streamed_body(Frames(answer.frames.into())),
    }
    (answer.cost, response)
}

/// A body that comes in pieces and does not say how long it is.
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
    fn serve(&mut self, guarded: &Guarded, request: &WireRequest) -> Option<Answered> {
        let method: Method = request.method.parse().ok()?;
        // As the server does: of a target only the path and the query are kept, of headers only what is UTF-8, and their
        // names in small letters.
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
        guarded.runtime.block_on(async {
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
