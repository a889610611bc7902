//! What a framework on tower determines: where the facts about a request are, and the types of bodies.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::{Extensions, Request, Uri};
use http_body::Body;
use portcullis_runtime::Peer;

use crate::body::ReplayBody;
use crate::response_body::ResponseBody;

const NO_PEER: &str = "insert the `SocketAddr` of the connection into the extensions of the request, or set the source of the \
     address with `GuardLayer::peer_from`";

/// The source of the facts about a request. [`GuardLayer`](crate::GuardLayer) is generic over it; crates for a framework
/// implement it for a type of their own.
pub trait Framework: Send + Sync + 'static {
    /// The pattern of the matched route. It outlives the request, so cloning it should not allocate.
    type Route: AsRef<str> + Clone + Send + 'static;

    /// The other end of the connection.
    fn peer(extensions: &Extensions) -> Peer;

    /// The pattern of the matched route, if the framework has routed the request already.
    fn route(extensions: &Extensions) -> Option<Self::Route>;

    /// The target of the request as on the wire.
    fn uri<B>(request: &Request<B>) -> &Uri {
        request.uri()
    }
}

/// The body that the inner service receives, for bodies `B` of requests.
pub trait RequestBodies<B: Body>: Framework {
    /// Its type.
    type Body;

    /// The body of an admitted request.
    fn request_body(body: ReplayBody<B>) -> Self::Body;
}

/// The body of the responses of the layer, for bodies `B` of the inner service.
pub trait ResponseBodies<B>: Framework {
    /// Its type.
    type Body;

    /// The body of a response.
    fn response_body(body: ResponseBody<B>) -> Self::Body;
}

/// No framework: any http service on tower. The peer is a [`Peer`], [`SocketAddr`] or [`IpAddr`] in the extensions of the
/// request, and the route a [`RoutePattern`].
#[derive(Clone, Copy, Debug)]
pub struct AnyService;

/// The pattern of the matched route, for policies under `[[route]]` and for metrics. Insert it into the extensions of a request
/// before the layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutePattern(pub Arc<str>);

impl AsRef<str> for RoutePattern {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Framework for AnyService {
    type Route = RoutePattern;

    fn peer(extensions: &Extensions) -> Peer {
        let peer = extensions.get::<Peer>().copied();
        let socket = || extensions.get::<SocketAddr>().map(SocketAddr::ip);
        let address = || socket().or_else(|| extensions.get::<IpAddr>().copied());
        peer.or_else(|| address().map(Peer::Address)).unwrap_or(Peer::Missing(NO_PEER))
    }

    fn route(extensions: &Extensions) -> Option<RoutePattern> {
        extensions.get::<RoutePattern>().cloned()
    }
}

impl<B: Body> RequestBodies<B> for AnyService {
    type Body = ReplayBody<B>;

    fn request_body(body: ReplayBody<B>) -> ReplayBody<B> {
        body
    }
}

impl<B> ResponseBodies<B> for AnyService {
    type Body = ResponseBody<B>;

    fn response_body(body: ResponseBody<B>) -> ResponseBody<B> {
        body
    }
}
