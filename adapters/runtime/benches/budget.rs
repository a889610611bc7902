//! The cost of bodies that were made to take as much work as possible for their length.
//!
//! ```text
//! cargo bench -p portcullis-runtime --bench budget [-- received bytes]
//! ```
//!
//! Each text is sent in each form. The table shows the steps that the work budget counted, the time, and both for each byte
//! received; the last line is the maximum. Times are printed, not checked; `core/tests/engine/work.rs` checks the steps.

use std::time::{Duration, Instant};

use miniz_oxide::deflate::compress_to_vec;
use portcullis_core::{Clock, Config, Engine, Head, Peer, Scratch, Timestamp, Verdict};
use portcullis_runtime::MemoryStore;

/// Texts that open many classes and are an attack of none of them, or that repeat what is costly to parse.
const TEXTS: [(&str, &str); 12] = [
    ("plain", "an ordinary sentence with words "),
    ("record", r#"{"name":"http.server.duration","unit":"ms","value":12},"#),
    ("mixed", "it's 1 or 2 of 'x' and (select) {{ if }} a <b ${c |d ;e `f "),
    ("quotes", "' or \" and '"),
    ("shell", "`a $(b |c ;d "),
    ("markup", "<a href=x <b &#106;"),
    ("escapes", "%2525 \\u0041 &lt;"),
    ("climbs", "../..%2f"),
    ("links", "&lt;javascript:＜a href='"),
    ("queries", "select 'x' or 1 +&lt;${"),
    ("names", "a&"),
    ("fields", "ab=1&"),
];

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(0)
    }
}

/// A body and the headers that describe it.
struct Body {
    headers: Vec<(&'static str, &'static str)>,
    bytes: Vec<u8>,
}

impl Body {
    fn new(kind: &'static str, bytes: Vec<u8>) -> Self {
        Self { headers: vec![("content-type", kind)], bytes }
    }

    /// The same in a gzip member.
    fn gzip(mut self) -> Self {
        self.headers.push(("content-encoding", "gzip"));
        let trailer = [0_u32.to_le_bytes(), (self.bytes.len() as u32).to_le_bytes()].concat();
        let stream = compress_to_vec(&self.bytes, 9);
        self.bytes = [b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec(), stream, trailer].concat();
        self
    }
}

type Form = (&'static str, fn(&str) -> Body);

const FORMS: [Form; 8] = [
    ("text", |text| Body::new("text/plain", text.into())),
    ("text, utf-16 declared", |text| Body::new("text/plain; charset=utf-16", text.into())),
    ("form", |text| Body::new("application/x-www-form-urlencoded", text.into())),
    ("json string", |text| {
        let text = text.replace('\\', "\\\\").replace('"', "\\\"");
        Body::new("application/json", format!("{{\"a\":\"{text}\"}}").into())
    }),
    ("json", |text| Body::new("application/json", format!("[{text}{{}}]").into())),
    ("xml", |text| Body::new("application/xml", format!("<a>{text}</a>").into())),
    ("parts", |text| {
        let part = |text: &str| {
            format!(
                "--x\r\nContent-Disposition: form-data; name=a; name=b\r\nContent-Type: text/plain; charset=utf-16\r\n\
                 Content-Transfer-Encoding: quoted-printable\r\nContent-Transfer-Encoding: base64\r\n\r\n{text}\r\n"
            )
        };
        let parts: String =
            text.as_bytes().chunks(8_000).map(|part_of| part(&String::from_utf8_lossy(part_of))).collect();
        Body::new("multipart/form-data; boundary=x", format!("{parts}--x--\r\n").into())
    }),
    ("file", |text| {
        let head = "--x\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\n\x01";
        Body::new("multipart/form-data; boundary=x", format!("{head}{text}\r\n--x--\r\n").into())
    }),
];

/// The longest body of this form of at most `received` bytes.
fn longest(build: impl Fn(&str) -> Body, unit: &str, received: usize) -> Body {
    let of = |length: usize| build(&unit.repeat(length / unit.len()));
    let (mut low, mut high) = (unit.len(), received * 1_100);
    while high - low > unit.len().max(high / 64) {
        let middle = usize::midpoint(low, high);
        if of(middle).bytes.len() <= received { low = middle } else { high = middle }
    }
    of(low)
}

fn measure(engine: &Engine, body: &Body, scratch: &mut Scratch) -> (Verdict, Duration) {
    let runs = (0..3).map(|_| {
        let head =
            Head::new("POST", "/", &body.headers).peer(Peer::Address([192, 0, 2, 7].into())).has_body(true);
        let (bytes, store) = (body.bytes.clone().into(), MemoryStore::default());
        let start = Instant::now();
        let verdict = engine.evaluate_head(head, bytes, &store, &Fixed, scratch);
        (verdict, start.elapsed())
    });
    runs.min_by_key(|(_, elapsed)| *elapsed).expect("three runs")
}

fn main() {
    let received = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(43_000);
    let engine = Config::default().compile().expect("the defaults compile");
    let mut scratch = Scratch::new();
    let mut worst = (Duration::ZERO, String::new());
    println!(
        "{:<24}{:<10}{:>10}{:>12}{:>10}{:>10}{:>10}  result",
        "form", "text", "received", "steps", "ms", "steps/B", "ns/B"
    );
    for (form, build) in FORMS {
        for (name, unit) in TEXTS {
            let plain: Box<dyn Fn(&str) -> Body> = Box::new(build);
            let gzip: Box<dyn Fn(&str) -> Body> = Box::new(move |text: &str| build(text).gzip());
            for (coding, build) in [("", plain), (", gzip", gzip)] {
                let body = longest(build, unit, received);
                let (verdict, elapsed) = measure(&engine, &body, &mut scratch);
                let bytes = body.bytes.len() as f64;
                let steps = verdict.coverage.steps;
                let gaps: Vec<_> = verdict.coverage.gaps.names().collect();
                let result =
                    verdict.finding.map_or_else(|| format!("{gaps:?}"), |finding| finding.rule.into_owned());
                let line = format!(
                    "{:<24}{name:<10}{bytes:>10}{steps:>12}{:>10.2}{:>10.1}{:>10.1}  {result}",
                    format!("{form}{coding}"),
                    elapsed.as_secs_f64() * 1e3,
                    steps as f64 / bytes,
                    elapsed.as_secs_f64() * 1e9 / bytes,
                );
                println!("{line}");
                if elapsed > worst.0 {
                    worst = (elapsed, line);
                }
            }
        }
    }
    println!("\nmaximum\n{}", worst.1);
}
