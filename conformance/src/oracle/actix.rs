//! Every extractor of Actix Web, with the features that decode content codings.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;

use actix_multipart::{Field, Multipart};
use actix_web::dev::{Payload, Service as _};
use actix_web::rt::{System, SystemRunner};
use actix_web::{App, FromRequest as _, HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_core::Stream as _;
use portcullis_actix::GuardMiddleware;

use super::capture::{Capture, Captured};
use super::readings::{Place, Readings, Strings, run};
use crate::targets;
use crate::vector::WireRequest;

/// An application whose handler reads a body with every extractor.
pub(super) struct ActixReaders {
    system: SystemRunner,
    app: Rc<dyn Fn(actix_http::Request) -> ServingFuture>,
    capture: Capture,
    readings: Rc<RefCell<Option<Readings>>>,
}

type ServingFuture = Pin<Box<dyn Future<Output = ()>>>;

impl ActixReaders {
    pub(super) fn new() -> Result<Self, String> {
        let (capture, readings) = (Capture::default(), Rc::new(RefCell::new(None)));
        let guard = capture.guard()?;
        let sink = Rc::clone(&readings);
        let handler = move |request: HttpRequest, payload: web::Payload| {
            let sink = Rc::clone(&sink);
            async move {
                let read = read(&request, payload).await;
                sink.replace(read);
                HttpResponse::Ok().finish()
            }
        };
        let app = App::new().wrap(GuardMiddleware::new(&guard)).default_service(web::to(handler));
        let system = System::new();
        let app = Rc::new(system.block_on(actix_web::test::init_service(app)));
        let app = Rc::new(move |request| {
            let app = Rc::clone(&app);
            let serving: ServingFuture = Box::pin(async move {
                drop(app.call(request).await);
            });
            serving
        });
        Ok(Self { system, app, capture, readings })
    }

    /// The readings and the inspected values; `None` if the guard refused the request.
    pub(super) fn send(&self, request: &WireRequest) -> Option<(Readings, Captured)> {
        let request = targets::actix::wire(request)?;
        self.capture.clear();
        self.system.block_on((self.app)(request));
        let readings = self.readings.take()?;
        Some((readings, self.capture.take()))
    }
}

async fn read(request: &HttpRequest, payload: web::Payload) -> Option<Readings> {
    let bytes = payload.to_bytes_limited(usize::MAX).await.ok()?.ok()?;
    let again = || Payload::from(bytes.clone());
    let mut all = Readings::default();
    let pairs = web::Form::<Vec<(String, String)>>::from_request(request, &mut again()).await;
    if let Ok(pairs) = pairs {
        all.pairs("actix Form", pairs.into_inner());
    }
    if let Ok(document) = web::Json::<Strings>::from_request(request, &mut again()).await {
        all.strings("actix Json", document.into_inner().0);
    }
    if let Ok(text) = String::from_request(request, &mut again()).await {
        all.add("actix String", Place::Whole, text);
    }
    if let Ok(bytes) = Bytes::from_request(request, &mut again()).await {
        all.add("actix Bytes", Place::Whole, bytes);
    }
    all.add("actix Payload", Place::Whole, &bytes);
    run(parts(request, again(), &mut all)).await;
    Some(all)
}

async fn parts(request: &HttpRequest, mut payload: Payload, all: &mut Readings) {
    let Ok(mut parts) = Multipart::from_request(request, &mut payload).await else { return };
    while let Some(Ok(mut field)) = poll_fn(|context| Pin::new(&mut parts).poll_next(context)).await {
        head(&field, all);
        let is_file = field.content_disposition().is_some_and(|it| it.get_filename().is_some());
        let Ok(Ok(bytes)) = field.bytes(usize::MAX).await else { return };
        all.content("actix-multipart bytes", if is_file { Place::File } else { Place::Value }, bytes);
    }
}

fn head(field: &Field, all: &mut Readings) {
    all.add("actix-multipart name", Place::Value, field.name().unwrap_or_default());
    if let Some(disposition) = field.content_disposition() {
        all.add("actix-multipart file name", Place::Value, disposition.get_filename().unwrap_or_default());
        if let Some(name) = disposition.get_filename_ext() {
            all.add("actix-multipart file name*", Place::Value, &name.value);
        }
    }
    for (name, value) in field.headers() {
        all.add("actix-multipart header name", Place::Value, name.as_str());
        // The parameters of a disposition are inspected one by one.
        if name.as_str() != "content-disposition" {
            all.add("actix-multipart header", Place::Value, value);
        }
    }
}
