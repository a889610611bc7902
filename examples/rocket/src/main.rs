//! A small web service guarded by Portcullis: pages, a search, a login, comments as JSON, uploads, a WebSocket and an
//! admin page that only one network may see. The same service as `examples/axum`, with Rocket.
//!
//! ```text
//! cargo run -p portcullis-example-rocket [-- --config FILE [--watch]] [-- --listen ADDRESS] [-- --bare]
//! ```

mod bare;
mod routes;

use std::error::Error;
use std::net::SocketAddr;

use portcullis_example_shop::{Options, announce, log};
use portcullis_rocket::{BodyRule, ByteSize, Guard, GuardFairing, Rate, RoutePolicy, status_endpoint};
use rocket::config::LogLevel;
use rocket::fairing::AdHoc;
use rocket::{Build, Config, Rocket, catchers, routes};

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
    let rocket =
        if options.bare { bare::mount(base(&options)) } else { guarded_routes(base(&options), &guard)? };
    rocket.launch().await?;
    Ok(())
}

fn base(options: &Options) -> Rocket<Build> {
    let (address, port) = (options.listen.ip(), options.listen.port());
    let config = Config { address, port, log_level: LogLevel::Critical, ..Config::default() };
    rocket::custom(config).register("/", catchers![routes::not_found]).attach(AdHoc::on_liftoff(
        "address",
        |rocket| {
            announce(SocketAddr::new(rocket.config().address, rocket.config().port));
            Box::pin(std::future::ready(()))
        },
    ))
}

/// The routes under a guard. Each group of routes has one guard: those that read longer bodies are mounted as `inspected`,
/// and the fallback guards unmatched paths.
fn guarded_routes(rocket: Rocket<Build>, guard: &Guard) -> Result<Rocket<Build>, Box<dyn Error>> {
    let login = guard.policy("login", RoutePolicy::new().rate(Rate::per_minute(10)))?;
    let upload = guard.policy("upload", RoutePolicy::new().body(BodyRule::Prefix(ByteSize::kib(64))))?;
    let admin = RoutePolicy::new().allow("10.20.0.0/16".parse()?).rate(Rate::per_minute(30));
    let admin = guard.policy("admin", admin)?;
    let operators = RoutePolicy::new().allow("127.0.0.0/8".parse()?).allow("::1".parse()?);
    let operators = guard.policy("operators", operators)?;
    let protect = GuardFairing::new(guard);
    let with = |policy| protect.clone().policy(policy);
    Ok(rocket
        .attach(protect.clone())
        .mount("/", protect.routes(routes![routes::home, routes::search, routes::file, routes::echo]))
        .mount("/", protect.inspected(routes![routes::comment]))
        .mount("/", with(login).inspected(routes![routes::login]))
        .mount("/", with(upload).inspected(routes![routes::upload]))
        .mount("/", with(admin).routes(routes![routes::admin]))
        .mount("/", with(operators).routes(status_endpoint(guard, "/_guard/status")))
        .mount("/", protect.fallback()))
}
