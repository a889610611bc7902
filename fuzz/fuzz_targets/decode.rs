//! Decoders terminate, never make a value longer, and leave nothing to do for a second run.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| portcullis_core::fuzzing::decoders_hold(data));
