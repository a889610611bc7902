//! A guard that allows every request it can inspect, and records each value that it inspects.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use memchr::memmem;
use portcullis_core::Config;
use portcullis_core::detect::{CustomEvidence, CustomRecogniser, Input, Rule};
use portcullis_runtime::{Guard, Messages};

/// Between two recorded values.
const SEPARATOR: &[u8] = b"\x01\x02\x01\x02";

/// No class but that of the recogniser, so that the guard refuses only what it cannot inspect.
const CONFIG: &str = r#"
ban.enabled = false
rate.enabled = false
detect.classes = ["custom"]
detect.recognisers = ["capture"]
detect.on_incomplete = "deny"
"#;

/// Records the inspected values: as received, and after each decoder.
#[derive(Clone, Default)]
pub(super) struct Capture(Arc<Mutex<Vec<u8>>>);

impl Capture {
    /// A guard whose inspected values are recorded here.
    pub(super) fn guard(&self) -> Result<Guard, String> {
        let config = Config::from_toml(CONFIG).map_err(|errors| errors.to_string())?;
        Guard::builder(config)
            .recogniser("capture", self.clone())
            .build()
            .map_err(|errors| errors.to_string())
    }

    /// Forget all values.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The values since the last call.
    pub(super) fn take(&self) -> Captured {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut lines = Vec::new();
        let mut rest = bytes.as_slice();
        while let Some(at) = memmem::find(rest, SEPARATOR) {
            lines.extend_from_slice(&essence(&rest[..at]));
            lines.push(b'\n');
            rest = &rest[at + SEPARATOR.len()..];
        }
        Captured { essence: lines, bytes }
    }
}

static RULES: [Rule; 1] = [Rule::custom("capture.never", 10, "recorded, and no evidence")];

impl CustomRecogniser for Capture {
    fn rules(&self) -> &'static [Rule] {
        &RULES
    }

    fn recognise(&self, input: &Input<'_>, _: &mut CustomEvidence) {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        values.extend_from_slice(input.value);
        values.extend_from_slice(SEPARATOR);
    }
}

/// What the guard inspects in a text by itself.
pub(super) struct Decoder {
    messages: Messages,
    capture: Capture,
}

impl Decoder {
    pub(super) fn new() -> Result<Self, String> {
        let capture = Capture::default();
        Ok(Self { messages: capture.guard()?.messages(None), capture })
    }

    /// The text, and what the decoders of the guard make of it.
    pub(super) fn decode(&mut self, text: &[u8]) -> Captured {
        self.capture.clear();
        // No class is active that could reject it.
        let _ = self.messages.inspect(text);
        self.capture.take()
    }
}

/// The inspected values of one request.
pub(super) struct Captured {
    bytes: Vec<u8>,
    /// The values without noise, a line each.
    essence: Vec<u8>,
}

impl Captured {
    /// Whether `text` is part of an inspected value, either as received or without noise.
    pub(super) fn contains(&self, text: &[u8]) -> bool {
        memmem::find(&self.bytes, text).is_some() || memmem::find(&self.essence, &essence(text)).is_some()
    }

    /// Whether each value of `other` is part of a value of this one.
    pub(super) fn contains_all(&self, other: &Self) -> bool {
        other.essence.split(|byte| *byte == b'\n').all(|value| memmem::find(&self.essence, value).is_some())
    }

    /// The values, for a report.
    pub(super) fn describe(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        text.split("\x01\x02\x01\x02").map(|value| format!("  {value:?}\n")).collect()
    }
}

/// The visible ASCII characters of a text, in lower case: what remains whether a reader replaces, removes or keeps noise.
fn essence(text: &[u8]) -> Vec<u8> {
    text.iter().filter(|byte| byte.is_ascii_graphic()).map(u8::to_ascii_lowercase).collect()
}

/// The inspected values of one request, and the decoders of the guard.
pub(super) struct Evidence<'e> {
    pub(super) captured: &'e Captured,
    pub(super) decoder: &'e RefCell<Decoder>,
}

impl Evidence<'_> {
    /// Whether a text was inspected: as it is, or as what the decoders make of it, with or without its noise.
    pub(super) fn shows(&self, text: &[u8]) -> bool {
        // An escape that `actix-multipart` cut in half is decoded as part of the value.
        let end = memchr::memrchr(b'%', text).filter(|at| at + 3 > text.len()).unwrap_or(text.len());
        let text = &text[..end];
        let decodes = |text: &[u8]| self.captured.contains_all(&self.decoder.borrow_mut().decode(text));
        self.captured.contains(text) || decodes(text) || decodes(&essence(text))
    }
}
