//! The layer around a hyper service, on a real connection.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use portcullis_tower::{Admission, Config, Guard, GuardLayer, ReplayBody};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tower::{ServiceBuilder, service_fn};

async fn echo(request: Request<ReplayBody<Incoming>>) -> Result<Response<Full<Bytes>>, Infallible> {
    let client = request.extensions().get::<Admission>().and_then(Admission::client);
    let exact = request.body().size_hint().exact();
    let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes);
    let text = match body {
        Ok(body) => format!("{} of {exact:?} from {}", body.len(), client.unwrap()),
        Err(_) => "broken".into(),
    };
    Ok(Response::new(Full::from(text)))
}

async fn serve(config: &str) -> SocketAddr {
    let guard = Guard::build(Config::from_toml(config).unwrap()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, peer)) = listener.accept().await {
            let layer: GuardLayer = GuardLayer::new(&guard);
            let service = ServiceBuilder::new()
                .map_request(move |mut request: Request<Incoming>| {
                    request.extensions_mut().insert(peer);
                    request
                })
                .layer(layer)
                .service(service_fn(echo));
            let connection = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
            tokio::spawn(connection);
        }
    });
    address
}

/// The status and the body of each response to requests on one connection.
async fn send(address: SocketAddr, requests: &[String]) -> Vec<(u16, String)> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut responses = Vec::new();
    for request in requests {
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut read = Vec::new();
        let (head, length) = loop {
            let mut buffer = [0; 1024];
            let count = stream.read(&mut buffer).await.unwrap();
            assert!(count > 0, "the connection ended early: {:?}", String::from_utf8_lossy(&read));
            read.extend_from_slice(&buffer[..count]);
            let text = String::from_utf8_lossy(&read).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.unwrap().parse().unwrap();
            if body.len() >= length {
                break (head.to_owned(), length);
            }
        };
        let text = String::from_utf8_lossy(&read).into_owned();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        responses.push((status, text[text.len() - length..].to_owned()));
    }
    responses
}

fn post(body: &str) -> String {
    format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn bodies_pass_unchanged_on_a_connection_that_is_kept() {
    let address = serve("").await;
    let get = "GET /?q=fine HTTP/1.1\r\nhost: x\r\n\r\n".to_owned();
    let responses = send(address, &[get.clone(), post("name=Ann"), get]).await;
    let empty = (200, String::from("0 of Some(0) from 127.0.0.1"));
    assert_eq!(responses, [empty.clone(), (200, "8 of Some(8) from 127.0.0.1".into()), empty]);
}

#[tokio::test]
async fn attacks_are_rejected_before_the_service() {
    let address = serve("ban.enabled = false").await;
    let get = "GET /?q=%3Cscript%3Ealert(1)%3C/script%3E HTTP/1.1\r\nhost: x\r\n\r\n".to_owned();
    let responses = send(address, &[get, post("<script>alert(1)</script>")]).await;
    let rejected = (400, String::from("Suspicious activity detected"));
    assert_eq!(responses, [rejected.clone(), rejected]);
}
