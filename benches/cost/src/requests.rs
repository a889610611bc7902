//! The fixed requests: a page, a page with an attack in its query, and a JSON document that is posted.
//!
//! The head is the one that a browser sends, in the order in which it sends it. Every part is static, so that all targets
//! build their own kind of request from the same text.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The address and port that every request comes from.
pub(crate) const CLIENT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)), 4711);

/// The path of the route that serves pages.
pub(crate) const PAGE: &str = "/plants/climbing-rose";

/// The path of the route that reads documents.
pub(crate) const ORDERS: &str = "/api/orders";

/// A request in static parts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StaticRequest {
    /// `GET` or `POST`.
    pub(crate) method: &'static str,
    /// Path and query.
    pub(crate) target: &'static str,
    /// Header lines in their order, with names in lower case.
    pub(crate) headers: &'static [(&'static str, &'static str)],
    /// The body; empty for `GET`.
    pub(crate) body: &'static str,
}

/// A page that a browser gets.
pub(crate) const GET: StaticRequest = StaticRequest {
    method: "GET",
    target: "/plants/climbing-rose?colour=apricot&height=2-3m&sort=price",
    headers: BROWSER,
    body: "",
};

/// The same page with an SQL injection in the query.
pub(crate) const ATTACK: StaticRequest = StaticRequest {
    target: "/plants/climbing-rose?colour=1'+union+select+login,password+from+users--&sort=price",
    ..GET
};

/// An order of 2,400 bytes that a page posts as JSON.
pub(crate) const POST: StaticRequest =
    StaticRequest { method: "POST", target: ORDERS, headers: SCRIPT, body: include_str!("order.json") };

const HOST: (&str, &str) = ("host", "nursery.example.com");
const AGENT: (&str, &str) = (
    "user-agent",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
);
const BRANDS: (&str, &str) =
    ("sec-ch-ua", "\"Chromium\";v=\"141\", \"Google Chrome\";v=\"141\", \"Not?A_Brand\";v=\"8\"");
const MOBILE: (&str, &str) = ("sec-ch-ua-mobile", "?0");
const PLATFORM: (&str, &str) = ("sec-ch-ua-platform", "\"Linux\"");
const SITE: (&str, &str) = ("sec-fetch-site", "same-origin");
const REFERRER: (&str, &str) =
    ("referer", "https://nursery.example.com/plants?page=3&colour=apricot&height=2-3m");
const ENCODINGS: (&str, &str) = ("accept-encoding", "gzip, deflate, br, zstd");
const LANGUAGES: (&str, &str) = ("accept-language", "en-GB,en;q=0.9,de;q=0.7");
const COOKIES: (&str, &str) =
    ("cookie", "session=Zk4vN8qT1xWb7Lr2Ys9HcD5e; currency=EUR; basket=3f1c9a52-7d40-4c1b-9e26-0b8a6d2f7c15");

const BROWSER: &[(&str, &str)] = &[
    HOST,
    BRANDS,
    MOBILE,
    PLATFORM,
    AGENT,
    ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"),
    ("upgrade-insecure-requests", "1"),
    SITE,
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-dest", "document"),
    REFERRER,
    ENCODINGS,
    LANGUAGES,
    COOKIES,
];

const SCRIPT: &[(&str, &str)] = &[
    HOST,
    ("content-length", "2400"),
    PLATFORM,
    AGENT,
    BRANDS,
    ("content-type", "application/json"),
    MOBILE,
    ("accept", "application/json"),
    ("origin", "https://nursery.example.com"),
    SITE,
    REFERRER,
    ENCODINGS,
    LANGUAGES,
    COOKIES,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn head(request: &StaticRequest) -> usize {
        let lines: usize = request.headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
        request.method.len() + request.target.len() + " HTTP/1.1\r\n".len() + 1 + lines + 2
    }

    #[test]
    fn the_requests_have_the_sizes_of_ordinary_ones() {
        assert_eq!(GET.headers.len(), 14);
        assert!((780..860).contains(&head(&GET)), "{}", head(&GET));
        assert_eq!(POST.body.len(), 2_400);
        let length = POST.headers.iter().find(|(name, _)| *name == "content-length").unwrap().1;
        assert_eq!(length, POST.body.len().to_string());
    }

    #[test]
    fn the_targets_lie_on_the_routes() {
        let path = |request: &StaticRequest| request.target.split('?').next().unwrap();
        assert_eq!((path(&GET), path(&ATTACK), path(&POST)), (PAGE, PAGE, ORDERS));
    }
}
