//! A small web service guarded by Portcullis: pages, a search, a login, comments as JSON, uploads, a WebSocket and an
//! admin page that only one network may see. The same service as `examples/axum`, with Actix Web.
//!
//! ```text
//! cargo run -p portcullis-example-actix [-- --config FILE [--watch]] [-- --listen ADDRESS] [-- --bare]
//! ```

mod routes;

use std::error::Error;

use actix_web::web::{self, get, post};
use actix_web::{App, HttpServer};
use portcullis_actix::{
    BodyRule, ByteSize, Guard, GuardMiddleware, PolicyHandle, Rate, RoutePolicy, status_endpoint,
};
use portcullis_example_shop::{Options, announce, log};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::from_args()?;
    log();
    let guard = options.guard()?;
    let _watcher = options.watcher(&guard);
    let policies = Policies::register(&guard)?;
    let workers = options.workers.or_else(|| std::thread::available_parallelism().ok().map(Into::into));
    let (addresses, server) = if options.bare {
        let server = HttpServer::new(|| App::new().configure(bare_routes))
            .workers(workers.unwrap_or(1))
            .bind(options.listen)?;
        (server.addrs(), server.run())
    } else {
        let server =
            HttpServer::new(move || App::new().configure(|app| guarded_routes(app, &guard, policies)));
        let server = server.workers(workers.unwrap_or(1)).bind(options.listen)?;
        (server.addrs(), server.run())
    };
    addresses.into_iter().for_each(announce);
    Ok(server.await?)
}

/// The policies of the routes that have one.
#[derive(Clone, Copy)]
struct Policies {
    login: PolicyHandle,
    upload: PolicyHandle,
    admin: PolicyHandle,
    operators: PolicyHandle,
}

impl Policies {
    fn register(guard: &Guard) -> Result<Self, Box<dyn Error>> {
        let login = guard.policy("login", RoutePolicy::new().rate(Rate::per_minute(10)))?;
        let upload = guard.policy("upload", RoutePolicy::new().body(BodyRule::Prefix(ByteSize::kib(64))))?;
        let admin = RoutePolicy::new().allow("10.20.0.0/16".parse()?).rate(Rate::per_minute(30));
        let admin = guard.policy("admin", admin)?;
        let operators = RoutePolicy::new().allow("127.0.0.0/8".parse()?).allow("::1".parse()?);
        let operators = guard.policy("operators", operators)?;
        Ok(Self { login, upload, admin, operators })
    }
}

/// The routes under a guard. Each resource with a policy has its own guard; the scope after them guards the rest, and
/// unmatched paths.
fn guarded_routes(app: &mut web::ServiceConfig, guard: &Guard, policies: Policies) {
    let middleware = GuardMiddleware::new(guard);
    let with = |policy| middleware.clone().policy(policy);
    app.service(web::resource("/login").wrap(with(policies.login)).route(post().to(routes::login)))
        .service(web::resource("/upload").wrap(with(policies.upload)).route(post().to(routes::upload)))
        .service(web::resource("/admin").wrap(with(policies.admin)).route(get().to(routes::admin)))
        .service(web::resource("/_guard/status").wrap(with(policies.operators)).route(status_endpoint(guard)))
        .service(
            web::scope("")
                .wrap(middleware)
                .route("/", get().to(routes::home))
                .route("/search", get().to(routes::search))
                .route("/files", get().to(routes::file))
                .route("/comments", post().to(routes::comment))
                .route("/echo", get().to(routes::echo))
                .default_service(web::to(routes::not_found)),
        );
}

/// The same routes without a guard.
fn bare_routes(app: &mut web::ServiceConfig) {
    app.route("/", get().to(routes::home))
        .route("/search", get().to(routes::search))
        .route("/files", get().to(routes::file))
        .route("/comments", post().to(routes::comment))
        .route("/echo", get().to(routes::echo))
        .route("/login", post().to(routes::login))
        .route("/upload", post().to(routes::upload))
        .route("/admin", get().to(routes::admin))
        .default_service(web::to(routes::not_found));
}
