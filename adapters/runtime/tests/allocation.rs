//! A benign request allocates nothing in the engine and in the memory store, once both are warm.
#![expect(unsafe_code, reason = "an allocator that counts can only be written with it")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use bytes::Bytes;
use http::HeaderMap;
use portcullis_core::config::{
    BehaviourAction, BehaviourRule, EndpointRate, Pattern, PatternLocation, StatusPattern, TimeOfDay,
    TimeZone,
};
use portcullis_core::{Clock, Decision, Engine, ResponseInfo, Scratch, Timestamp, Verdict};
use portcullis_runtime::Start;
use portcullis_runtime::sink::MetricsSink;
use portcullis_runtime::{
    AddressTables, AdmittedRequest, AppResponse, Config, Guard, Head, Hours, ManualClock, MemoryStore, Peer,
    PolicyHandle, Rate, RoutePolicy,
};

thread_local! {
    /// Allocations of this thread; other tests run at the same time.
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

struct CountingAllocator;

fn count() {
    // Allocations of a thread that is ending are not counted.
    let _ = COUNT.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: every call is passed to the system's allocator unchanged.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller upholds the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller upholds the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller upholds the contract of `realloc`; `block` came from the system's allocator.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller upholds the contract of `dealloc`; `block` came from the system's allocator.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const CLIENT: Peer = Peer::Address(std::net::IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 7)));

const WINDOW: std::time::Duration = std::time::Duration::from_secs(60);

type Lines = Vec<(&'static str, &'static str)>;

struct Fixture {
    engine: Engine,
    store: MemoryStore,
    clock: ManualClock,
    scratch: Scratch,
}

impl Fixture {
    fn new(edit: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        edit(&mut config);
        Self {
            engine: config.compile().unwrap(),
            store: MemoryStore::new(),
            clock: ManualClock::new(Timestamp::from_millis(1_700_000_000_000)),
            scratch: Scratch::new(),
        }
    }

    fn run(&mut self, head: Head<'_>, body: &Bytes) -> Verdict {
        let Self { engine, store, clock, scratch } = self;
        engine.evaluate_head(head, body.clone(), store, clock as &dyn Clock, scratch)
    }

    /// Allocations of the second of two such requests; both must pass.
    fn allocations(&mut self, head: Head<'_>, body: &Bytes) -> u64 {
        assert!(self.run(head, body).is_allow());
        let before = COUNT.get();
        let verdict = black_box(self.run(black_box(head), body));
        let allocated = COUNT.get() - before;
        assert!(verdict.is_allow() && verdict.events.is_empty() && verdict.coverage.is_complete());
        allocated
    }
}

fn head<'r>(headers: &'r Lines, policy: Option<PolicyHandle>) -> Head<'r> {
    Head::new("GET", "/articles/rust%20in%20production", headers)
        .query("q=hello+world&page=2&note=it%27s%20fine&tags=a%2Cb")
        .peer(CLIENT)
        .policy(policy)
        .sample_info_events(true)
}

fn headers() -> Lines {
    vec![
        ("host", "example.com"),
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
        ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("accept-language", "en-US,en;q=0.5"),
        ("cookie", "theme=dark; session=6f1c0a1be5f94bb7; seen=1%2C2%2C3"),
        ("x-api-key", "k-12345"),
    ]
}

#[test]
fn the_allocator_counts() {
    let before = COUNT.get();
    drop(black_box(vec![1_u8; 100]));
    assert_eq!(COUNT.get() - before, 1);
    let mut setting = Fixture::new(|_| {});
    let headers = headers();
    let mut attack = head(&headers, None);
    attack.query = Some("id=1'+union+select+password+from+users--");
    let before = COUNT.get();
    assert!(!setting.run(attack, &Bytes::new()).is_allow());
    assert!(COUNT.get() > before, "a rejection allocates, so a count of zero means something");
}

#[test]
fn a_clean_get_allocates_nothing() {
    let headers = headers();
    assert_eq!(Fixture::new(|_| {}).allocations(head(&headers, None), &Bytes::new()), 0);
}

#[test]
fn a_clean_get_over_limits_of_route_and_path_allocates_nothing() {
    let mut setting = Fixture::new(|config| {
        let path = "/articles/rust%20in%20production";
        config.rate.endpoint.push(EndpointRate::new(path, Rate::per_minute(100)));
        config.client.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    });
    let policy = RoutePolicy::new()
        .rate(Rate::per_minute(100))
        .rate_by(["header:x-api-key".parse().unwrap()], Rate::per_hour(500));
    let (engine, handle) = setting.engine.with_policy("articles", &policy).unwrap();
    setting.engine = engine;
    let headers = headers();
    assert_eq!(setting.allocations(head(&headers, Some(handle)), &Bytes::new()), 0);
}

#[test]
fn a_clean_get_through_a_proxy_allocates_nothing() {
    let mut setting =
        Fixture::new(|config| config.client.trusted_proxies = vec!["198.51.100.0/24".parse().unwrap()]);
    let mut headers = headers();
    headers.push(("x-forwarded-for", "203.0.113.9, 192.0.2.44"));
    assert_eq!(setting.allocations(head(&headers, None), &Bytes::new()), 0);
}

#[test]
fn a_json_body_of_two_kibibytes_allocates_nothing() {
    let mut items = String::new();
    for n in 0.. {
        let item =
            format!("{{\"id\": {n}, \"name\": \"caf\\u00e9 {n}\", \"note\": \"a \\\"quoted\\\" line\\n\"}}");
        if items.len() + item.len() + 20 > 2048 {
            break;
        }
        items = if items.is_empty() { item } else { format!("{items}, {item}") };
    }
    let body = Bytes::from(format!("{{\"items\": [{items}]}}"));
    assert!((1900..=2048).contains(&body.len()), "{}", body.len());
    let mut headers = headers();
    headers.push(("content-type", "application/json"));
    let post = head(&headers, None).method("POST").has_body(true);
    assert_eq!(Fixture::new(|_| {}).allocations(post, &body), 0);
}

#[test]
fn a_form_allocates_nothing() {
    let body = Bytes::from_static(b"title=It%27s+a+title&text=One%20two+three%0Afour&ok=on");
    let mut headers = headers();
    headers.push(("content-type", "application/x-www-form-urlencoded"));
    let post = head(&headers, None).method("POST").has_body(true);
    assert_eq!(Fixture::new(|_| {}).allocations(post, &body), 0);
}

#[test]
fn a_clean_get_under_every_rule_of_access_allocates_nothing() {
    let mut setting = Fixture::new(|config| {
        config.exclude_paths = vec!["/static".into()];
        config.site.hosts = vec!["example.com".into(), "*.example.org".into()];
        config.access.deny_countries = vec!["FR".parse().unwrap()];
        config.access.deny_clouds = vec!["AWS:!eu-west-1".parse().unwrap()];
        config.access.deny_lists = vec!["tor".into()];
        config.access.deny_user_agents = vec!["sqlmap".into(), "^curl/".into()];
        config.trap.paths = vec!["/.env".into()];
        config.body.max = Some(portcullis_runtime::ByteSize(1 << 20));
    });
    let zone: TimeZone = "Europe/Berlin".parse().unwrap();
    let hours = Hours::new(TimeOfDay::new(0, 0), TimeOfDay::new(23, 59)).zone(zone);
    let policy = RoutePolicy::new()
        .allow_country("DE".parse().unwrap())
        .deny_cloud("GCP".parse().unwrap())
        .deny_user_agent("wget")
        .require_header_value("x-api-key", "k-12345")
        .referrer("example.com")
        .content_type("application/json")
        .hours(hours);
    let (engine, handle) = setting.engine.with_policy("articles", &policy).unwrap();
    setting.engine = engine;
    let client = ["198.51.100.0/24".parse().unwrap()];
    let facts = AddressTables::builder()
        .country("DE".parse().unwrap(), client)
        .cloud("AWS", Some("eu-west-1"), client)
        .cloud("GCP", None, [])
        .list("tor", [])
        .build();
    let mut headers = headers();
    headers.push(("referer", "https://www.example.com/articles"));
    let head = head(&headers, Some(handle)).facts(&facts);
    // Lazy automata grow while they are new.
    setting.allocations(head, &Bytes::new());
    assert_eq!(setting.allocations(head, &Bytes::new()), 0);
}

fn own_patterns(config: &mut Config) {
    // The first two match the request, but do not apply to their location; the third is in shadow and matches nothing.
    config.detect.pattern = vec![
        Pattern::new("acme-1", "hello").locations([PatternLocation::Cookie]),
        Pattern::new("acme-2", "(?i)mozilla|[0-9a-f]{16}").locations([PatternLocation::Path]),
        Pattern::new("acme-3", "never (sent|seen)+"),
    ];
    config.detect.shadow = vec!["acme-3".into(), "sqli".into()];
}

#[test]
fn a_clean_get_under_own_patterns_and_shadows_allocates_nothing() {
    let headers = headers();
    let mut setting = Fixture::new(own_patterns);
    // Lazy automata grow while they are new.
    setting.allocations(head(&headers, None), &Bytes::new());
    assert_eq!(setting.allocations(head(&headers, None), &Bytes::new()), 0);
}

#[test]
fn numbers_about_a_request_and_its_response_allocate_nothing() {
    let mut config = Config::default();
    config.rate.limit = Some(Rate::per_second(1_000_000));
    let clock = ManualClock::new(Timestamp::from_millis(1_700_000_000_000));
    let guard = Guard::builder(config).clock(clock).sink(MetricsSink::default()).build().unwrap();
    let policy = guard.policy("articles", RoutePolicy::new()).unwrap();
    let headers = headers();
    let serve = || {
        let start = guard.arrive().start(head(&headers, Some(policy)), None);
        let Start::Decided(Ok(AdmittedRequest { admission, .. })) = start else { panic!("a clean request") };
        let (route, headers) = (Some("/articles/{title}"), &HeaderMap::new());
        let response = AppResponse::new("GET", 200, headers).route(route);
        assert!(admission.exchange().clone().on_response(&response).is_none());
    };
    let recorder = metrics::NoopRecorder;
    let allocated = metrics::with_local_recorder(&recorder, || {
        (0..3).for_each(|_| serve());
        let before = COUNT.get();
        serve();
        COUNT.get() - before
    });
    assert_eq!(allocated, 0);
}

#[test]
fn a_message_allocates_nothing() {
    let mut setting = Fixture::new(own_patterns);
    let mut allocations = |message: &[u8]| {
        let before = COUNT.get();
        assert!(setting.engine.inspect_message(None, black_box(message), &mut setting.scratch).is_none());
        COUNT.get() - before
    };
    for message in [&b"{\"text\": \"it's caf\\u00e9 < time\"}"[..], b"hello, it's 100% fine & good"] {
        allocations(message);
        assert_eq!(allocations(message), 0);
    }
}

#[test]
fn the_headers_of_a_response_allocate_nothing() {
    let mut setting = Fixture::new(|config| {
        config.cors.enabled = true;
        config.cors.origins = vec!["https://app.example.com".into()];
        (config.cors.credentials, config.cors.expose) = (true, vec!["x-total".into()]);
        config.headers.content_security_policy = Some("default-src 'self'".into());
    });
    let mut headers = headers();
    headers.push(("origin", "https://app.example.com"));
    let Decision::Allow(ticket) = setting.run(head(&headers, None), &Bytes::new()).decision else {
        panic!("rejected")
    };
    let respond = || {
        let mut count = 0;
        setting.engine.respond(&ticket).apply(|_, _, value| {
            black_box(value);
            count += 1;
        });
        count
    };
    // The first clone of a value moves it to shared storage.
    assert_eq!(respond(), 17);
    let before = COUNT.get();
    assert_eq!(respond(), 17);
    assert_eq!(COUNT.get() - before, 0);
}

#[test]
fn a_multipart_body_and_an_xml_document_allocate_nothing() {
    let parts = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nit's text\r\n\
        --x\r\nContent-Disposition: form-data; name=\"b\"; filename=\"c d.txt\"\r\nContent-Type: text/plain\r\n\r\n\
        more text\r\n--x--\r\n";
    let xml = "<?xml version=\"1.0\"?><order id=\"7\"><item>Tea &amp; biscuits</item></order>";
    for (kind, body) in [("multipart/form-data; boundary=x", parts), ("application/xml", xml)] {
        let mut headers = headers();
        headers.push(("content-type", kind));
        let post = head(&headers, None).method("POST").has_body(true);
        assert_eq!(Fixture::new(|_| {}).allocations(post, &Bytes::from_static(body.as_bytes())), 0, "{kind}");
    }
}

#[test]
fn watched_requests_and_responses_that_no_rule_is_about_allocate_nothing() {
    let mut setting = Fixture::new(|config| {
        for status in 400..450 {
            let rule =
                BehaviourRule::returns(StatusPattern::from(status), 9, WINDOW, BehaviourAction::Throttle);
            config.behaviour.rule.push(rule);
        }
        config.behaviour.rule.push(BehaviourRule::usage(1_000, WINDOW, BehaviourAction::Ban));
        config.behaviour.enumeration = Some(Rate::per_minute(10));
    });
    let policy = RoutePolicy::new().rate_outcomes([401], Rate::per_minute(5));
    let (engine, handle) = setting.engine.with_policy("login", &policy).unwrap();
    setting.engine = engine;
    let headers = headers();
    assert_eq!(setting.allocations(head(&headers, Some(handle)), &Bytes::new()), 0);
    let Decision::Allow(ticket) = setting.run(head(&headers, Some(handle)), &Bytes::new()).decision else {
        panic!("a clean request")
    };
    let before = COUNT.get();
    let served = ResponseInfo { status: 200, body: None, cost: 1 };
    let none = setting.engine.observe(black_box(&ticket), &served, setting.clock.now()).deferred.is_empty();
    assert_eq!((COUNT.get() - before, none), (0, true));
    let served = ResponseInfo { status: 404, ..served };
    let some = setting.engine.observe(&ticket, &served, setting.clock.now()).deferred.len();
    assert_eq!((COUNT.get() - before > 0, some), (true, 1));
}
