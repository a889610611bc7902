//! A service whose bans and limits survive a restart.
//!
//! ```text
//! cargo run -p portcullis-example-custom-store [FILE]
//! ```

use std::error::Error;
use std::net::SocketAddr;

use axum::{Router, routing::get};
use portcullis_axum::{Config, Guard, GuardLayer};
use portcullis_example_custom_store::{Limits, RedbStore};
use tokio::net::TcpListener;

const CONFIG: &str = "
# Loopback is never banned: to try a ban, send requests as a proxy of another client.
client.trusted_proxies = [\"127.0.0.1\"]
rate.limit = \"60/min\"
ban = { threshold = 3, duration = \"1h\" }
# While the disk does not reply, limits and bans count in the process.
rate.on_unavailable = \"local\"
";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let file = std::env::args().nth(1).unwrap_or_else(|| "state.redb".into());
    let store = RedbStore::open(&file, Limits::default())?;
    let guard = Guard::builder(Config::from_toml(CONFIG)?).store(store).build()?;
    let app = Router::new().route("/", get(|| async { "home\n" })).layer(GuardLayer::new(&guard));

    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("listening on http://127.0.0.1:3000, with bans and limits in {file}");
    println!("send this attack three times and restart the service: the client is still banned:");
    println!("  curl -H 'x-forwarded-for: 192.0.2.7' \"http://127.0.0.1:3000/?q=1'+or+'1'='1\"");
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(shutdown_signal()).await?;
    Ok(())
}

/// Stop on Ctrl-C, so that queued batches are written.
async fn shutdown_signal() {
    // Without a signal handler, serve until the process is killed.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
