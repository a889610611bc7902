//! A guard whose sinks are recorded: lines for `tracing`, events in their envelopes, numbers for `metrics`.
//!
//! What differs from run to run by design is omitted: reference ids and the keys of envelopes. Bodies arrive a chunk a
//! second, on a paused clock.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use portcullis_conformance::vector::{Case, WirePeer, WireRequest};
use portcullis_core::event::Event;
use portcullis_runtime::envelope::SecurityEvent;
use portcullis_runtime::sink::{Context, EventSink, MetricsSink, RequestReport, TracingSink};
use portcullis_runtime::{
    AdmittedRequest, BodyFault, BodySource, Guard, Head, ManualClock, Peer, ResponseMeta,
};
use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};

use crate::field_case::request;

/// The output of a guard's sinks for the requests of a case, and each response's status; bodies may be withheld.
pub(crate) fn observe(case: &Case, withheld: bool) -> Result<String, String> {
    let (recorder, clock) = (OutputRecorder::default(), ManualClock::default());
    let guard = Guard::builder(case.config.clone())
        .facts(case.facts.clone())
        .clock(clock.clone())
        .sink(TracingSink)
        .sink(MetricsSink::default())
        .sink(recorder.clone())
        .build()
        .map_err(|errors| errors.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    for step in &case.steps {
        let (at, request) = request(step)?;
        clock.set(at);
        let serve = || runtime.block_on(serve(&guard, request, withheld));
        let status = metrics::with_local_recorder(&recorder, || {
            tracing::subscriber::with_default(recorder.clone(), serve)
        });
        recorder.write(format!("status {}", status?));
    }
    Ok(recorder.read())
}

/// Serve a request as an adapter does, with a handler that responds with 200.
async fn serve(guard: &Guard, request: &WireRequest, withheld: bool) -> Result<u16, String> {
    let mut builder = http::Request::builder().method(request.method.as_bytes()).uri(&request.target);
    for (name, value) in &request.headers {
        builder = builder.header(name, value.as_slice());
    }
    let (parts, ()) = builder.body(()).map_err(|error| error.to_string())?.into_parts();
    let WirePeer::Address(peer) = request.peer else { return Err("a peer without an address".into()) };
    // Its patterns are plain paths.
    let head = Head::from(&parts).peer(Peer::Address(peer)).route(parts.uri.path());
    let checked = match withheld {
        true => guard.arrive().check(head, &mut WithheldBody).await,
        false => guard.arrive().check(head, &mut SlowBody(request.chunks.iter().cloned())).await,
    };
    match checked {
        Ok(AdmittedRequest { admission, .. }) => {
            let elapsed = Duration::from_millis(30);
            let handled = ResponseMeta { method: &request.method, route: None, status: 200, elapsed };
            let exchange = admission.exchange();
            guard.report_response(exchange.engine(), exchange.ticket(), &handled);
            Ok(handled.status)
        }
        Err(response) => Ok(response.status.as_u16()),
    }
}

/// A body that takes a second for each chunk.
struct SlowBody<C>(C);

impl<C: Iterator<Item = Bytes>> BodySource for SlowBody<C> {
    async fn chunk(&mut self) -> Option<Result<Bytes, BodyFault>> {
        let chunk = self.0.next()?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        Some(Ok(chunk))
    }
}

/// A body that the framework does not provide.
struct WithheldBody;

impl BodySource for WithheldBody {
    async fn chunk(&mut self) -> Option<Result<Bytes, BodyFault>> {
        Some(Err(BodyFault::Withheld("read it elsewhere")))
    }
}

/// The recorded output, line by line. Clones share it.
#[derive(Clone, Default)]
struct OutputRecorder(Arc<Mutex<Vec<String>>>);

impl OutputRecorder {
    fn write(&self, line: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    fn read(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).join("\n")
    }
}

impl EventSink for OutputRecorder {
    fn event(&self, event: &Event, context: &Context<'_>) {
        let mut envelope = SecurityEvent::new(event, context);
        envelope.idempotency_key.clear();
        envelope.metadata.remove("reference");
        self.write(format!("{envelope:?}"));
    }

    fn request(&self, _: &RequestReport<'_>) {}
}

/// A metric is recorded by its name and labels whenever it changes.
impl Recorder for OutputRecorder {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        self.write(key.to_string());
        Counter::noop()
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        self.write(key.to_string());
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        self.write(key.to_string());
        Histogram::noop()
    }
}

impl Subscriber for OutputRecorder {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "portcullis"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn event(&self, event: &tracing::Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.write(line.0);
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// A line being built.
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() != "reference" {
            self.0 += &format!(" {}={value:?}", field.name());
        }
    }
}
