//! Every data guard of Rocket and of its adapter.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use ::rocket::config::{Config, Ident, LogLevel};
use ::rocket::data::{Data, FromData, Outcome as Read, ToByteUnit as _};
use ::rocket::form::{DataField, Form, FromForm, Options, ValueField};
use ::rocket::http::{Header, Method, Status};
use ::rocket::local::asynchronous::Client;
use ::rocket::request::Request;
use ::rocket::route::{Handler, Outcome, Route};
use ::rocket::serde::json::Json;
use bytes::Bytes;
use portcullis_rocket::{GuardFairing, Inspected, Multipart};
use tokio::runtime::{Builder, Runtime};

use super::capture::{Capture, Captured};
use super::readings::{Place, Readings, Strings};
use crate::vector::{WirePeer, WireRequest};

/// Up to this many bytes, routes read a body with Rocket's own data guards.
const MAX_PEEK: usize = 512;

/// Data guards of Rocket.
const OWN: [&str; 4] = ["/own/form", "/own/json", "/own/text", "/own/bytes"];
/// Data guards of the adapter.
const INSPECTED: [&str; 5] = ["/form", "/json", "/text", "/bytes", "/multipart"];

type Sink = Arc<Mutex<Option<Readings>>>;

/// An application with a route for each data guard.
pub(super) struct RocketReaders {
    runtime: Runtime,
    client: Client,
    capture: Capture,
    readings: Sink,
}

impl RocketReaders {
    pub(super) fn new() -> Result<Self, String> {
        let (capture, readings) = (Capture::default(), Sink::default());
        let fairing = GuardFairing::new(&capture.guard()?);
        let config = Config {
            port: 0,
            log_level: LogLevel::Off,
            ident: Ident::none(),
            shutdown: ::rocket::config::Shutdown { ctrlc: false, signals: [].into(), ..Default::default() },
            ..Config::debug_default()
        };
        let route = |path: &&'static str| {
            Route::new(Method::Post, path, Reader { path, readings: Arc::clone(&readings) })
        };
        let application = ::rocket::custom(config)
            .attach(fairing.clone())
            .mount("/", fairing.routes(OWN.iter().map(route).collect::<Vec<_>>()))
            .mount("/", fairing.inspected(INSPECTED.iter().map(route).collect::<Vec<_>>()));
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
        let client = runtime.block_on(Client::untracked(application)).map_err(|error| error.to_string())?;
        Ok(Self { runtime, client, capture, readings })
    }

    /// The readings and the inspected values by each data guard; none if the guard refused the request.
    pub(super) fn send(&self, request: &WireRequest) -> Vec<(Readings, Captured)> {
        let is_short = request.chunks.iter().map(Bytes::len).sum::<usize>() <= MAX_PEEK;
        let own = OWN.iter().filter(|_| is_short);
        // The guards of the adapter read short and long bodies in the same way.
        let paths = own.chain(INSPECTED.iter().filter(|path| !is_short || **path == "/multipart"));
        paths.filter_map(|path| self.send_to(path, request)).collect()
    }

    fn send_to(&self, path: &'static str, request: &WireRequest) -> Option<(Readings, Captured)> {
        let mut local = self.client.post(path);
        for (name, value) in &request.headers {
            if let Ok(value) = String::from_utf8(value.clone()) {
                local.add_header(Header::new(name.to_ascii_lowercase(), value));
            }
        }
        if let WirePeer::Address(address) = request.peer {
            local.set_remote(SocketAddr::new(address, 40_000));
        }
        local.set_body(request.chunks.concat());
        self.capture.clear();
        self.runtime.block_on(async { drop(local.dispatch().await.into_bytes().await) });
        let readings = self.readings.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some((readings, self.capture.take()))
    }
}

#[derive(Clone)]
struct Reader {
    path: &'static str,
    readings: Sink,
}

#[::rocket::async_trait]
impl Handler for Reader {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        match read(self.path, request, data).await {
            Some(readings) => {
                *self.readings.lock().unwrap_or_else(PoisonError::into_inner) = Some(readings);
                Outcome::Success(::rocket::Response::new())
            }
            None => Outcome::Error(Status::BadRequest),
        }
    }
}

async fn guarded<'r, T: FromData<'r>>(request: &'r Request<'_>, data: Data<'r>) -> Option<T> {
    match T::from_data(request, data).await {
        Read::Success(read) => Some(read),
        Read::Error(_) | Read::Forward(_) => None,
    }
}

async fn read<'r>(path: &str, request: &'r Request<'_>, data: Data<'r>) -> Option<Readings> {
    let mut all = Readings::default();
    match path {
        "/own/form" => return Some(guarded::<Form<Fields>>(request, data).await?.into_inner().0),
        "/form" => {
            return Some(
                guarded::<Inspected<Form<Fields>>>(request, data).await?.into_inner().into_inner().0,
            );
        }
        "/own/json" => {
            let Json(Strings(strings)) = guarded::<Json<Strings>>(request, data).await?;
            all.strings("rocket Json", strings);
        }
        "/json" => {
            let Json(Strings(strings)) =
                guarded::<Inspected<Json<Strings>>>(request, data).await?.into_inner();
            all.strings("inspected Json", strings);
        }
        "/own/text" => all.add("rocket String", Place::Whole, guarded::<String>(request, data).await?),
        "/text" => {
            all.add(
                "inspected String",
                Place::Whole,
                guarded::<Inspected<String>>(request, data).await?.into_inner(),
            );
        }
        "/own/bytes" => all.add("rocket Vec<u8>", Place::Whole, guarded::<Vec<u8>>(request, data).await?),
        "/bytes" => {
            let bytes = guarded::<Inspected<Vec<u8>>>(request, data).await?.into_inner();
            all.add("inspected Vec<u8>", Place::Whole, bytes);
        }
        _ => {
            for part in guarded::<Inspected<Multipart>>(request, data).await?.into_inner().0 {
                all.add("inspected part name", Place::Value, part.name);
                let place = if part.file_name.is_some() { Place::File } else { Place::Value };
                all.add("inspected part file name", Place::Value, part.file_name.unwrap_or_default());
                all.content("inspected part", place, part.bytes);
            }
        }
    }
    Some(all)
}

/// Every field of a form.
struct Fields(Readings);

#[::rocket::async_trait]
impl<'r> FromForm<'r> for Fields {
    type Context = Readings;

    fn init(_: Options) -> Readings {
        Readings::default()
    }

    fn push_value(all: &mut Readings, field: ValueField<'r>) {
        all.add("rocket form name", Place::Value, field.name.source().as_str());
        all.value("rocket form value", field.value);
    }

    async fn push_data(all: &mut Readings, field: DataField<'r, '_>) {
        all.add("rocket data name", Place::Value, field.name.source().as_str());
        let file_name = field.file_name.map(|name| name.dangerous_unsafe_unsanitized_raw().as_str());
        all.add("rocket data file name", Place::Value, file_name.unwrap_or_default());
        // Rocket takes a field with a content type for data, also without a file name.
        let place = if file_name.is_some() { Place::File } else { Place::Value };
        if let Ok(bytes) = field.data.open(1.mebibytes()).into_bytes().await {
            all.content("rocket data", place, bytes.into_inner());
        }
    }

    fn finalize(all: Readings) -> ::rocket::form::Result<'r, Self> {
        Ok(Self(all))
    }
}
