//! Texts in their locations: attack or not.
//!
//! A text becomes a request that carries it in the location of its context, encoded as a client has to encode it there.
//! The family's category is reported with a disagreement and not compared: its categories are lists of patterns, the
//! classes here are languages.

use std::net::{IpAddr, Ipv4Addr};

use portcullis_core::detect::Class;
use portcullis_core::{Clock, Engine, Head, Peer, Scratch, Timestamp};
use portcullis_runtime::MemoryStore;

use super::suite::Detect;
use super::{Aspect, Disagreement, differs, service};

/// The boundary of multipart bodies; in no text of the corpus.
const BOUNDARY: &str = "f3b1c0aa97e24d";

/// Compare one text.
///
/// # Errors
/// A context that is not known, or a default configuration that is rejected.
pub fn compare(case: &Detect) -> Result<Vec<Disagreement>, String> {
    let wanted = [("enable_rate_limiting", false), ("enable_ip_banning", false)];
    let wanted = wanted.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    let config = service::config(&wanted)?;
    let engine = config.compile().map_err(|errors| errors.to_string())?;
    let location = RequestLocation::of(&case.input.context, &case.input.content)?;
    let found = location.inspect(&engine);
    let mut disagreements = Vec::new();
    let expected = case.expected.is_threat;
    if expected != found.is_some() {
        let categories = case.expected.categories.iter().map(|category| match Class::of_family(category) {
            Some(class) => format!("{category}, here {class}"),
            None => format!("{category}, for which there is no class"),
        });
        let what = format!("is_threat ({})", categories.collect::<Vec<_>>().join("; "));
        let observed = found.map(|found| format!("a threat: {found}"));
        let expected = expected.then(|| String::from("a threat"));
        differs(&mut disagreements, Aspect::IsThreat, &what, &expected, &observed);
    }
    Ok(disagreements)
}

/// The location of a text in a request.
struct RequestLocation {
    path: String,
    query: Option<String>,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: String,
}

impl RequestLocation {
    fn of(context: &str, content: &str) -> Result<Self, String> {
        let mut location = Self { path: "/".into(), query: None, headers: Vec::new(), body: String::new() };
        match context {
            // The family does not define where a value of an unknown context is; it is sent in the query.
            "query_param" | "unknown" => location.query = Some(format!("value={}", escape(content, b""))),
            "url_path" => {
                let (path, query) = match content.split_once('?') {
                    Some((path, query)) => (path, Some(query)),
                    None => (content, None),
                };
                location.path = escape(path, b"/%:@!$&'()*+,;=");
                location.query = query.map(|query| escape(query, b"/%:@!$&'()*+,;=?"));
            }
            "header" => location.headers.push(("x-value", content.into())),
            "request_body" => location.send("text/plain", content.into()),
            "request_body:multipart_field" => location.send(
                "multipart/form-data; boundary=f3b1c0aa97e24d",
                format!(
                    "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"value\"\r\n\r\n{content}\r\n--{BOUNDARY}--\r\n"
                ),
            ),
            context => return Err(format!("the context `{context}` is not known")),
        }
        Ok(location)
    }

    fn send(&mut self, media: &'static str, body: String) {
        self.headers.push(("content-type", media.into()));
        self.headers.push(("content-length", body.len().to_string().into()));
        self.body = body;
    }

    /// Class and rule of the finding.
    fn inspect(&self, engine: &Engine) -> Option<String> {
        let (parts, ()) = http::Request::new(()).into_parts();
        let head = Head::from(&parts)
            .method(if self.body.is_empty() { "GET" } else { "POST" })
            .path(&self.path)
            .query(self.query.as_deref())
            .headers(&self.headers)
            .peer(Peer::Address(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10))))
            .has_body(!self.body.is_empty());
        let body = self.body.clone().into();
        let verdict = engine.evaluate_head(head, body, &MemoryStore::default(), &Noon, &mut Scratch::new());
        verdict.finding.map(|finding| finding.to_string())
    }
}

/// A fixed clock.
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(crate::run::START)
    }
}

/// Percent-encoded, except for unreserved characters and `plain` (RFC 3986, section 2).
fn escape(text: &str, plain: &[u8]) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || plain.contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped += &format!("%{byte:02X}");
        }
        escaped
    })
}
