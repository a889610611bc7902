//! Every extractor of Axum.

use std::sync::{Arc, Mutex, PoisonError};

use ::axum::Router;
use ::axum::body::{Body, to_bytes};
use ::axum::extract::{Form, FromRequest as _, Json, Multipart};
use bytes::Bytes;
use http::{Request, StatusCode};
use portcullis_axum::GuardLayer;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;

use super::capture::{Capture, Captured};
use super::readings::{Place, Readings, Strings, run};
use crate::targets;
use crate::vector::WireRequest;

/// A router whose handler reads a body with every extractor.
pub(super) struct AxumReaders {
    runtime: Runtime,
    router: Router,
    capture: Capture,
    readings: Arc<Mutex<Option<Readings>>>,
}

impl AxumReaders {
    pub(super) fn new() -> Result<Self, String> {
        let (capture, readings) = (Capture::default(), Arc::new(Mutex::new(None)));
        let sink = Arc::clone(&readings);
        let handler = move |request: Request<Body>| async move {
            let read = read(request).await;
            *sink.lock().unwrap_or_else(PoisonError::into_inner) = read;
            StatusCode::OK
        };
        let router = Router::new().fallback(handler).layer(GuardLayer::new(&capture.guard()?));
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
        Ok(Self { runtime, router, capture, readings })
    }

    /// The readings and the inspected values; `None` if the guard refused the request.
    pub(super) fn send(&self, request: &WireRequest) -> Option<(Readings, Captured)> {
        let request = targets::axum::wire(request).ok()?;
        self.capture.clear();
        let _ = self.runtime.block_on(self.router.clone().oneshot(request));
        let readings = self.readings.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some((readings, self.capture.take()))
    }
}

async fn read(request: Request<Body>) -> Option<Readings> {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.ok()?;
    let again = || Request::from_parts(parts.clone(), Body::from(bytes.clone()));
    let mut all = Readings::default();
    if let Ok(Form(pairs)) = Form::<Vec<(String, String)>>::from_request(again(), &()).await {
        all.pairs("axum Form", pairs);
    }
    if let Ok(Json(Strings(strings))) = Json::<Strings>::from_request(again(), &()).await {
        all.strings("axum Json", strings);
    }
    if let Ok(multipart) = Multipart::from_request(again(), &()).await {
        run(texts(multipart, &mut all)).await;
    }
    if let Ok(multipart) = Multipart::from_request(again(), &()).await {
        run(contents(multipart, &mut all)).await;
    }
    if let Ok(text) = String::from_request(again(), &()).await {
        all.add("axum String", Place::Whole, text);
    }
    if let Ok(bytes) = Bytes::from_request(again(), &()).await {
        all.add("axum Bytes", Place::Whole, bytes);
    }
    Some(all)
}

async fn texts(mut multipart: Multipart, all: &mut Readings) {
    while let Ok(Some(field)) = multipart.next_field().await {
        all.add("multer name", Place::Value, field.name().unwrap_or_default());
        all.add("multer file name", Place::Value, field.file_name().unwrap_or_default());
        all.add("multer content type", Place::Value, field.content_type().unwrap_or_default());
        let place = if field.file_name().is_some() { Place::File } else { Place::Value };
        let Ok(text) = field.text().await else { return };
        all.content("multer text", place, text);
    }
}

async fn contents(mut multipart: Multipart, all: &mut Readings) {
    while let Ok(Some(field)) = multipart.next_field().await {
        let place = if field.file_name().is_some() { Place::File } else { Place::Value };
        for (name, value) in field.headers() {
            all.add("multer header name", Place::Value, name.as_str());
            // The parameters of a disposition are inspected one by one.
            if name.as_str() != "content-disposition" {
                all.add("multer header", Place::Value, value);
            }
        }
        let Ok(bytes) = field.bytes().await else { return };
        all.content("multer bytes", place, bytes);
    }
}
