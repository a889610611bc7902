//! Axum as a framework on tower: its matched path, the address of the connection, and its one type of bodies.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::connect_info::{ConnectInfo, MockConnectInfo};
use axum::extract::{MatchedPath, OriginalUri};
use http::{Extensions, Request, Uri};
use portcullis_runtime::Peer;
use portcullis_tower::{
    Framework, ReplayBody, RequestBodies, RequestBodySource, ResponseBodies, ResponseBody, ResponseBodySource,
};

const NO_CONNECT_INFO: &str = "serve with `into_make_service_with_connect_info::<SocketAddr>()`, \
     or set the source of the address with `GuardLayer::peer_from`";

/// Guards the routes it is applied to. Cheap to clone; clones share one guard.
pub type GuardLayer = portcullis_tower::GuardLayer<Axum>;

/// A service whose requests are guarded.
pub type GuardService<S> = portcullis_tower::GuardService<S, Axum>;

/// Axum.
#[derive(Clone, Copy, Debug)]
pub struct Axum;

/// The pattern of the matched route. A clone shares it.
#[derive(Clone, Debug)]
pub struct RoutePath(MatchedPath);

impl AsRef<str> for RoutePath {
    fn as_ref(&self) -> &str {
        self.0.as_str()
    }
}

impl Framework for Axum {
    type Route = RoutePath;

    /// The address that the listener or a test provides.
    fn peer(extensions: &Extensions) -> Peer {
        let connected = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
        let mocked = || extensions.get::<MockConnectInfo<SocketAddr>>().map(|info| info.0);
        let address = connected.or_else(mocked);
        address.map_or(Peer::Missing(NO_CONNECT_INFO), |address| Peer::Address(address.ip()))
    }

    fn route(extensions: &Extensions) -> Option<RoutePath> {
        extensions.get::<MatchedPath>().cloned().map(RoutePath)
    }

    /// `nest` strips the prefix from the path; limits and exclusions refer to the whole path.
    fn uri<B>(request: &Request<B>) -> &Uri {
        request.extensions().get::<OriginalUri>().map_or(request.uri(), |original| &original.0)
    }
}

/// The body is boxed again only if the guard has read it.
impl RequestBodies<Body> for Axum {
    type Body = Body;

    fn request_body(body: ReplayBody<Body>) -> Body {
        match body.into_source() {
            RequestBodySource::Unread(body) => body,
            RequestBodySource::Replay(body) => Body::new(body),
        }
    }
}

/// The body is boxed again only if the guard observes it.
impl ResponseBodies<Body> for Axum {
    type Body = Body;

    fn response_body(body: ResponseBody<Body>) -> Body {
        match body.into_source() {
            ResponseBodySource::Inner(body) => body,
            ResponseBodySource::Guard(text) => Body::from(text),
            ResponseBodySource::Observed(body) => Body::new(body),
        }
    }
}
