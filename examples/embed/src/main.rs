//! A bare hyper server with the guard and no adapter: what an adapter does, in one file.
//!
//! `cargo run -p portcullis-example-embed`, then `curl 'localhost:3000/?file=../../../../etc/passwd'`. With
//! `portcullis-tower` the same takes one line; this shows how to embed the guard where there is no tower service.

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use portcullis_runtime::{AppResponse, BodyFault, BodySource, Config, Guard, GuardResponse, Head, Peer};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    let guard = Guard::build(Config::from_toml("rate.limit = \"60/min\"")?)?;
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("http://{}", listener.local_addr()?);
    run(guard, listener).await
}

async fn run(guard: Guard, listener: TcpListener) -> Result<(), Box<dyn Error>> {
    loop {
        let (stream, peer) = listener.accept().await?;
        let guard = guard.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| serve(&guard, peer, request));
            let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            if let Err(error) = served {
                eprintln!("{peer}: {error}");
            }
        });
    }
}

/// Check a request, handle it, and finish its response.
async fn serve(
    guard: &Guard,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let head = Head::new(parts.method.as_str(), parts.uri.path(), &parts.headers)
        .query(parts.uri.query())
        .authority(parts.uri.authority().map(http::uri::Authority::as_str))
        .peer(Peer::Address(peer.ip()))
        .has_body(!body.is_end_stream());
    let mut body = IncomingBody { body, read_to_end: false };
    let admitted = match guard.arrive().check(head, &mut body).await {
        Ok(admitted) => admitted,
        Err(rejection) => return Ok(to_response(rejection.close_connection_if(!body.is_read()))),
    };
    // The handler receives the bytes that the guard has read, and then the rest.
    let mut read = admitted.replay.unwrap_or_default().to_vec();
    while let Some(chunk) = body.chunk().await {
        match chunk {
            Ok(chunk) => read.extend_from_slice(&chunk),
            // A body that broke off must not look complete.
            Err(_) => {
                let mut response = Response::new(Full::default());
                *response.status_mut() = StatusCode::BAD_REQUEST;
                return Ok(response);
            }
        }
    }
    let mut response =
        Response::new(Full::from(format!("{} bytes from {:?}\n", read.len(), admitted.admission.client())));
    let mut exchange = admitted.admission.exchange().clone();
    let observer = exchange.on_response(&AppResponse::new(
        parts.method.as_str(),
        response.status().as_u16(),
        response.headers(),
    ));
    // No rule of this configuration matches bodies, so there is nothing to observe.
    drop(observer);
    exchange.headers().onto(response.headers_mut());
    Ok(response)
}

/// The body of a request, which the guard reads as far as it requires.
struct IncomingBody {
    body: Incoming,
    read_to_end: bool,
}

impl IncomingBody {
    fn is_read(&self) -> bool {
        self.read_to_end || self.body.is_end_stream()
    }
}

impl BodySource for IncomingBody {
    async fn chunk(&mut self) -> Option<Result<Bytes, BodyFault>> {
        loop {
            match self.body.frame().await {
                None => {
                    self.read_to_end = true;
                    return None;
                }
                Some(Err(_)) => return Some(Err(BodyFault::Broken)),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Some(Ok(data));
                    }
                }
            }
        }
    }
}

fn to_response(rejection: GuardResponse) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(rejection.body));
    *response.status_mut() = rejection.status;
    for (name, value) in rejection.headers {
        response.headers_mut().append(name, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    async fn status(address: SocketAddr, request: String) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        response.lines().next().unwrap_or_default().to_owned()
    }

    #[tokio::test]
    async fn the_server_rejects_attacks_and_passes_bodies_on() {
        let guard = Guard::build(Config::from_toml("rate.limit = \"4/min\"").unwrap()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { run(guard, listener).await.map_err(|error| error.to_string()) });
        let get = |target: &str| format!("GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let post = |body: &str| {
            let length = body.len();
            format!(
                "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
            )
        };
        assert_eq!(status(address, get("/")).await, "HTTP/1.1 200 OK");
        assert_eq!(status(address, get("/?file=../../../../etc/passwd")).await, "HTTP/1.1 400 Bad Request");
        assert_eq!(status(address, post("name=Ann")).await, "HTTP/1.1 200 OK");
        assert_eq!(status(address, post("<script>alert(1)</script>")).await, "HTTP/1.1 400 Bad Request");
        assert_eq!(status(address, get("/")).await, "HTTP/1.1 429 Too Many Requests");
    }
}
