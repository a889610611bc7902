//! From `[body]` and the media types of a policy to their rules.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::limits::{PolicyPath, range};
use crate::body::coding::Inflation;
use crate::config::{Body, Config, ConfigErrors};
use crate::rules::body::{MediaRanges, media_type};

pub(super) fn inflation(config: &Config, errors: &mut ConfigErrors) -> Inflation {
    let (body, default) = (&config.body, Body::default());
    range(errors, "body.inflate_limit", body.inflate_limit.0, 1 << 10..=1 << 30);
    // The maximum ratio of DEFLATE is 1032 to 1.
    range(errors, "body.inflate_ratio", body.inflate_ratio, 1..=1100);
    let bounded = body.inflate_limit != default.inflate_limit || body.inflate_ratio != default.inflate_ratio;
    if !body.inflate && bounded {
        errors
            .push("body.inflate", "is off, so that limit and ratio of inflation have no effect; remove them");
    }
    Inflation {
        enabled: body.inflate,
        limit: usize::try_from(body.inflate_limit.0).unwrap_or(usize::MAX),
        ratio: body.inflate_ratio,
    }
}

impl MediaRanges {
    pub(crate) fn compile(types: &[String], field_path: &PolicyPath<'_>, errors: &mut ConfigErrors) -> Self {
        let mut ranges = Vec::new();
        for (index, text) in types.iter().enumerate() {
            match media_type(text.as_bytes()) {
                Some((main, sub)) if (main != "*" || sub == "*") && !text.contains(';') => {
                    ranges.push((main.to_ascii_lowercase(), sub.to_ascii_lowercase()));
                }
                _ => errors.push(
                    field_path.of(&format!("content_types[{index}]")),
                    format!(
                        "`{text}` is not a media type; write `application/json` or `image/*`, no parameters"
                    ),
                ),
            }
        }
        Self(ranges)
    }
}
