//! The same routes without a guard: those that read bodies use Rocket's own data guards.

use rocket::data::ToByteUnit as _;
use rocket::form::Form;
use rocket::http::Status;
use rocket::serde::json::Json;
use rocket::{Build, Data, Rocket, get, post, routes};
use rocket_ws::{Channel, WebSocket};

use crate::routes::{self, Comment, Login};

pub(crate) fn mount(rocket: Rocket<Build>) -> Rocket<Build> {
    rocket
        .mount("/", routes![routes::home, routes::search, routes::file, routes::admin])
        .mount("/", routes![login, comment, upload, echo])
}

#[post("/login", data = "<login>")]
fn login(login: Form<Login>) -> (Status, String) {
    login.respond()
}

#[post("/comments", data = "<comment>")]
fn comment(comment: Json<Comment>) -> (Status, Json<Comment>) {
    (Status::Created, comment)
}

#[post("/upload", data = "<body>")]
async fn upload(body: Data<'_>) -> std::io::Result<String> {
    let stored = body.open(1.mebibytes()).stream_to(tokio::io::sink()).await?;
    Ok(format!("stored {} bytes\n", stored.written))
}

#[get("/echo")]
fn echo(upgrade: WebSocket) -> Channel<'static> {
    upgrade.channel(|socket| Box::pin(routes::echo_messages(socket, None)))
}
