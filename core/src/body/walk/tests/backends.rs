//! Values that the parsers of applications return are visited: the walker's grammar covers theirs.

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

use proptest::prelude::*;

use super::*;
use crate::detect::decode;

/// Run a future that is always ready.
fn now<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// The result of `multer`, the parser of Axum: names, file names and contents, up to its first error.
fn multer(body: &[u8]) -> (Vec<String>, Vec<Vec<u8>>) {
    let stream = futures_util::stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::copy_from_slice(body))]);
    let mut multipart = multer::Multipart::new(stream, "x");
    let (mut names, mut contents) = (Vec::new(), Vec::new());
    now(async {
        while let Ok(Some(field)) = multipart.next_field().await {
            names.extend(field.name().map(String::from));
            names.extend(field.file_name().map(String::from));
            // The disposition is visited in pieces.
            let lines = field.headers().iter().filter(|(name, _)| *name != "content-disposition");
            names.extend(lines.map(|(_, value)| String::from_utf8_lossy(value.as_bytes()).into_owned()));
            let Ok(content) = field.bytes().await else { return };
            contents.push(content.to_vec());
        }
    });
    (names, contents)
}

fn contains(all: &[(Location, String, Vec<u8>)], value: &[u8]) -> bool {
    all.iter().any(|seen| memmem::find(&seen.2, value).is_some())
}

fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(
        &[
            "--x",
            "--x",
            "--x--",
            "--y",
            "\r\n",
            "\r\n",
            "\r\n\r\n",
            "\r\n\r\n",
            "\n",
            "\n\n",
            " ",
            "\t",
            ";",
            "\"",
            "\\",
            "=",
            "Content-Disposition: form-data; name=\"a\"\r\n\r\n",
            "Content-Disposition: form-data",
            ": ",
            "; name=\"b\"",
            "; name=c",
            "; filename=\"d; name=e\"",
            "; filename=\"f\\\"g\"",
            "Content-Type: text/plain",
            "\r\n folded",
            "value",
            "X: y",
            "é",
            "\0",
        ][..],
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn checklist_36_what_multer_yields_is_visited(pieces in prop::collection::vec(piece(), 0..24), start in any::<bool>()) {
        let start = if start { "--x\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n" } else { "" };
        let body = format!("{start}{}\r\n--x--", pieces.concat()).into_bytes();
        let (names, contents) = multer(&body);
        let (all, _) = visited(FORM_DATA, &body);
        for name in names {
            prop_assert!(contains(&all, name.as_bytes()), "name {name:?} of {} in {all:?}", body.escape_ascii());
        }
        for content in contents {
            prop_assert!(contains(&all, &content), "{} of {}", content.escape_ascii(), body.escape_ascii());
        }
    }

    #[test]
    fn checklist_36_what_serde_urlencoded_yields_is_visited(body in "[a-c=&+%0-9A-F;{}\"é ]{0,40}") {
        let Ok(pairs) = serde_urlencoded::from_str::<Vec<(String, String)>>(&body) else { return Ok(()) };
        let (all, _) = visited("application/x-www-form-urlencoded", body.as_bytes());
        let decoded: Vec<String> = all.iter().filter(|seen| matches!(seen.0, Location::Field | Location::FieldName))
            .map(|seen| once(&seen.2)).collect();
        for text in pairs.into_iter().flat_map(|(name, value)| [name, value]) {
            prop_assert!(decoded.contains(&text), "{text:?} of {body:?}: {decoded:?}");
        }
    }

    #[test]
    fn checklist_36_what_serde_json_yields_is_visited(value in json(), pretty in any::<bool>()) {
        let body = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let (all, _) = visited("application/json", body.as_bytes());
        let seen = |key: bool, text: &str| all.iter().any(|seen| {
            (seen.0 == Location::JsonKey) == key && seen.2 == text.as_bytes()
        });
        let mut stack = Vec::from([&value]);
        while let Some(value) = stack.pop() {
            match value {
                serde_json::Value::String(text) => prop_assert!(seen(false, text), "{text:?} of {body}"),
                serde_json::Value::Array(list) => stack.extend(list),
                serde_json::Value::Object(map) => {
                    for (key, value) in map {
                        prop_assert!(seen(true, key), "key {key:?} of {body}");
                        stack.push(value);
                    }
                }
                _ => {}
            }
        }
    }
}

/// The form decoding of a backend: blanks, then escapes, once.
fn once(text: &[u8]) -> String {
    let blanks: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let mut raw = Vec::new();
    transfer::percent(&blanks, &mut raw);
    // The scanner undoes at least as much.
    let mut deeper = Vec::new();
    if decode::percent(text, true, &mut deeper).decodings == crate::detect::Decodings::RAW {
        deeper = text.to_vec();
    }
    assert!(deeper.len() <= raw.len());
    String::from_utf8_lossy(&raw).into_owned()
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<i32>().prop_map(serde_json::Value::from),
        ".{0,12}".prop_map(serde_json::Value::from),
        "[{\\[\"a:}\\]\\\\]{0,12}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(serde_json::Value::from),
            prop::collection::vec((".{0,8}", inner), 0..5)
                .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
        ]
    })
}
