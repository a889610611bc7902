//! A small web service guarded by Portcullis: pages, a search, a login, comments as JSON, uploads, a WebSocket and an
//! admin page that only the machine itself may see.
//!
//! ```text
//! cargo run -p portcullis-example-axum [-- --config FILE [--watch]] [-- --listen ADDRESS] [-- --bare]
//! ```
//!
//! `--watch` reads the file again when it changes and when the process gets a SIGHUP. The machine itself may see the state of
//! the guard at `/_guard/status`.
//!
//! `--bare` serves the same routes without the guard, to compare.

mod options;
mod routes;

use std::error::Error;
use std::net::SocketAddr;

use axum::Router;
use axum::routing::{get, post};
use options::Options;
use portcullis_axum::{
    BodyRule, ByteSize, Config, Guard, GuardLayer, Rate, RoutePolicy, Watcher, status_endpoint,
};
use tokio::net::TcpListener;

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::from_args()?;
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if let Some(workers) = options.workers {
        runtime.worker_threads(workers);
    }
    runtime.enable_all().build()?.block_on(serve(options))
}

async fn serve(options: Options) -> Result<(), Box<dyn Error>> {
    let (app, _watcher) = if options.bare { (bare(), None) } else { guarded(&options)? };
    let listener = TcpListener::bind(options.listen).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    println!("try:");
    println!("  curl 'http://{address}/search?q=garden+chairs'                    # served");
    println!(
        "  curl \"http://{address}/search?q=1'+or+'1'='1\"                     # refused: SQL injection"
    );
    println!("  curl 'http://{address}/files?name=../../../../etc/passwd'         # refused: path traversal");
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stopped()).await?;
    Ok(())
}

/// The routes under a guard. Each group of routes has one guard; those with a policy of their own come after the layer
/// that guards the rest.
fn guarded(options: &Options) -> Result<(Router, Option<Watcher>), Box<dyn Error>> {
    let config = match &options.config {
        Some(path) => Config::from_toml(&std::fs::read_to_string(path)?)?,
        None => Config::from_toml(include_str!("../guard.toml"))?,
    };
    let guard = Guard::build(config)?;
    let watched = options.config.as_ref().filter(|_| options.watch);
    let watcher = watched.map(|path| guard.watch(path));
    let login = guard.policy("login", RoutePolicy::new().rate(Rate::per_minute(10)))?;
    let upload = guard.policy("upload", RoutePolicy::new().body(BodyRule::Prefix(ByteSize::kib(64))))?;
    let admin = RoutePolicy::new().allow("10.20.0.0/16".parse()?).rate(Rate::per_minute(30));
    let admin = guard.policy("admin", admin)?;
    let operators = RoutePolicy::new().allow("127.0.0.0/8".parse()?).allow("::1".parse()?);
    let operators = guard.policy("operators", operators)?;
    let layer = GuardLayer::new(&guard);
    let app = Router::new()
        .route("/", get(routes::home))
        .route("/search", get(routes::search))
        .route("/files", get(routes::file))
        .route("/comments", post(routes::comment))
        .route("/echo", get(routes::echo))
        .fallback(routes::not_found)
        .layer(layer.clone())
        .route("/login", post(routes::login).layer(layer.clone().policy(login)))
        .route("/upload", post(routes::upload).layer(layer.clone().policy(upload)))
        .route("/admin", get(routes::admin).layer(layer.clone().policy(admin)))
        .route("/_guard/status", status_endpoint(&guard).layer(layer.policy(operators)));
    Ok((app, watcher))
}

/// The same routes without a guard.
fn bare() -> Router {
    Router::new()
        .route("/", get(routes::home))
        .route("/search", get(routes::search))
        .route("/files", get(routes::file))
        .route("/comments", post(routes::comment))
        .route("/echo", get(routes::echo))
        .route("/login", post(routes::login))
        .route("/upload", post(routes::upload))
        .route("/admin", get(routes::admin))
        .fallback(routes::not_found)
}

async fn stopped() {
    // Without a handler for the signal the process ends by the signal itself.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
