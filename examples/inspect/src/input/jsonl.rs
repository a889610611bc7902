//! One JSON object per line.
//!
//! `id`, `method`, `path`, `query`, `headers`, and `body` or `body_b64` are the request, as on the wire; `peer` and `at` its
//! client and time; `source` and `label` its classification. Other fields are ignored.

use std::net::{IpAddr, SocketAddr};

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use portcullis_core::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{DEFAULT_PEER, Label, Request, split_target, timestamp};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Numbers below this are seconds (until the year 5138), others milliseconds (since 1973).
const MILLISECONDS: f64 = 1e11;

#[derive(Deserialize)]
struct Record {
    id: Option<Value>,
    method: String,
    path: String,
    query: Option<String>,
    #[serde(default)]
    headers: Vec<(String, String)>,
    body: Option<String>,
    body_b64: Option<String>,
    peer: Option<String>,
    at: Option<Value>,
    source: Option<Value>,
    label: Option<Value>,
}

pub(super) fn parse(line: &[u8], number: u64) -> Result<Request, String> {
    let record: Record = serde_json::from_slice(line)
        // The parser receives one line only, and so would number it 1.
        .map_err(|error| error.to_string().replace(" at line 1 column ", " at column "))?;
    let (path, query) = match record.query {
        Some(query) => (record.path, Some(query)),
        None => split_target(&record.path),
    };
    Ok(Request {
        id: record.id.unwrap_or_else(|| number.into()),
        position: number,
        method: record.method,
        path,
        query,
        headers: record.headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect(),
        body: body(record.body, record.body_b64)?,
        peer: record.peer.as_deref().map_or(Ok(DEFAULT_PEER), peer)?,
        at: record.at.as_ref().map(instant).transpose()?,
        source: record.source.as_ref().and_then(Value::as_str).map(String::from),
        label: match record.label.as_ref().and_then(Value::as_str) {
            Some("attack") => Some(Label::Attack),
            Some("benign") => Some(Label::Benign),
            _ => None,
        },
    })
}

fn body(text: Option<String>, base64: Option<String>) -> Result<Bytes, String> {
    match (text.unwrap_or_default(), base64.unwrap_or_default()) {
        (text, base64) if base64.is_empty() => Ok(text.into()),
        (text, base64) if text.is_empty() => match BASE64.decode(base64) {
            Ok(bytes) => Ok(bytes.into()),
            Err(error) => Err(format!("`body_b64` is not base64: {error}")),
        },
        _ => Err("has both `body` and `body_b64`; write one".into()),
    }
}

fn peer(text: &str) -> Result<IpAddr, String> {
    let address = text.parse().or_else(|_| text.parse().map(|socket: SocketAddr| socket.ip()));
    address.map_err(|_| format!("`peer` is `{text}`, which is not an address"))
}

fn instant(at: &Value) -> Result<Timestamp, String> {
    match at {
        Value::Number(number) => {
            let number = number.as_f64().filter(|number| *number >= 0.0);
            let number = number.ok_or_else(|| format!("`at` is {at}, which is before 1970"))?;
            let millis = if number < MILLISECONDS { number * 1000.0 } else { number };
            Ok(Timestamp::from_millis(millis.round() as u64))
        }
        Value::String(text) => match text.parse() {
            Ok(at) => timestamp(at),
            Err(error) => Err(format!("`at` is not a time of RFC 3339: {error}")),
        },
        _ => Err("`at` must be a time of RFC 3339, or seconds or milliseconds since 1970".into()),
    }
}
