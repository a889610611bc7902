//! Inspection of responses by the layer, which must not change them.

use std::net::SocketAddr;
use std::task::Poll;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::connect_info::MockConnectInfo;
use axum::http::{HeaderMap, Request, Response, StatusCode};
use axum::routing::get;
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, StreamBody};
use portcullis_axum::{Config, Cost, Guard, GuardLayer, Rate, RoutePolicy};
use tower::ServiceExt;

const RULE: &str = r#"
    behaviour = { inspect_responses = true, response_prefix = "1KiB", rule = [
        { kind = "return_pattern", pattern = "denied", threshold = 1, action = "throttle" },
    ] }
"#;

fn guard(toml: &str) -> Guard {
    Guard::build(Config::from_toml(toml).expect("a document")).expect("a configuration")
}

fn app<H, A>(guard: &Guard, handler: H) -> Router
where
    H: Fn() -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Response<Body>> + Send + 'static,
{
    let peer = MockConnectInfo(SocketAddr::from(([192, 0, 2, 7], 4711)));
    Router::new().route("/", get(handler)).layer(GuardLayer::new(guard)).layer(peer)
}

async fn send(app: &Router) -> Response<Body> {
    app.clone().oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap()
}

/// A body of these frames without an end.
fn endless(frames: Vec<&'static str>) -> Body {
    let mut frames = frames.into_iter();
    let stream = std::iter::from_fn(move || frames.next());
    Body::new(StreamBody::new(Frames(stream)))
}

struct Frames<I>(I);

impl<I: Iterator<Item = &'static str> + Unpin> futures_core::Stream for Frames<I> {
    type Item = Result<Frame<Bytes>, std::convert::Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> Poll<Option<Self::Item>> {
        match self.0.next() {
            Some(text) => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(text.as_bytes()))))),
            None => Poll::Pending,
        }
    }
}

#[tokio::test]
async fn frames_pass_as_they_come_while_they_are_watched() {
    let app = app(&guard(RULE), || async { Response::new(endless(vec!["one", "two"])) });
    let mut body = send(&app).await.into_body();
    for expected in ["one", "two"] {
        let frame = body.frame().await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), expected);
    }
    let next = futures_poll(body.frame()).await;
    assert!(next.is_none(), "the third has not come, and the first two did not wait for it");
}

/// The value of a future that is ready now.
async fn futures_poll<F: Future + Unpin>(mut future: F) -> Option<F::Output> {
    std::future::poll_fn(|context| match std::pin::Pin::new(&mut future).poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

#[tokio::test]
async fn a_body_that_is_given_up_counts_for_what_was_seen_of_it() {
    let app = app(&guard(RULE), || async { Response::new(endless(vec!["access denied"])) });
    for _ in 0..2 {
        let response = send(&app).await;
        assert_eq!(response.status(), StatusCode::OK);
        let mut body = response.into_body();
        drop(body.frame().await);
        drop(body);
    }
    assert_eq!(send(&app).await.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_response_counts_as_soon_as_enough_of_it_has_passed() {
    let long = || async { Response::new(endless(vec!["denied", LONG])) };
    let app = app(&guard(RULE), long);
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut body = send(&app).await.into_body();
        for _ in 0..2 {
            body.frame().await.unwrap().unwrap();
        }
        held.push(body);
    }
    assert_eq!(send(&app).await.status(), StatusCode::TOO_MANY_REQUESTS, "though the bodies go on");
}

const LONG: &str = match std::str::from_utf8(&[b'.'; 1018]) {
    Ok(text) => text,
    Err(_) => "",
};

#[tokio::test]
async fn trailers_length_and_content_are_those_of_the_handler() {
    let with_trailers = || async {
        let mut trailers = HeaderMap::new();
        trailers.insert("x-sum", "7".parse().unwrap());
        let body = http_body_util::Full::from("denied").with_trailers(std::future::ready(Some(Ok(trailers))));
        Response::new(Body::new(body))
    };
    let response = send(&app(&guard(RULE), with_trailers)).await;
    let collected = response.into_body().collect().await.unwrap();
    assert_eq!(collected.trailers().unwrap()["x-sum"], "7");
    assert_eq!(collected.to_bytes(), "denied");
    let response = send(&app(&guard(RULE), || async { Response::new(Body::from("denied")) })).await;
    assert_eq!(response.body().size_hint().exact(), Some(6));
}

#[tokio::test]
async fn the_cost_is_counted_and_not_sent() {
    let guard = guard("");
    let policy = RoutePolicy::new().rate_outcomes([200], Rate::per_minute(10));
    let policy = guard.policy("export", policy).unwrap();
    let handler = || async {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(Cost(10));
        response
    };
    let peer = MockConnectInfo(SocketAddr::from(([192, 0, 2, 7], 4711)));
    let layer = GuardLayer::new(&guard).policy(policy);
    let app = Router::new().route("/", get(handler)).layer(layer).layer(peer);
    let response = send(&app).await;
    assert_eq!((response.status(), response.extensions().get::<Cost>()), (StatusCode::OK, None));
    assert_eq!(send(&app).await.status(), StatusCode::TOO_MANY_REQUESTS);
}
