//! Extreme requests: enormous, and inspected to the last byte.

use portcullis_core::Peer;

use crate::support::{Request, SCRIPT, SQL, Store, engine};

fn finds_only_the_end(clean: &Request, attack: &Request, bytes: u64) {
    let engine = engine(|_| {});
    let verdict = clean.run(&engine, &Store::default());
    assert!(verdict.is_allow(), "{:?}", verdict.finding);
    assert!(verdict.coverage.is_complete() && verdict.coverage.inspected >= bytes, "{:?}", verdict.coverage);
    let verdict = attack.run(&engine, &Store::default());
    assert_eq!(verdict.status(), Some(400));
    assert!(verdict.coverage.inspected >= bytes);
}

#[test]
fn ten_thousand_headers() {
    let headers = |last: &str| {
        let mut request = Request::get("/");
        request.headers = (0..10_000).map(|n| (format!("x-h{n}"), format!("value {n}").into())).collect();
        request.header("x-last", last)
    };
    finds_only_the_end(&headers("clean"), &headers(SCRIPT), 90_000);
}

#[test]
fn a_path_of_a_mebibyte() {
    let path = |end: &str| Request::get(&format!("/{}/{end}", "segment/".repeat(1 << 17)));
    finds_only_the_end(&path("page"), &path(SCRIPT), 1 << 20);
}

#[test]
fn a_query_of_a_hundred_thousand_pairs() {
    let query = |last: &str| {
        let mut request = Request::get("/");
        let pairs: Vec<String> = (0..100_000).map(|n| format!("k{n}=v{n}")).collect();
        request.query = Some(format!("{}&last={last}", pairs.join("&")));
        request
    };
    finds_only_the_end(&query("clean"), &query(SQL), 1_000_000);
}

#[test]
fn a_cookie_of_fifty_thousand_parts() {
    let cookie = |last: &str| {
        let parts: Vec<String> = (0..50_000).map(|n| format!("c{n}=v{n}")).collect();
        Request::get("/").header("cookie", format!("{}; last={last}", parts.join("; ")))
    };
    finds_only_the_end(&cookie("clean"), &cookie(SQL), 250_000);
}

#[test]
fn a_body_nested_a_hundred_thousand_deep() {
    let json = |leaf: &str| {
        let body = format!("{}\"{leaf}\"{}", "[{\"a\":".repeat(100_000), "}]".repeat(100_000));
        Request::post("/", "application/json", body)
    };
    finds_only_the_end(&json("clean"), &json(SQL), 100_000);
}

#[test]
fn a_forwarding_header_of_a_mebibyte() {
    let engine = engine(|config| {
        config.client.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
        config.client.proxy_depth = 16;
    });
    let chain = format!("{}198.51.100.9", "203.0.113.1, ".repeat(80_000));
    let request =
        Request::get("/").header("x-forwarded-for", chain).peer(Peer::Address([10, 0, 0, 1].into()));
    let verdict = request.run(&engine, &Store::default());
    assert_eq!(verdict.client.address, Some([198, 51, 100, 9].into()));
}

#[test]
fn empty_and_odd_heads() {
    let engine = engine(|_| {});
    for path in ["", "*", "/", "//", "no-slash", "/%", "/%2", "/%zz", "/\u{0}", "http://example.com/"] {
        for query in [None, Some(""), Some("&"), Some("="), Some("&&=&=="), Some("%"), Some("a=%u00")] {
            let mut request =
                Request::get("/").header("", "").header("cookie", ";;=;").header("content-type", "-");
            (request.path, request.query) = (path.into(), query.map(Into::into));
            let verdict = request.run(&engine, &Store::default());
            assert!(verdict.is_allow(), "{path} {query:?}: {:?}", verdict.finding);
        }
    }
}
