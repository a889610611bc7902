//! The guard reads whatever any reader reads: generated bodies, and those that were read differently once. The fuzz target
//! `oracle` and `.ci/oracle` continue from here.

use std::time::{Duration, Instant};

use portcullis_conformance::oracle::{Compared, Oracle, post};

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

/// Bodies of which a handler got a string that was not inspected: content type, content coding, body.
const REGRESSIONS: [(&str, &str, &[u8]); 14] = [
    ("application/x-www-form-urlencoded+json", "", b"a+bw=1"),
    ("multipart/form-data+json; boundary=xxxx", "", b"--xxxx\r\nn: v\r\n\r\n1' or 1=1\r\n--xxxx--\r\n"),
    (
        "multipart/form-data; boundary=xxxx",
        "",
        b"--xxxx\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n1' or 1=1\r\n--xxxx--\r\n",
    ),
    ("text/html", "", b"\"wo\\nrd\""),
    ("multipart/form-data ; boundary=xxxx; charset='shift_jis'", "", b"\"or\\n&\""),
    ("application/x-www-form-urlencoded, charset=windows-1252", "", b"\"ue\\\\]\""),
    ("application/x-www-form-urlencoded", "", b"[true,\"w\",{ \"6\":\"wd\",\"\":[\"f\\\"<sc\"]}]"),
    ("multipart/form-data; boundary=xxxx", "", b"--xxxx\r\nCONTENT-DISPOSITION:name=\"a\\\"il\"\r\n\r\n"),
    ("multipart/form-data; boundary=xxxx", "", b"--xxxx\r\nCONTENT-DISPOSITION:;name=\"a\\\"\\il\"\r\n\r\n"),
    (
        "multipart/form-data; boundary=xxxx",
        "",
        b"--xxxx\r\nContent-Disposition: form-data; name=q\r\nContent-Length: 20\r\n\r\n1' un\r\n--xxxx\r\nA: b\r\n\r\n\
          ion\r\n--xxxx--\r\n",
    ),
    ("text/plain; charset=utf-16le", "", b"\xef\xbb\xbf\0i\0d\0=\0'\0"),
    (
        "multipart/form-data; boundary=xxxx",
        "",
        b"--xxxx\r\nContent-Type: multipart/mixed; boundary=yyyy\r\n\r\n1' un\r\n--yyyy--\r\nion\r\n--xxxx--\r\n",
    ),
    ("application/x-www-form-urlencoded", "", b"\"1' or 1=1\""),
    ("text/plain", "gzip", b"not gzip"),
];

#[test]
fn bodies_that_were_read_differently_once_are_inspected() {
    let oracle = Oracle::new().unwrap();
    for (kind, coding, body) in REGRESSIONS {
        let mut headers = vec![
            ("content-type".to_owned(), kind.as_bytes().to_vec()),
            ("content-length".to_owned(), body.len().to_string().into_bytes()),
        ];
        if !coding.is_empty() {
            headers.push(("content-encoding".to_owned(), coding.as_bytes().to_vec()));
        }
        oracle.check(&post(headers, body.to_vec())).unwrap();
    }
}
