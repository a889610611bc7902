//! The layer around tonic: rejections are gRPC statuses, and streams pass untouched.

use std::net::SocketAddr;
use std::time::Duration;

use portcullis_tower::{Config, Guard, GuardLayer, Peer};
use tokio::net::TcpListener;
use tonic::transport::server::{TcpConnectInfo, TcpIncoming};
use tonic::transport::{Channel, Server};
use tonic::{Code, Request};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::server::{HealthReporter, health_reporter};

/// Serves the health service behind a guard, and returns a client.
async fn serve(config: &str) -> (HealthClient<Channel>, HealthReporter) {
    let guard = Guard::build(Config::from_toml(config).unwrap()).unwrap();
    let layer: GuardLayer = GuardLayer::new(&guard).peer_from(|extensions| {
        let connected = extensions.get::<TcpConnectInfo>().and_then(TcpConnectInfo::remote_addr);
        connected.map_or(Peer::Unix, |address| Peer::Address(address.ip()))
    });
    let (reporter, health) = health_reporter();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let server = Server::builder().layer(layer).add_service(health);
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    let channel = Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    (HealthClient::new(channel), reporter)
}

fn check(service: &str) -> Request<HealthCheckRequest> {
    Request::new(HealthCheckRequest { service: service.into() })
}

#[tokio::test]
async fn calls_pass_and_attacks_are_rejected_with_a_grpc_status() {
    let (mut client, _reporter) = serve("").await;
    client.check(check("")).await.expect("a call passes");
    let mut attack = check("");
    attack.metadata_mut().insert("x-filter", "1' union select password from users--".parse().unwrap());
    let status = client.check(attack).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    assert!(status.message().contains("Suspicious activity"), "{status:?}");
}

#[tokio::test]
async fn a_limit_is_resource_exhausted() {
    let (mut client, _reporter) = serve("rate.limit = \"2/min\"").await;
    for _ in 0..2 {
        client.check(check("")).await.expect("within the limit");
    }
    let status = client.check(check("")).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
}

#[tokio::test]
async fn a_stream_of_the_server_passes_message_by_message() {
    let (mut client, reporter) = serve("").await;
    reporter.set_service_status("orders", ServingStatus::Unknown).await;
    let mut updates = client.watch(check("orders")).await.expect("a stream").into_inner();
    let next = async |updates: &mut tonic::Streaming<_>| -> Option<i32> {
        let message: Option<tonic_health::pb::HealthCheckResponse> =
            tokio::time::timeout(Duration::from_secs(5), updates.message()).await.unwrap().unwrap();
        message.map(|message| message.status)
    };
    let unknown = next(&mut updates).await;
    reporter.set_service_status("orders", ServingStatus::Serving).await;
    let serving = next(&mut updates).await;
    assert_ne!(unknown, serving, "the update arrives while the stream is open");
    reporter.set_service_status("orders", ServingStatus::NotServing).await;
    assert_ne!(next(&mut updates).await, serving);
}
