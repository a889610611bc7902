//! Response bodies that can be inspected.

use crate::request::head::HeaderFields;

/// Whether a body with these headers can be inspected: neither encoded nor an endless stream.
pub(crate) fn is_readable(headers: &dyn HeaderFields) -> bool {
    let mut readable = true;
    headers.for_each(&mut |name, value| {
        if name.eq_ignore_ascii_case("content-encoding") {
            readable &= value.trim_ascii().is_empty() || value.trim_ascii().eq_ignore_ascii_case(b"identity");
        } else if name.eq_ignore_ascii_case("content-type") {
            readable &= !is_stream(value.trim_ascii());
        }
    });
    readable
}

fn is_stream(content_type: &[u8]) -> bool {
    ["text/event-stream", "application/grpc", "multipart/x-mixed-replace"].into_iter().any(|media| {
        content_type.get(..media.len()).is_some_and(|head| head.eq_ignore_ascii_case(media.as_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn bodies_that_are_encoded_or_never_end_are_not_readable() {
        for (name, value, expected) in [
            ("Content-Encoding", "gzip", false),
            ("content-encoding", "identity", true),
            ("content-encoding", "gzip, identity", false),
            ("Content-Type", "TEXT/event-stream;charset=utf-8", false),
            ("content-type", "application/grpc-web+proto", false),
            ("content-type", "text/event", true),
            ("x-content-type", "text/event-stream", true),
        ] {
            let headers: Vec<(String, String)> = vec![(name.into(), value.into())];
            assert_eq!(is_readable(&headers), expected, "{name}: {value}");
        }
    }
}
