//! The guard reads whatever any reader reads: generated bodies, and those that were read differently once. The fuzz target
//! `oracle` and `.ci/oracle` continue from here.

use std::time::{Duration, Instant};

use portcullis_conformance::oracle::{Compared, Oracle};

/// Generated requests; `PORTCULLIS_ORACLE_CASES` replaces it.
const CASES: u64 = 3_000;
/// The bytes from which a request is made.
const BYTES: usize = 256;

/// Xorshift (Marsaglia 2003).
fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[test]
fn the_guard_reads_whatever_a_reader_of_a_generated_body_reads() {
    let oracle = Oracle::new().unwrap();
    let cases = number("PORTCULLIS_ORACLE_CASES").unwrap_or(CASES);
    let end =
        number("PORTCULLIS_ORACLE_MINUTES").map(|minutes| Instant::now() + Duration::from_secs(60 * minutes));
    let mut state = number("PORTCULLIS_ORACLE_SEED").unwrap_or(0x9e37_79b9_7f4a_7c15).max(1);
    let (mut total, mut done, start) = (Compared::default(), 0, Instant::now());
    let mut failures = Vec::new();
    while end.map_or(done < cases, |end| Instant::now() < end) {
        let bytes: Vec<u8> = (0..BYTES).map(|_| (random(&mut state) >> 32) as u8).collect();
        match oracle.check_generated(&bytes) {
            Ok(compared) => {
                total.allowed += compared.allowed;
                total.strings += compared.strings;
            }
            Err(failure) if failures.len() < 20 => failures.push(failure),
            Err(_) => {}
        }
        done += 1;
    }
    println!("{done} requests in {:?}, {total:?}", start.elapsed());
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n\n"));
    assert!(total.strings as u64 > done, "too few strings were compared: {total:?} of {done} requests");
}
