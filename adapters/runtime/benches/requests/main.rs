//! The cost of a request in the engine and the in-memory store: one thread, warm, parsed input.
//!
//! ```text
//! cargo bench -p portcullis-runtime --bench requests [-- [--full] FILE.jsonl ...]
//! ```
//!
//! `--full` times them under a configuration that uses everything, and prints how long that takes to build.
//!
//! A file holds one request a line: `{"method","path","query","headers":[[name,value],...],"body"}`. Without files, built-in
//! requests of the usual kinds are timed. Each request is timed alone; the table shows the median over all requests of
//! the best of several passes, so that the noise of a shared machine does not count, and the allocations of one warm pass.

mod full;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::Instant;

use bytes::Bytes;
use portcullis_core::{Clock, Config, Engine, Head, Peer, Rate, Scratch};
use portcullis_runtime::{MemoryStore, SystemClock};
use serde_json::Value;

const PASSES: usize = 15;

fn main() {
    let files: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let full = std::env::args().any(|arg| arg == "--full");
    let engine = if full { build(full::config()) } else { build(usual()) };
    println!(
        "{:<28} {:>6} {:>10} {:>10} {:>10} {:>8} {:>9}",
        "corpus", "n", "median us", "p95 us", "max us", "MB/s", "allocs"
    );
    if files.is_empty() {
        built_in().into_iter().for_each(|(name, requests)| report(name, &requests, &engine));
    }
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let requests: Vec<Request> = text.lines().map(Request::from_json).collect();
        report(file.rsplit('/').next().unwrap_or(&file), &requests, &engine);
    }
}

struct Request {
    parts: http::request::Parts,
    body: Bytes,
}

impl Request {
    fn new(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Self {
        let mut request = http::Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, value.as_bytes());
        }
        let (mut parts, ()) = request.body(()).expect("a request").into_parts();
        parts.extensions.insert(IpAddr::from([192, 0, 2, 7]));
        Self { parts, body: Bytes::from(body.to_owned()) }
    }

    fn from_json(line: &str) -> Self {
        let value: Value = serde_json::from_str(line).expect("a JSON object a line");
        let text = |key: &str| value[key].as_str().unwrap_or_default();
        let target = match text("query") {
            "" => text("path").to_owned(),
            query => format!("{}?{query}", text("path")),
        };
        let headers: Vec<(&str, &str)> = value["headers"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|pair| Some((pair[0].as_str()?, pair[1].as_str()?)))
            .collect();
        Self::new(text("method"), &target, &headers, text("body"))
    }

    fn bytes(&self) -> usize {
        let headers: usize =
            self.parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        self.parts.uri.to_string().len() + headers + self.body.len()
    }
}

/// Requests of visitors, for runs without files.
fn built_in() -> Vec<(&'static str, Vec<Request>)> {
    const AGENT: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0 Safari/537.36";
    let headers = [
        ("host", "shop.example.com"),
        ("user-agent", AGENT),
        ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"),
        ("accept-language", "en-GB,en;q=0.9,de;q=0.3"),
        ("accept-encoding", "gzip, deflate, br, zstd"),
        (
            "cookie",
            "session=6eUeMURc1PFFbCCtSaULCMi6EUl4FHV4; theme=dark; _ga=GA1.2.611140014.1385157867; lang=en",
        ),
        ("referer", "https://shop.example.com/garden/chairs?page=2&sort=price"),
        ("sec-ch-ua", "\"Chromium\";v=\"139\", \"Not)A;Brand\";v=\"8\""),
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-mode", "navigate"),
        ("connection", "keep-alive"),
    ];
    let get =
        Request::new("GET", "/items/garden-chair?q=blue+chairs%20for+two&page=2&sort=price", &headers, "");
    let json = |size: usize| {
        let mut body = String::from("{\"items\":[");
        let mut id = 0;
        while body.len() < size {
            let comma = if id == 0 { "" } else { "," };
            let _ = write!(
                body,
                "{comma}{{\"id\":{id},\"name\":\"Zoë O'Brien\",\"note\":\"Don't bother; it's fine - 2 of 3 & more.\",\"tags\":[\"a\",\"b\"]}}"
            );
            id += 1;
        }
        body.push_str("]}");
        let json_headers: Vec<_> =
            headers.into_iter().chain([("content-type", "application/json")]).collect();
        Request::new("POST", "/api/items", &json_headers, &body)
    };
    let attack = Request::new("GET", "/search?q=1'+union+select+password+from+users--", &headers, "");
    vec![
        ("GET, 11 headers", vec![get]),
        ("POST, 2 KiB JSON", vec![json(2 << 10)]),
        ("POST, 1 MiB JSON", vec![json((1 << 20) - 200)]),
        ("attack", vec![attack]),
    ]
}

/// The defaults, with limits that the run does not reach.
fn usual() -> Config {
    let mut config = Config::default();
    config.rate.limit = Some(Rate::per_hour(u32::MAX));
    config.ban.threshold = u32::MAX;
    config.body.limit = portcullis_core::ByteSize::mib(16);
    config
}

/// Build the engine, and print how long it takes: the best of several times.
fn build(config: Config) -> Engine {
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let config = config.clone();
        let start = Instant::now();
        drop(config.compile().expect("a valid configuration"));
        best = best.min(start.elapsed().as_secs_f64() * 1e3);
    }
    println!("engine built in {best:.2} ms");
    config.compile().expect("a valid configuration")
}

fn report(name: &str, requests: &[Request], engine: &Engine) {
    let (store, clock) = (MemoryStore::new(), SystemClock::new());
    let mut scratch = Scratch::new();
    let mut best = vec![f64::INFINITY; requests.len()];
    let mut allocations = 0;
    for pass in 0..PASSES {
        let before = ALLOCATIONS.get();
        for (request, best) in requests.iter().zip(&mut best) {
            let micros = time(engine, request, &store, &clock, &mut scratch);
            *best = best.min(micros);
        }
        if pass + 1 == PASSES {
            allocations = ALLOCATIONS.get() - before;
        }
    }
    let bytes: usize = requests.iter().map(Request::bytes).sum();
    let total: f64 = best.iter().sum();
    best.sort_by(f64::total_cmp);
    let at = |share: f64| best[((best.len() - 1) as f64 * share).round() as usize];
    let speed = bytes as f64 / total;
    let (median, p95, max) = (at(0.5), at(0.95), at(1.0));
    println!(
        "{name:<28} {:>6} {median:>10.2} {p95:>10.2} {max:>10.2} {speed:>8.0} {allocations:>9}",
        requests.len()
    );
}

fn time(
    engine: &Engine,
    request: &Request,
    store: &MemoryStore,
    clock: &dyn Clock,
    scratch: &mut Scratch,
) -> f64 {
    let has_body = !request.body.is_empty();
    let head = Head::from(&request.parts)
        .peer(Peer::Address([192, 0, 2, 7].into()))
        .has_body(has_body)
        .route(full::ROUTE);
    let body = request.body.clone();
    let start = Instant::now();
    let verdict = engine.evaluate_head(head, body, store, clock, scratch);
    let elapsed = start.elapsed();
    drop(verdict);
    elapsed.as_secs_f64() * 1e6
}

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct CountingAllocator;

#[expect(unsafe_code, reason = "a global allocator that counts is the only way to see allocations")]
// SAFETY: every call is passed to the system allocator unchanged.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller upholds the contract of the method.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller upholds the contract of the method.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: CountingAllocator = CountingAllocator;
