//! What a handler gets from a body: the strings of every extractor.

use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A string that an extractor returned.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The extractor, and which of its strings it is.
    pub extractor: &'static str,
    /// Its position in the body.
    pub place: Place,
    /// The string.
    pub text: Vec<u8>,
}

/// The position of a string in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The body as one text.
    Whole,
    /// A name or value.
    Value,
    /// A value of a form that is one string of JSON.
    StringDocument,
    /// The content of a file in a multipart body.
    File,
}

/// The readings of one request.
#[derive(Debug, Default)]
pub(super) struct Readings(pub(super) Vec<Reading>);

impl Readings {
    pub(super) fn add(&mut self, extractor: &'static str, place: Place, text: impl AsRef<[u8]>) {
        self.0.push(Reading { extractor, place, text: text.as_ref().to_vec() });
    }

    /// A value of a form, and the JSON document in it.
    pub(super) fn value(&mut self, extractor: &'static str, text: impl AsRef<[u8]>) {
        self.content(extractor, Place::Value, text);
    }

    /// A value or a file, and the JSON document in it.
    pub(super) fn content(&mut self, extractor: &'static str, place: Place, text: impl AsRef<[u8]>) {
        if let Ok(Strings(strings)) = serde_json::from_slice(text.as_ref()) {
            let is_string = text.as_ref().trim_ascii_start().starts_with(b"\"");
            let place = if is_string { Place::StringDocument } else { Place::Value };
            strings.into_iter().for_each(|text| self.add("JSON in a value", place, text));
        }
        self.add(extractor, place, text);
    }

    pub(super) fn strings(&mut self, extractor: &'static str, strings: Vec<String>) {
        strings.into_iter().for_each(|text| self.add(extractor, Place::Value, text));
    }

    pub(super) fn pairs(&mut self, extractor: &'static str, pairs: Vec<(String, String)>) {
        for (name, value) in pairs {
            self.add(extractor, Place::Value, name);
            self.value(extractor, value);
        }
    }
}

/// Every key and string of a document, those of repeated keys included.
#[derive(Debug, Default)]
pub(super) struct Strings(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for Strings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StringsVisitor)
    }
}

struct StringsVisitor;

impl<'de> Visitor<'de> for StringsVisitor {
    type Value = Strings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a document")
    }

    fn visit_str<E>(self, text: &str) -> Result<Strings, E> {
        Ok(Strings(vec![text.to_owned()]))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Strings, E> {
        Ok(Strings::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Strings, E> {
        Ok(Strings::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Strings, E> {
        Ok(Strings::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Strings, E> {
        Ok(Strings::default())
    }

    fn visit_unit<E>(self) -> Result<Strings, E> {
        Ok(Strings::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Strings, A::Error> {
        let mut all = Vec::new();
        while let Some(Strings(strings)) = list.next_element()? {
            all.extend(strings);
        }
        Ok(Strings(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Strings, A::Error> {
        let mut all = Vec::new();
        while let Some((key, Strings(strings))) = map.next_entry::<String, _>()? {
            all.push(key);
            all.extend(strings);
        }
        Ok(Strings(all))
    }
}

/// Polls of a reader whose input is in memory.
const MAX_POLLS: usize = 10_000;

/// Run a reader of a body in memory to its end. One that panics or waits for bytes that never arrive, as `actix-multipart` 0.7
/// does for some bodies, keeps what it has read.
pub(super) async fn run(reader: impl Future<Output = ()>) {
    let mut reader = pin!(reader);
    poll_fn(|context| {
        for _ in 0..MAX_POLLS {
            match catch_unwind(AssertUnwindSafe(|| reader.as_mut().poll(context))) {
                Ok(Poll::Pending) => {}
                Ok(Poll::Ready(())) | Err(_) => break,
            }
        }
        Poll::Ready(())
    })
    .await;
}
