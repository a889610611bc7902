//! Secrets beside an attack: whatever the notation and the part of the request, no event, log line, report or envelope contains
//! them.

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use portcullis_core::config::LogLevel;
use portcullis_core::event::Event;
use portcullis_runtime::envelope::SecurityEvent;
use portcullis_runtime::sink::{Context, EventSink, RequestReport, TracingSink};
use portcullis_runtime::{BlockReport, Guard, Head, Peer};
use proptest::prelude::*;

use crate::sinks::{TracingRecorder, run};
use crate::support::{CLIENT, ChunkedBody, config, no_body};

/// Writes events and their envelopes as text.
#[derive(Clone, Debug, Default)]
struct Written(Arc<Mutex<Vec<String>>>);

impl EventSink for Written {
    fn event(&self, event: &Event, context: &Context<'_>) {
        let envelope = serde_json::to_string(&SecurityEvent::new(event, context)).unwrap();
        self.0.lock().unwrap().extend([format!("{event:?}"), envelope]);
    }

    fn request(&self, _: &RequestReport<'_>) {}
}

/// A guard, and all that it reports.
struct Observed {
    guard: Guard,
    written: Written,
    reports: Receiver<BlockReport>,
}

impl Observed {
    fn new(passive: bool) -> Self {
        let config = config(|config| {
            config.passive = passive;
            config.ban.enabled = false;
            config.rate.enabled = false;
            config.log.requests = LogLevel::Info;
            config.access.deny_user_agents = vec!["leakybot".into()];
            config.cors.enabled = true;
        });
        let (written, (sender, reports)) = (Written::default(), channel());
        let builder = Guard::builder(config).sink(written.clone()).sink(TracingSink);
        let guard = builder.on_block(move |report| sender.send(report).unwrap()).build().unwrap();
        Self { guard, written, reports }
    }

    /// All that is reported about a request, and whether an attack was found.
    fn report(&self, sent: &Sent) -> (String, bool) {
        let lines = TracingRecorder::default();
        tracing::subscriber::with_default(lines.clone(), || run(self.send(sent)));
        let mut all = std::mem::take(&mut *self.written.0.lock().unwrap());
        let attack = all.iter().any(|text| text.contains("penetration_attempt"));
        let is_rejection = |text: &&String| {
            let kinds = ["Event { kind: PenetrationAttempt", "Event { kind: UserAgentBlocked"];
            kinds.iter().any(|kind| text.starts_with(kind)) && !text.contains("\"shadow\"")
        };
        let reports = all.iter().filter(is_rejection).count();
        for _ in 0..if sent.surface == Surface::Message { 0 } else { reports } {
            let report = self.reports.recv_timeout(Duration::from_secs(10)).expect("a report");
            all.push(format!("{report:?}"));
        }
        all.extend(lines.0.lock().unwrap().iter().map(|line| format!("{line:?}")));
        (all.join("\n"), attack)
    }

    async fn send(&self, sent: &Sent) {
        let text = &sent.text;
        if sent.surface == Surface::Message {
            let mut messages = self.guard.messages(None).client(CLIENT).endpoint("/chat");
            let _ = messages.inspect(text);
            let _ = messages.inspect(serde_json::json!({ "text": text }).to_string());
            return;
        }
        let (mut path, mut query, mut headers) =
            (String::from("/p"), None, vec![("host", b"a.test".to_vec())]);
        let line = || text.replace("\r\n", "\\r\\n").into_bytes();
        match sent.surface {
            Surface::Path => path = format!("/p/{}", percent(text)),
            Surface::Query => query = Some(format!("q={}&page=2", percent(text))),
            Surface::RawQuery => {
                query = Some(text.replace(' ', "+").replace('\r', "%0D").replace('\n', "%0A"));
            }
            Surface::Header => headers.push(("x-log", line())),
            Surface::Referer => headers.push(("referer", line())),
            Surface::Agent => headers.push(("user-agent", [b"leakybot ", &line()[..]].concat())),
            Surface::Trace => headers.push(("tracestate", line())),
            Surface::Cookie => headers.push(("cookie", format!("a=b; x={}", percent(text)).into_bytes())),
            _ => {}
        }
        let body = sent.surface.body(text);
        if let Some((media, _)) = &body {
            headers.push(("content-type", media.as_bytes().to_vec()));
        }
        let head = Head::new(if body.is_some() { "POST" } else { "GET" }, &path, &headers)
            .query(query.as_deref())
            .has_body(body.is_some())
            .peer(Peer::Address(CLIENT));
        let mut source = no_body();
        if let Some((_, body)) = body {
            source = ChunkedBody { chunks: vec![Bytes::from(body)], ..source };
        }
        drop(self.guard.arrive().check(head, &mut source).await);
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Surface {
    Path,
    Query,
    RawQuery,
    Header,
    Referer,
    Agent,
    Trace,
    Cookie,
    Form,
    FormName,
    Json,
    JsonKey,
    Multipart,
    Xml,
    Graphql,
    Text,
    Message,
}

const SURFACES: [Surface; 17] = [
    Surface::Path,
    Surface::Query,
    Surface::RawQuery,
    Surface::Header,
    Surface::Referer,
    Surface::Agent,
    Surface::Trace,
    Surface::Cookie,
    Surface::Form,
    Surface::FormName,
    Surface::Json,
    Surface::JsonKey,
    Surface::Multipart,
    Surface::Xml,
    Surface::Graphql,
    Surface::Text,
    Surface::Message,
];

impl Surface {
    /// The media type and the body that contains `text`.
    fn body(self, text: &str) -> Option<(&'static str, String)> {
        Some(match self {
            Self::Form => ("application/x-www-form-urlencoded", format!("a=b&c={}", percent(text))),
            Self::FormName => ("application/x-www-form-urlencoded", percent(text)),
            Self::Json => ("application/json", serde_json::json!({ "a": ["b", { "c": text }] }).to_string()),
            Self::JsonKey => ("application/json", serde_json::json!({ text: 1 }).to_string()),
            Self::Multipart => (
                "multipart/form-data; boundary=BOUND",
                format!(
                    "--BOUND\r\nContent-Disposition: form-data; name=\"c\"\r\n\r\n{text}\r\n--BOUND--\r\n"
                ),
            ),
            Self::Xml => ("application/xml", format!("<a><c>{}</c></a>", entities(text))),
            Self::Graphql => {
                let argument = serde_json::json!(text).to_string();
                let query = format!("query {{ find(text: {argument}) {{ id }} }}");
                ("application/json", serde_json::json!({ "query": query }).to_string())
            }
            Self::Text => ("text/plain", text.into()),
            _ => return None,
        })
    }
}

fn percent(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

fn entities(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const NAMES: [&str; 12] = [
    "password",
    "Passwd",
    "new_password",
    "token",
    "accessToken",
    "sid",
    "client_secret",
    "pin",
    "session",
    "otp",
    "apiKey",
    "user[pwd]",
];
const ATTACKS: [&str; 4] =
    ["' or 1=1--", "1' union select a from b--", "<script>alert(1)</script>", "../../../../etc/passwd"];

/// The notations of `name` with `secret`.
fn notations(name: &str, secret: &str) -> Vec<String> {
    let bare = name.replace('[', "_").replace(']', "");
    let json = serde_json::json!({ "a": "b", name: secret, "c": "d" }).to_string();
    let escaped = serde_json::json!({ "log": json }).to_string();
    let twice = serde_json::json!({ "log": escaped }).to_string();
    let userinfo = format!("https://bob:{secret}@a.test/x");
    vec![
        format!("a=b&{name}={secret}&c=d"),
        format!("{}={secret}%26c%3Dd", percent(name)),
        format!("{}%3D{secret}", percent(name)),
        json,
        escaped,
        twice,
        format!("{{\"name\": \"{name}\", \"value\": \"{secret}\"}}"),
        format!("<user {bare}=\"{secret}\" a='b'/>"),
        format!("<{bare}>{secret}</{bare}>"),
        format!("<n:{bare} t='x'><![CDATA[{secret}]]></n:{bare}>"),
        format!("mutation {{ login({bare}: \"{secret}\", a: \"b\") {{ id }} }}"),
        format!("X-{bare}: {secret}\r\nA: b"),
        format!("GET / HTTP/1.1\r\nCookie: a=b; x={secret}; c=d\r\nA: b"),
        format!("a=b; {bare}={secret}; c=d"),
        format!("GET / HTTP/1.1\r\nAuthorization: Bearer {secret}\r\nA: b"),
        format!("request failed, sent Bearer {secret} to a"),
        format!("Authorization: Digest username=\"a\", response=\"{secret}\", b=\"c\"\r\nA: b"),
        userinfo,
        format!("https://a.test/x?{name}={secret}&c=d#e"),
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{secret}\r\n--b--\r\n"),
        format!("level=info {bare}={secret} a=b"),
        format!("a: b\n{bare}: {secret}\nc: d"),
        format!("'{bare}' => '{secret}', 'a' => 'b'"),
        format!("set(\"{bare}\", \"{secret}\")"),
    ]
}

/// A text in one part of a request.
#[derive(Clone, Debug)]
struct Sent {
    surface: Surface,
    text: String,
}

/// A secret in a notation, an attack in it, before it or behind it, and other text.
fn sent() -> impl Strategy<Value = (Sent, String)> {
    let surface = prop::sample::select(&SURFACES[..]);
    let name = prop::sample::select(&NAMES[..]);
    let attack = prop::sample::select(&ATTACKS[..]);
    let secret =
        "[a-zA-Z0-9]{12,40}".prop_filter("mixed", |text| text.bytes().any(|byte| byte.is_ascii_digit()));
    let parts = (surface, name, attack, secret, any::<prop::sample::Index>(), 0..4_usize, 0..120_usize);
    parts.prop_map(|(surface, name, attack, secret, notation, place, padding)| {
        let value = if place == 0 { format!("{secret}{attack}") } else { secret.clone() };
        let notations = notations(name, &value);
        let notation = &notations[notation.index(notations.len())];
        let padding = "lorem ipsum ".repeat(padding / 12);
        let text = texts(&format!("{padding}{notation}"), attack, place);
        (Sent { surface, text }, secret)
    })
}

#[test]
fn checklist_51_no_report_contains_a_secret_beside_an_attack() {
    let observed = [Observed::new(false), Observed::new(true)];
    let found = std::cell::Cell::new(0);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(3000)
    });
    let result = runner.run(&sent(), |(sent, secret)| {
        for observed in &observed {
            let (reported, attack) = observed.report(&sent);
            found.set(found.get() + u32::from(attack));
            for part in [&secret[..8], &secret[secret.len() - 8..]] {
                let found = reported.lines().filter(|line| line.contains(part));
                prop_assert_eq!(found.collect::<Vec<_>>(), Vec::<&str>::new());
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(found.get() > 1500, "{} attacks", found.get());
}

/// The excerpt of the attack in a text body.
fn excerpt(text: &str) -> String {
    let (reported, _) = Observed::new(false).report(&Sent { surface: Surface::Text, text: text.into() });
    let start = reported.split_once("\"excerpt\":\"").expect("an attack").1;
    start[..start.find("\",\"").unwrap()].replace("\\\"", "\"")
}

#[test]
fn an_excerpt_shows_the_attack_beside_a_secret_and_not_one_in_it() {
    for (text, expected) in [
        ("password=hunter2' or 1=1--", "[masked]"),
        ("a=b&password=hunter2&q=' or 1=1--", "a=b&password=[masked]&q=' or 1=1--"),
        ("q=' or 1=1--&password=hunter2", "q=' or 1=1--&password=[masked]"),
        ("level=info token=hunter2 q=' or 1=1--", "level=info token=[masked] q=' or 1=1--"),
        ("https://a.test/?token=hunter2&x=' or 1=1--", "https://a.test/?token=[masked]&x=' or 1=1--"),
        ("sent Bearer hunter2 ' or 1=1--", "sent Bearer [masked] ' or 1=1--"),
        ("' or 1=1-- https://bob:hunter2@a.test", "' or 1=1-- https://[masked]@a.test"),
        ("1' union select password from users--", "1' union select password from users--"),
    ] {
        assert_eq!(excerpt(text), expected, "{text}");
    }
}

/// `notation` in the places of [`sent`] relative to `attack`; in the first, its value contains the attack.
fn texts(notation: &str, attack: &str, place: usize) -> String {
    match place {
        0 => notation.into(),
        1 => format!("{attack} {notation}"),
        2 => format!("{notation} {attack}"),
        _ => format!("{notation}&x={attack}"),
    }
}

#[test]
fn checklist_51_no_notation_discloses_a_secret_in_any_part_of_a_request() {
    const SECRET: &str = "S3CR3Tabcd98xyzw";
    let observed = Observed::new(false);
    let mut disclosed = Vec::new();
    for surface in SURFACES {
        for (name, attack) in NAMES.into_iter().take(4).zip(ATTACKS).chain([("user[pwd]", ATTACKS[0])]) {
            for place in 0..4 {
                let value = if place == 0 { format!("{SECRET}{attack}") } else { SECRET.into() };
                for notation in notations(name, &value) {
                    let sent = Sent { surface, text: texts(&notation, attack, place) };
                    let (reported, _) = observed.report(&sent);
                    if reported.contains(&SECRET[..8]) || reported.contains(&SECRET[10..]) {
                        disclosed.push(sent);
                    }
                }
            }
        }
    }
    assert!(disclosed.is_empty(), "{disclosed:#?}");
}
