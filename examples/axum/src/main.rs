//! A small web service guarded by Portcullis: pages, a search, a login, comments as JSON, uploads, a WebSocket and an
//! admin page that only one network may see.
//!
//! ```text
//! cargo run -p portcullis-example-axum [-- --config FILE [--watch]] [-- --listen ADDRESS] [-- --bare]
//! ```
//!
//! `--watch` reloads the file when it changes and when the process receives a SIGHUP. The status of the guard at
//! `/_guard/status` is served to loopback.
//!
//! `--bare` serves the same routes without the guard, to compare.

mod routes;

use std::error::Error;
use std::net::SocketAddr;

use axum::Router;
use axum::routing::{get, post};
use portcullis_axum::{BodyRule, ByteSize, Guard, GuardLayer, Rate, RoutePolicy, status_endpoint};
use portcullis_example_shop::{Options, announce, log};
use tokio::net::TcpListener;

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::from_args()?;
    log();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if let Some(workers) = options.workers {
        runtime.worker_threads(workers);
    }
    runtime.enable_all().build()?.block_on(serve(options))
}

async fn serve(options: Options) -> Result<(), Box<dyn Error>> {
    let guard = options.guard()?;
    let _watcher = options.watcher(&guard);
    let app = if options.bare { bare_routes() } else { guarded_routes(&guard)? };
    let listener = TcpListener::bind(options.listen).await?;
    announce(listener.local_addr()?);
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(shutdown_signal()).await?;
    Ok(())
}

/// The routes under a guard. Each group of routes has one guard; those with a policy of their own come after the layer
/// that guards the rest.
fn guarded_routes(guard: &Guard) -> Result<Router, Box<dyn Error>> {
    let login = guard.policy("login", RoutePolicy::new().rate(Rate::per_minute(10)))?;
    let upload = guard.policy("upload", RoutePolicy::new().body(BodyRule::Prefix(ByteSize::kib(64))))?;
    let admin = RoutePolicy::new().allow("10.20.0.0/16".parse()?).rate(Rate::per_minute(30));
    let admin = guard.policy("admin", admin)?;
    let operators = RoutePolicy::new().allow("127.0.0.0/8".parse()?).allow("::1".parse()?);
    let operators = guard.policy("operators", operators)?;
    let layer = GuardLayer::new(guard);
    Ok(Router::new()
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
        .route("/_guard/status", status_endpoint(guard).layer(layer.policy(operators))))
}

/// The same routes without a guard.
fn bare_routes() -> Router {
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

async fn shutdown_signal() {
    // Without a handler the signal ends the process.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
