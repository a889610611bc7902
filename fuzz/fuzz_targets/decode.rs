//! Decoders terminate, never make a value longer, are idempotent, and do twice the work for twice the value.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_core::fuzzing::{decode_once, decoders_hold, work_at_most_doubles};

fuzz_target!(|data: &[u8]| {
    decoders_hold(data);
    work_at_most_doubles(data, decode_once);
});
