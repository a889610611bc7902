//! The handlers. Bodies are read through the guard, and the WebSocket has the guard inspect its messages.

use portcullis_rocket::{Admission, Inspected, InspectedStream, Messages, Rate};
use rocket::form::{Form, FromForm};
use rocket::futures::{SinkExt as _, StreamExt as _};
use rocket::http::Status;
use rocket::response::content::RawHtml;
use rocket::serde::json::Json;
use rocket::{catch, get, post};
use rocket_ws::frame::CloseFrame;
use rocket_ws::stream::DuplexStream;
use rocket_ws::{Channel, Message, WebSocket};
use serde::{Deserialize, Serialize};

#[get("/")]
pub(crate) fn home() -> RawHtml<&'static str> {
    RawHtml("<h1>Garden supplies</h1><form action=/search><input name=q placeholder=search></form>")
}

#[get("/search?<q>")]
pub(crate) fn search(q: Option<&str>) -> String {
    format!("results for {}\n", q.unwrap_or_default())
}

#[get("/files?<name>")]
pub(crate) fn file(name: &str) -> String {
    format!("contents of {name}\n")
}

#[derive(FromForm)]
pub(crate) struct Login {
    user: String,
    password: String,
}

impl Login {
    pub(crate) fn respond(&self) -> (Status, String) {
        if self.password.is_empty() {
            return (Status::Unauthorized, "wrong password\n".into());
        }
        (Status::Ok, format!("welcome {}\n", self.user))
    }
}

#[post("/login", data = "<login>")]
pub(crate) fn login(login: Inspected<Form<Login>>) -> (Status, String) {
    login.respond()
}

#[derive(Deserialize, Serialize)]
pub(crate) struct Comment {
    author: String,
    text: String,
}

#[post("/comments", data = "<comment>")]
pub(crate) fn comment(comment: Inspected<Json<Comment>>) -> (Status, Json<Comment>) {
    (Status::Created, comment.into_inner())
}

#[post("/upload", data = "<body>")]
pub(crate) async fn upload(mut body: InspectedStream<'_>) -> std::io::Result<String> {
    let stored = tokio::io::copy(&mut body, &mut tokio::io::sink()).await?;
    Ok(format!("stored {stored} bytes\n"))
}

#[get("/admin")]
pub(crate) fn admin() -> &'static str {
    "the admin page\n"
}

#[catch(404)]
pub(crate) fn not_found() -> &'static str {
    "no such page\n"
}

#[get("/echo")]
pub(crate) fn echo(upgrade: WebSocket, admission: Admission) -> Channel<'static> {
    let messages = admission.messages("/echo").limit(Rate::per_second(50));
    upgrade.channel(|socket| Box::pin(echo_messages(socket, Some(messages))))
}

pub(crate) async fn echo_messages(
    mut socket: DuplexStream,
    mut messages: Option<Messages>,
) -> rocket_ws::result::Result<()> {
    while let Some(message) = socket.next().await {
        let message = message?;
        let inspected = messages.as_mut().map_or(Ok(()), |messages| match &message {
            Message::Text(text) => messages.inspect(text),
            Message::Binary(bytes) => messages.inspect(bytes),
            _ => Ok(()),
        });
        if let Err(rejected) = inspected {
            let (code, reason) = (rejected.code.into(), rejected.reason.into());
            return socket.close(Some(CloseFrame { code, reason })).await;
        }
        socket.send(message).await?;
    }
    Ok(())
}
