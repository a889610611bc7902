//! The handlers. Only the WebSocket uses the guard, which does not read its messages by itself.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Form, Html, Json, Payload, Query, ReqData};
use actix_web::{HttpRequest, HttpResponse, Responder};
use actix_ws::{CloseReason, Message, MessageStream, Session};
use portcullis_actix::{Admission, Messages, Rate};
use serde::{Deserialize, Serialize};

pub(crate) async fn home() -> Html {
    Html::new("<h1>Garden supplies</h1><form action=/search><input name=q placeholder=search></form>")
}

#[derive(Deserialize)]
pub(crate) struct Search {
    #[serde(default)]
    q: String,
}

pub(crate) async fn search(search: Query<Search>) -> String {
    format!("results for {}\n", search.q)
}

#[derive(Deserialize)]
pub(crate) struct File {
    name: String,
}

pub(crate) async fn file(file: Query<File>) -> String {
    format!("contents of {}\n", file.name)
}

#[derive(Deserialize)]
pub(crate) struct Login {
    user: String,
    password: String,
}

pub(crate) async fn login(login: Form<Login>) -> (String, StatusCode) {
    if login.password.is_empty() {
        return ("wrong password\n".into(), StatusCode::UNAUTHORIZED);
    }
    (format!("welcome {}\n", login.user), StatusCode::OK)
}

#[derive(Deserialize, Serialize)]
pub(crate) struct Comment {
    author: String,
    text: String,
}

pub(crate) async fn comment(comment: Json<Comment>) -> impl Responder {
    (comment, StatusCode::CREATED)
}

pub(crate) async fn upload(body: Bytes) -> String {
    format!("stored {} bytes\n", body.len())
}

pub(crate) async fn admin() -> &'static str {
    "the admin page\n"
}

pub(crate) async fn not_found() -> (&'static str, StatusCode) {
    ("no such page\n", StatusCode::NOT_FOUND)
}

/// The guard adds its admission to the request, which provides the inspector of messages; without a guard it is absent.
pub(crate) async fn echo(
    request: HttpRequest,
    body: Payload,
    admission: Option<ReqData<Admission>>,
) -> actix_web::Result<HttpResponse> {
    let (response, session, stream) = actix_ws::handle(&request, body)?;
    let messages = admission.map(|admission| admission.messages("/echo").limit(Rate::per_second(50)));
    actix_web::rt::spawn(echo_messages(session, stream, messages));
    Ok(response)
}

async fn echo_messages(mut session: Session, mut stream: MessageStream, mut messages: Option<Messages>) {
    while let Some(Ok(message)) = stream.recv().await {
        let inspected = messages.as_mut().map_or(Ok(()), |messages| match &message {
            Message::Text(text) => messages.inspect(&**text),
            Message::Binary(bytes) => messages.inspect(bytes),
            _ => Ok(()),
        });
        if let Err(rejected) = inspected {
            let (code, description) = (rejected.code.into(), Some(rejected.reason.into()));
            let _ = session.close(Some(CloseReason { code, description })).await;
            return;
        }
        let sent = match message {
            Message::Text(text) => session.text(text).await,
            Message::Binary(bytes) => session.binary(bytes).await,
            Message::Ping(bytes) => session.pong(&bytes).await,
            _ => return,
        };
        if sent.is_err() {
            return;
        }
    }
}
