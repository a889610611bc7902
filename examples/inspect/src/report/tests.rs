use std::time::Duration;

use super::Summary;

fn micros(times: impl IntoIterator<Item = u32>) -> String {
    let times: Vec<u32> = times.into_iter().map(|micros| micros * 1000).collect();
    let longest = Duration::from_nanos(times.iter().copied().max().unwrap_or(0).into());
    Summary { times, longest, ..Summary::default() }.to_string()
}

#[test]
fn quantiles_are_times_that_were_measured() {
    assert!(micros((1..=100).rev()).contains("median 50.0, p95 95.0, p99 99.0, max 100.0\n"));
    assert!(micros(1..=101).contains("median 51.0, p95 96.0, p99 100.0, max 101.0\n"));
    assert!(micros([7]).contains("median 7.0, p95 7.0, p99 7.0, max 7.0\n"));
    assert!(!micros([]).contains("median"));
}
