//! The sinks of the runtime crate.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use portcullis_core::config::LogLevel;
use portcullis_core::event::Event;
use portcullis_runtime::AdmittedRequest;
use portcullis_runtime::sink::{CallbackSink, Context, EventSink, JsonSink, MetricsSink, TracingSink};
use portcullis_runtime::{BodyRule, Config, Engine, Guard, Rate, ResponseMeta, RoutePolicy};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};

use crate::support::{NOW, RecordingSink, Request, builder, config, denial};

fn engine() -> Engine {
    config(|_| {}).compile().unwrap()
}

fn with_reason(event: &Event, reason: &str) -> Event {
    let mut event = event.clone();
    event.reason = reason.into();
    event
}

/// An event of the guard.
async fn an_event() -> Event {
    let (builder, _, sink) = builder(config(|_| {}));
    denial(Request::attack().check(&builder.build().unwrap()).await).unwrap();
    sink.events().remove(0)
}

/// Counters by name and labels.
#[derive(Clone, Default)]
struct Counters(Arc<Mutex<BTreeMap<String, Arc<AtomicU64>>>>);

struct Cell(Arc<AtomicU64>);

impl CounterFn for Cell {
    fn increment(&self, value: u64) {
        self.0.fetch_add(value, Ordering::Relaxed);
    }

    fn absolute(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }
}

impl Recorder for Counters {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::new(Cell(self.cell(key))))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        panic!("no gauge is documented: {key:?}")
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Arc::new(Cell(self.cell(key))))
    }
}

/// The sum of the recorded values in milliseconds.
impl HistogramFn for Cell {
    fn record(&self, value: f64) {
        self.0.fetch_add((value * 1000.0) as u64, Ordering::Relaxed);
    }
}

impl Counters {
    fn cell(&self, key: &Key) -> Arc<AtomicU64> {
        let labels: Vec<String> =
            key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let name = format!("{}{{{}}}", key.name(), labels.join(","));
        Arc::clone(self.0.lock().unwrap().entry(name).or_default())
    }

    fn values(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap().iter().map(|(key, cell)| (key.clone(), cell.load(Ordering::Relaxed))).collect()
    }
}

pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

#[test]
fn defect_41_metrics_count_every_request_under_bounded_labels() {
    let limited = config(|config| {
        config.rate.limit = Some(Rate::per_minute(1));
        config.client.trusted_proxies = vec!["203.0.113.1".parse().unwrap()];
    });
    let guard = Guard::builder(limited).sink(MetricsSink::default()).build().unwrap();
    let skip = guard.policy("upload", RoutePolicy::new().body(BodyRule::Skip)).unwrap();
    let counters = Counters::default();
    metrics::with_local_recorder(&counters, || {
        run(async {
            for client in 0..100 {
                let spoofed = Request {
                    headers: vec![("x-forwarded-for", "10.0.0.1"), ("user-agent", "x")],
                    ..Request::clean().from([192, 0, 2, client])
                };
                assert_eq!(spoofed.status(&guard).await, None);
                assert_eq!(Request::attack().from([192, 0, 3, client]).status(&guard).await, Some(400));
                assert_eq!(Request::clean().from([192, 0, 2, client]).status(&guard).await, Some(429));
            }
            let upload = Request { has_body: true, ..Request::policy(skip) };
            assert_eq!(upload.status(&guard).await, None);
        });
    });
    let values = counters.values();
    let value = |key: &str| values.get(key).copied();
    let total = "portcullis_requests_total";
    assert_eq!(value(&format!("{total}{{outcome=allow,check=none,policy=none}}")), Some(100));
    assert_eq!(value(&format!("{total}{{outcome=deny,check=suspicious_activity,policy=none}}")), Some(100));
    assert_eq!(value(&format!("{total}{{outcome=deny,check=rate_limit,policy=none}}")), Some(100));
    assert_eq!(value(&format!("{total}{{outcome=allow,check=none,policy=upload}}")), Some(1));
    assert_eq!(value("portcullis_findings_total{class=sqli,outcome=deny}"), Some(100));
    assert_eq!(value("portcullis_uninspected_total{reason=skipped}"), Some(1));
    assert_eq!(value("portcullis_spoofed_total{}"), Some(100));
    assert!(value("portcullis_inspected_bytes_total{}").unwrap() > 1000);
    assert_eq!(value("request_count{endpoint=none,method=GET}"), Some(200), "rejections are counted");
    assert_eq!(value("error_rate{endpoint=none,method=GET,status=400}"), Some(100));
    assert_eq!(value("portcullis_events_total{event=rate_limited,action=request_blocked}"), Some(100));
    assert!(values.len() < 20, "no label holds what a client sent: {values:?}");
}

/// Serve one allowed request, as an adapter does.
async fn serve(guard: &Guard, request: &Request, route: &str, method: &str, status: u16) {
    let engine = guard.engine();
    let Ok(AdmittedRequest { admission, .. }) = request.check(guard).await else { panic!("rejected") };
    let ticket = *admission.exchange().ticket();
    let elapsed = Duration::from_millis(30);
    let handled = ResponseMeta { method, route: Some(route), status, elapsed };
    guard.report_response(&engine, &ticket, &handled);
}

#[test]
fn defect_41_responses_are_counted_by_route_and_never_by_path() {
    let counters = Counters::default();
    let unlimited = config(|config| config.rate.limit = None);
    let guard = Guard::builder(unlimited).sink(MetricsSink::default()).build().unwrap();
    metrics::with_local_recorder(&counters, || {
        run(async {
            for path in ["/users/1", "/users/2", "/users/3"] {
                let request = Request { path, ..Request::clean() };
                serve(&guard, &request, "/users/{id}", "GET", 200).await;
                serve(&guard, &request, "/users/{id}", "MADE-UP", 404).await;
            }
            for unbounded in 0..3000 {
                serve(&guard, &Request::clean(), &format!("/{unbounded}"), "GET", 200).await;
            }
        });
    });
    let values = counters.values();
    let value = |key: &str| values.get(key).copied();
    assert_eq!(value("request_count{endpoint=/users/{id},method=GET}"), Some(3));
    assert_eq!(value("request_count{endpoint=/users/{id},method=OTHER}"), Some(3));
    assert_eq!(value("error_rate{endpoint=/users/{id},method=OTHER,status=404}"), Some(3));
    assert_eq!(value("error_rate{endpoint=/users/{id},method=GET,status=200}"), None);
    assert_eq!(value("response_time{endpoint=/users/{id},method=GET,status=200}"), Some(90));
    assert!(value("request_count{endpoint=other,method=GET}").unwrap() > 1000);
    assert!(values.len() < 3000, "{}", values.len());
}

#[test]
fn muted_metrics_are_omitted() {
    let counters = Counters::default();
    let some =
        config(|config| config.events.muted_metrics = vec![portcullis_runtime::config::Metric::RequestCount]);
    let none = config(|config| config.events.metrics = false);
    metrics::with_local_recorder(&counters, || {
        run(async {
            for config in [some, none] {
                let guard = Guard::builder(config).sink(MetricsSink::default()).build().unwrap();
                serve(&guard, &Request::clean(), "/x", "GET", 500).await;
                assert_eq!(Request::attack().status(&guard).await, Some(400));
            }
        });
    });
    let values = counters.values();
    assert!(!values.keys().any(|key| key.starts_with("request_count")), "{values:?}");
    assert_eq!(values.get("error_rate{endpoint=/x,method=GET,status=500}"), Some(&1));
    assert_eq!(values.get("error_rate{endpoint=none,method=GET,status=400}"), Some(&1));
}

/// Records what is written to `tracing`.
#[derive(Clone, Default)]
pub(crate) struct TracingRecorder(pub(crate) Arc<Mutex<Vec<BTreeMap<String, String>>>>);

struct Fields<'f>(&'f mut BTreeMap<String, String>);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name().into(), format!("{value:?}"));
    }
}

impl tracing::Subscriber for TracingRecorder {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let metadata = event.metadata();
        let mut fields = BTreeMap::new();
        event.record(&mut Fields(&mut fields));
        fields.insert("target".into(), metadata.target().into());
        fields.insert("level".into(), metadata.level().to_string());
        self.0.lock().unwrap().push(fields);
    }

    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn tracing_gets_a_line_for_a_rejection_and_none_for_a_clean_request() {
    let written = TracingRecorder::default();
    let guard = Guard::builder(config(|_| {})).sink(TracingSink).build().unwrap();
    let rejected = tracing::subscriber::with_default(written.clone(), || {
        run(async {
            assert_eq!(Request::clean().status(&guard).await, None);
            denial(Request::attack().check(&guard).await).unwrap()
        })
    });
    let lines = written.0.lock().unwrap();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let field = |name: &str| lines[0].get(name).map(String::as_str);
    assert_eq!((field("target"), field("level")), (Some("portcullis"), Some("WARN")));
    assert_eq!(field("event"), Some("\"penetration_attempt\""));
    assert_eq!(field("action"), Some("\"request_blocked\""));
    assert_eq!(field("client"), Some("198.51.100.7"));
    assert_eq!((field("method"), field("path")), (Some("\"GET\""), Some("\"/items\"")));
    assert_eq!(field("reference"), Some(rejected.reference.to_string().as_str()));
    assert!(field("rule").unwrap().starts_with("\"sqli."));
    assert!(field("message").unwrap().starts_with("Penetration attempt detected"));
}

/// The lines for a request under a configuration.
fn lines_of(edit: impl FnOnce(&mut Config), request: &Request) -> Vec<BTreeMap<String, String>> {
    let written = TracingRecorder::default();
    let guard = Guard::builder(config(edit)).sink(TracingSink).build().unwrap();
    tracing::subscriber::with_default(written.clone(), || run(async { drop(request.check(&guard).await) }));
    let lines = written.0.lock().unwrap();
    lines.clone()
}

#[test]
fn lines_have_the_configured_levels() {
    let level = |line: &BTreeMap<String, String>| line["level"].clone();
    let lines = lines_of(|config| config.log.rejections = LogLevel::Error, &Request::attack());
    assert_eq!(lines.iter().map(level).collect::<Vec<_>>(), ["ERROR"]);
    assert!(lines_of(|config| config.log.rejections = LogLevel::Off, &Request::attack()).is_empty());
    let muted =
        |config: &mut Config| config.log.muted_checks = vec![portcullis_runtime::Check::SuspiciousActivity];
    assert!(lines_of(muted, &Request::attack()).is_empty());
    let other = |config: &mut Config| config.log.muted_checks = vec![portcullis_runtime::Check::RateLimit];
    assert_eq!(lines_of(other, &Request::attack()).len(), 1);
    let lines = lines_of(|config| config.log.requests = LogLevel::Debug, &Request::clean());
    assert_eq!(lines.iter().map(level).collect::<Vec<_>>(), ["DEBUG"]);
    let lines = lines_of(|config| config.log.requests = LogLevel::Info, &Request::attack());
    assert_eq!(lines.iter().map(level).collect::<Vec<_>>(), ["WARN", "INFO"]);
}

#[test]
fn a_proxy_that_is_not_configured_is_named_once() {
    let written = TracingRecorder::default();
    let request = |peer: [u8; 4], header| Request {
        headers: vec![(header, "203.0.113.9")],
        ..Request::clean().from(peer)
    };
    tracing::subscriber::with_default(written.clone(), || {
        run(async {
            let guard = Guard::builder(config(|_| {})).sink(TracingSink).build().unwrap();
            for (peer, header) in [
                ([203, 0, 113, 1], "x-forwarded-for"),
                ([10, 0, 0, 7], "x-other"),
                ([10, 0, 0, 7], "X-Forwarded-For"),
                ([10, 0, 0, 7], "x-forwarded-for"),
            ] {
                drop(request(peer, header).check(&guard).await);
            }
            let named = config(|config| config.client.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()]);
            let guard = Guard::builder(named).sink(TracingSink).build().unwrap();
            drop(request([10, 0, 0, 7], "x-forwarded-for").check(&guard).await);
        });
    });
    let lines = written.0.lock().unwrap();
    let advice: Vec<_> =
        lines.iter().filter(|line| line["message"].contains("client.trusted_proxies")).collect();
    assert_eq!(advice.len(), 1, "{lines:?}");
    assert!(advice[0]["message"].contains("10.0.0.7"), "{lines:?}");
}

#[test]
fn a_line_about_a_request_holds_no_secret() {
    let request = Request {
        query: Some("q=tea&iban=DE02&access_token=abc"),
        headers: vec![("authorization", "Bearer abc"), ("accept", "text/html"), ("cookie", "id=abc")],
        ..Request::clean()
    };
    let edit = |config: &mut Config| {
        config.log.requests = LogLevel::Info;
        config.detect.sensitive = vec!["iban".into()];
    };
    let lines = lines_of(edit, &request);
    assert_eq!(
        lines[0]["message"],
        "Request from 198.51.100.7: GET /items?q=tea&iban=[REDACTED]&access_token=[REDACTED] - Headers: \
         {\"authorization\": \"[REDACTED]\", \"accept\": \"text/html\", \"cookie\": \"[REDACTED]\"}"
    );
    assert_eq!(lines[0]["outcome"], "\"allow\"");
}

/// A shared buffer that fails on demand.
#[derive(Clone, Default)]
struct SharedBuffer(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for SharedBuffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if bytes.windows(8).any(|window| window == b"too much") {
            return Err(std::io::Error::other("no room"));
        }
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn json_lines_hold_one_event_each_and_failures_are_counted() {
    let event = an_event().await;
    let engine = engine();
    let context = Context::new(&engine, NOW);
    let page = SharedBuffer::default();
    let sink = Arc::new(JsonSink::new(page.clone()).unwrap());
    for reason in ["one\nline", "too much", "another"] {
        sink.event(&with_reason(&event, reason), &context);
    }
    let deadline = Instant::now() + Duration::from_secs(10);
    while page.0.lock().unwrap().iter().filter(|byte| **byte == b'\n').count() < 2
        && Instant::now() < deadline
    {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(sink.lost(), 1);
    let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["reason"], &lines[1]["reason"]), (&"one\nline".into(), &"another".into()));
    assert_eq!(lines[0]["event_type"], "penetration_attempt");
}

#[tokio::test]
async fn a_callback_gets_events_in_order() {
    let event = an_event().await;
    let engine = engine();
    let context = Context::new(&engine, NOW);
    let (sender, receiver) = channel();
    let sink = CallbackSink::new(move |event: Event| sender.send(event.reason).unwrap()).unwrap();
    let dropped = sink.dropped();
    for n in 0..500 {
        sink.event(&with_reason(&event, &n.to_string()), &context);
    }
    drop(sink);
    let reasons: Vec<String> = receiver.into_iter().collect();
    assert_eq!(reasons, (0..500).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(dropped.count(), 0);
}

#[tokio::test]
async fn a_callback_that_is_stuck_costs_events_and_no_time() {
    let event = an_event().await;
    let engine = engine();
    let context = Context::new(&engine, NOW);
    let (entered, inside) = channel();
    let (release, gate) = sync_channel::<()>(0);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let sink = CallbackSink::with_queue(3, move |event: Event| {
        log.lock().unwrap().push(event.reason);
        entered.send(()).unwrap();
        let _ = gate.recv();
    })
    .unwrap();
    let dropped = sink.dropped();
    sink.event(&with_reason(&event, "first"), &context);
    inside.recv().unwrap();
    let start = Instant::now();
    for n in 0..1000 {
        sink.event(&with_reason(&event, &n.to_string()), &context);
    }
    assert!(start.elapsed() < Duration::from_secs(5), "the callback was not awaited");
    assert_eq!(dropped.count(), 997, "three waited, the others were dropped and counted");
    drop(release);
    for _ in 0..3 {
        inside.recv().unwrap();
    }
    assert_eq!(*seen.lock().unwrap(), ["first", "0", "1", "2"], "the first events are kept");
}

#[tokio::test]
async fn every_sink_gets_everything() {
    let (builder, _, first) = builder(config(|_| {}));
    let second = RecordingSink::default();
    let guard = builder.sink(second.clone()).build().unwrap();
    let named = guard.policy("items", RoutePolicy::new()).unwrap();
    Request::policy(named).status(&guard).await;
    Request::attack().status(&guard).await;
    assert_eq!(first.events(), second.events());
    let records = first.records();
    assert_eq!(records, second.records());
    let policies: BTreeSet<Option<String>> = records.into_iter().map(|(_, policy)| policy).collect();
    assert_eq!(policies, BTreeSet::from([None, Some("items".into())]));
}
