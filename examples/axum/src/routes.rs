//! The handlers. Only the WebSocket uses the guard, which does not read its messages by itself.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Form, Json, Query};
use axum::http::StatusCode;
use axum::response::{Html, Response};
use portcullis_axum::{Admission, Messages, Rate};
use serde::{Deserialize, Serialize};

pub(crate) async fn home() -> Html<&'static str> {
    Html("<h1>Garden supplies</h1><form action=/search><input name=q placeholder=search></form>")
}

#[derive(Deserialize)]
pub(crate) struct Search {
    #[serde(default)]
    q: String,
}

pub(crate) async fn search(Query(search): Query<Search>) -> String {
    format!("results for {}\n", search.q)
}

#[derive(Deserialize)]
pub(crate) struct File {
    name: String,
}

pub(crate) async fn file(Query(file): Query<File>) -> String {
    format!("contents of {}\n", file.name)
}

#[derive(Deserialize)]
pub(crate) struct Login {
    user: String,
    password: String,
}

pub(crate) async fn login(Form(login): Form<Login>) -> (StatusCode, String) {
    if login.password.is_empty() {
        return (StatusCode::UNAUTHORIZED, "wrong password\n".into());
    }
    (StatusCode::OK, format!("welcome {}\n", login.user))
}

#[derive(Deserialize, Serialize)]
pub(crate) struct Comment {
    author: String,
    text: String,
}

pub(crate) async fn comment(Json(comment): Json<Comment>) -> (StatusCode, Json<Comment>) {
    (StatusCode::CREATED, Json(comment))
}

pub(crate) async fn upload(body: Bytes) -> String {
    format!("stored {} bytes\n", body.len())
}

pub(crate) async fn admin() -> &'static str {
    "the admin page\n"
}

pub(crate) async fn not_found() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "no such page\n")
}

/// The guard adds its admission to the request, which provides the inspector of messages; without a guard it is absent.
pub(crate) async fn echo(upgrade: WebSocketUpgrade, admission: Option<Extension<Admission>>) -> Response {
    let messages = admission.map(|admission| admission.messages("/echo").limit(Rate::per_second(50)));
    upgrade.on_upgrade(|socket| echo_messages(socket, messages))
}

async fn echo_messages(mut socket: WebSocket, mut messages: Option<Messages>) {
    while let Some(Ok(message)) = socket.recv().await {
        let inspected = messages.as_mut().map_or(Ok(()), |messages| match &message {
            Message::Text(text) => messages.inspect(text.as_str()),
            Message::Binary(bytes) => messages.inspect(bytes),
            _ => Ok(()),
        });
        if let Err(rejected) = inspected {
            let frame = CloseFrame { code: rejected.code, reason: rejected.reason.into() };
            let _ = socket.send(Message::Close(Some(frame))).await;
            return;
        }
        if socket.send(message).await.is_err() {
            return;
        }
    }
}
