//! Responses of the guard, and its headers on the responses of the application.

use std::cell::RefCell;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::body::{BoxBody, EitherBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, StatusCode, Version};
use portcullis_runtime::{Engine, Exchange, GuardResponse, HeaderMode, ResponseHeaders};

use crate::head::ActixHeaders;
use crate::watch::Tap;

/// The response of the application or of the guard.
pub(crate) type ResponseResult<B> = ServiceResponse<EitherBody<Tap<B>>>;

/// Convert a response of the guard. The connection is closed if HTTP/1 would parse the rest of an unread body.
pub(crate) fn build_guard_response<B>(
    request: ServiceRequest,
    guard_response: GuardResponse,
    body_is_read: bool,
) -> ResponseResult<B> {
    let guard_response =
        guard_response.close_connection_if(!body_is_read && request.version() <= Version::HTTP_11);
    let mut response =
        HttpResponse::with_body(status(guard_response.status), BoxBody::new(guard_response.body));
    for (name, value) in &guard_response.headers {
        if let Some((name, value)) = header(name.as_str(), value.as_bytes()) {
            response.headers_mut().append(name, value);
        }
    }
    // Actix writes this header from the connection type, and closes the connection by it.
    if response.headers().contains_key(CONNECTION) {
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    if let Some(rejection) = guard_response.rejection {
        response.extensions_mut().insert(rejection);
    }
    request.into_response(response.map_body(|_, body| EitherBody::right(body)))
}

/// The guard's fixed headers in Actix's types. They change only with the configuration.
#[derive(Default)]
pub(crate) struct HeaderCache(RefCell<Option<CachedHeaders>>);

/// The converted headers of one engine.
struct CachedHeaders {
    /// Keeps the engine alive, so that its address identifies it.
    engine: Arc<Engine>,
    /// Keyed by address and length of the guard's slice: there are two sets, with and without TLS.
    sets: Vec<((usize, usize), HeaderLines)>,
}

type HeaderLines = Vec<(HeaderName, HeaderValue)>;

impl HeaderCache {
    fn apply_to(&self, engine: &Arc<Engine>, headers: &ResponseHeaders<'_>, response: &mut HeaderMap) {
        let mut cache = self.0.borrow_mut();
        if cache.as_ref().is_none_or(|cache| !Arc::ptr_eq(&cache.engine, engine)) {
            *cache = None;
        }
        let cache =
            cache.get_or_insert_with(|| CachedHeaders { engine: Arc::clone(engine), sets: Vec::new() });
        let key = (headers.fixed().as_ptr() as usize, headers.fixed().len());
        let index = cache.sets.iter().position(|(known, _)| *known == key);
        let index = index.unwrap_or_else(|| {
            let lines = headers.fixed().iter();
            let lines = lines.filter_map(|(name, value)| header(name.as_str(), value.as_bytes()));
            cache.sets.push((key, lines.collect()));
            cache.sets.len() - 1
        });
        for (name, value) in &cache.sets[index].1 {
            response.insert(name.clone(), value.clone());
        }
    }
}

/// Add the headers of the guard to a response of the application, and run the modifier. A switch of protocols, and a
/// response on its way to an outer guard, stay unchanged.
pub(crate) fn finish_response<B>(
    exchange: &Exchange,
    response: &mut HttpResponse<B>,
    header_cache: &HeaderCache,
) {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS || exchange.is_nested() {
        return;
    }
    let headers = exchange.headers();
    header_cache.apply_to(exchange.engine(), &headers, response.headers_mut());
    headers.apply_changing(|mode, name, value| {
        let Some((name, value)) = header(name.as_str(), value.as_bytes()) else { return };
        match mode {
            HeaderMode::Replace => drop(response.headers_mut().insert(name, value)),
            HeaderMode::Append => response.headers_mut().append(name, value),
        }
    });
    let modified =
        exchange.guard().modified_response(response.status().as_u16(), &ActixHeaders(response.headers()));
    let Some((changed, lines)) = modified else { return };
    *response.status_mut() = status(changed);
    response.headers_mut().clear();
    for (name, value) in &lines {
        if let Some((name, value)) = header(name.as_str(), value.as_bytes()) {
            response.headers_mut().append(name, value);
        }
    }
}

/// A header line in Actix's types. Every header line of the guard is valid there.
fn header(name: &str, value: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_bytes(value).ok())
}

fn status(status: impl Into<u16>) -> StatusCode {
    StatusCode::from_u16(status.into()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
