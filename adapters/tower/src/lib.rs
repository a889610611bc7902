//! Portcullis for tower: a layer that checks the requests of any http service in process, such as one of hyper or tonic.
//!
//! ```
//! use std::convert::Infallible;
//! use std::net::SocketAddr;
//!
//! use http::{Request, Response};
//! use http_body_util::Full;
//! use portcullis_tower::{Config, Guard, GuardLayer};
//! use tower::{ServiceBuilder, ServiceExt as _, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let guard = Guard::build(Config::from_toml("rate.limit = \"300/min\"")?)?;
//! let layer: GuardLayer = GuardLayer::new(&guard);
//! let service = ServiceBuilder::new().layer(layer).service(service_fn(|_| async {
//!     Ok::<_, Infallible>(Response::new(Full::<bytes::Bytes>::from("home")))
//! }));
//!
//! // A server inserts the address of the connection.
//! let request = Request::get("/?file=../../../etc/passwd").extension(SocketAddr::from(([192, 0, 2, 7], 40_000)));
//! let response = service.oneshot(request.body(Full::<bytes::Bytes>::default())?).await?;
//! assert_eq!(response.status(), 400);
//! # Ok(()) }
//! ```
//!
//! # gRPC
//!
//! Rejections of gRPC calls are gRPC statuses, such as `RESOURCE_EXHAUSTED` for a limit. Responses pass message by message. The
//! guard inspects the body of a request before the service runs, so a route whose client streams messages needs a policy that
//! does not wait for the end of the body: `RoutePolicy::new().body(BodyRule::Skip)`.
//!
//! # What services and outer layers can read
//!
//! The layer adds an [`Admission`] to the extensions of the request, and a [`RejectionInfo`] to those of a rejection. A layer inside
//! another layer, made from a clone of its [`Guard`], checks only what its policy adds.
//!
//! # Bodies
//!
//! The inner service receives a [`ReplayBody`], which yields exactly the bytes that the client sent, and trailers. Bodies of
//! requests must be `Unpin`; pin others in a box.
//!
//! For Axum, use `portcullis-axum`, which is this layer with the route patterns and addresses of Axum.

mod body;
mod framework;
mod future;
mod layer;
mod request_state;
mod respond;
mod response_body;

pub use body::{ReplayBody, RequestBodySource};
pub use framework::{AnyService, Framework, RequestBodies, ResponseBodies, RoutePattern};
pub use future::GuardFuture;
pub use layer::{GuardLayer, GuardService};
pub use portcullis_runtime::service::{
    AddressTables, AddressTablesBuilder, Admission, ApplicationCount, Attachments, BanEntry, BanError,
    BlockReport, BodyRule, Bypass, ByteSize, Check, Cidr, Class, Clock, Config, ConfigErrors, Country,
    Credential, CredentialDecision, Guard, GuardBuilder, Hook, HookDecision, HookResponse, Hours,
    ManualClock, MemoryStore, MessageRejection, Messages, Modifier, MutableResponse, Peer, PolicyHandle,
    Principal, Rate, RateKey, RateState, RejectionInfo, ReloadError, RequestView, RequiredHeader,
    RoutePolicy, RouteRate, RuleDocument, RuleError, RulesOutcome, Secret, Status, SystemClock, TimeOfDay,
    TimeZone, Timestamp, Verifier, Watcher, Weekday, config, detect, envelope, event, sink, state, testing,
};
pub use response_body::{Cost, ResponseBody, ResponseBodySource};
