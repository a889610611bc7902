//! Responses: what the guard answers itself, and what it adds to those of the application.

use std::cell::RefCell;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::body::{BoxBody, EitherBody};
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, StatusCode, Version};
use portcullis_runtime::{Engine, Exchange, GuardResponse, HeaderMode, ResponseHeaders};

use crate::future::ResponseResult;
use crate::head::ActixHeaders;

const NESTED: &str = "Two guards wrap this route. Give each resource or scope one `.wrap(GuardMiddleware::..)`, and none to \
     what is around it, so that each route has exactly one guard.";

/// The guard's own answer to a request whose body was read to its end, or not.
pub(crate) fn own<B>(
    request: ServiceRequest,
    answer: GuardResponse,
    body_is_read: bool,
) -> ResponseResult<B> {
    let answer = answer.close_connection_if(!body_is_read && request.version() <= Version::HTTP_11);
    let mut response = HttpResponse::with_body(status(answer.status), BoxBody::new(answer.body));
    for (name, value) in &answer.headers {
        if let Some((name, value)) = header(name.as_str(), value.as_bytes()) {
            response.headers_mut().append(name, value);
        }
    }
    // Actix writes this header from its own notes, and closes by them.
    if response.headers().contains_key(CONNECTION) {
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    request.into_response(response.map_body(|_, body| EitherBody::right(body)))
}

/// A guard inside a guard.
pub(crate) fn nested<B>(request: ServiceRequest) -> ResponseResult<B> {
    own(request, GuardResponse::misconfigured(NESTED), true)
}

/// The guard's fixed headers in Actix's types. They change with the configuration only.
#[derive(Default)]
pub(crate) struct HeaderCache(RefCell<Option<Fixed>>);

struct Fixed {
    /// Held, so that no other engine can come to lie where this one did.
    engine: Arc<Engine>,
    /// By where the guard keeps them, and how many: there are two sets, with and without TLS.
    sets: Vec<((usize, usize), Set)>,
}

type Set = Vec<(HeaderName, HeaderValue)>;

impl HeaderCache {
    fn onto(&self, engine: &Arc<Engine>, headers: &ResponseHeaders<'_>, response: &mut HeaderMap) {
        let mut fixed = self.0.borrow_mut();
        if fixed.as_ref().is_none_or(|fixed| !Arc::ptr_eq(&fixed.engine, engine)) {
            *fixed = None;
        }
        let fixed = fixed.get_or_insert_with(|| Fixed { engine: Arc::clone(engine), sets: Vec::new() });
        let place = (headers.fixed().as_ptr() as usize, headers.fixed().len());
        let known = fixed.sets.iter().position(|(known, _)| *known == place);
        let known = known.unwrap_or_else(|| {
            let lines = headers.fixed().iter();
            let lines = lines.filter_map(|(name, value)| header(name.as_str(), value.as_bytes()));
            fixed.sets.push((place, lines.collect()));
            fixed.sets.len() - 1
        });
        for (name, value) in &fixed.sets[known].1 {
            response.insert(name.clone(), value.clone());
        }
    }
}

/// Give the application's response the headers of the guard. A switch of protocols is not an HTTP response any more.
pub(crate) fn pass<B>(exchange: &Exchange, response: &mut HttpResponse<B>, translated: &HeaderCache) {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return;
    }
    let headers = exchange.headers();
    translated.onto(exchange.engine(), &headers, response.headers_mut());
    headers.apply_changing(|put, name, value| {
        let Some((name, value)) = header(name.as_str(), value.as_bytes()) else { return };
        match put {
            HeaderMode::Replace => drop(response.headers_mut().insert(name, value)),
            HeaderMode::Append => response.headers_mut().append(name, value),
        }
    });
    let modified = exchange.guard().modified(response.status().as_u16(), &ActixHeaders(response.headers()));
    let Some((changed, lines)) = modified else { return };
    *response.status_mut() = status(changed);
    response.headers_mut().clear();
    for (name, value) in &lines {
        if let Some((name, value)) = header(name.as_str(), value.as_bytes()) {
            response.headers_mut().append(name, value);
        }
    }
}

/// A header line in Actix's types; what is a header line in the guard's always is one.
fn header(name: &str, value: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_bytes(value).ok())
}

fn status(status: impl Into<u16>) -> StatusCode {
    StatusCode::from_u16(status.into()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
