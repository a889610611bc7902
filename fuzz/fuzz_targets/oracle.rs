//! A body of any kind, charset and coding, read by every extractor of every framework: what a handler gets is among the values
//! that the guard inspected. `conformance/src/oracle` describes the comparison and its exceptions.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_conformance::oracle::Oracle;

thread_local! {
    /// Never dropped: at the end of the process its runtimes would access thread-locals that are gone.
    static ORACLE: &'static Oracle = Box::leak(Box::new(Oracle::new().expect("a valid configuration")));
}

fuzz_target!(|bytes: &[u8]| {
    if let Err(failure) = ORACLE.with(|oracle| oracle.check_generated(bytes)) {
        panic!("{failure}");
    }
});
