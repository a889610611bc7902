//! The cost of repeated fragments: whether any repetition makes the detector slower per byte as it gets longer.
//!
//! ```text
//! cargo bench -p portcullis-runtime --bench hostile
//! ```
//!
//! Every pair of fragments is repeated behind each beginning and before each end. The table shows the values whose cost per byte
//! grows most from 4 KB to 16 KB (a quadratic recogniser shows as 4.0), then the costliest ones.

use std::time::Instant;

use portcullis_core::detect::{ClassSet, Input, Location, Scanner};

const FRAGMENTS: [&str; 52] = [
    "\n",
    " ",
    "\t",
    ";",
    "&",
    "|",
    "`",
    "$(",
    "${",
    "(",
    ")",
    "{",
    "}",
    "<",
    ">",
    "'",
    "\"",
    "\\",
    "/",
    "../",
    "%",
    "%25",
    "&#",
    "&lt;",
    "\\u00",
    "\\x",
    "=",
    "-",
    "--",
    "#",
    "/*",
    "*/",
    "/*!",
    "@",
    ".",
    ",",
    "a",
    "cat",
    "or",
    "select",
    "<a ",
    "<script",
    "on=",
    "javascript:",
    "\u{ff1c}",
    "\0",
    "0x",
    "?",
    "*",
    "+",
    "&colon;",
    "\\\n",
];
const BEGINNINGS: [&str; 5] = ["", "cat ", "select 'x' or 1 ", "<a href=\"", " /etc/ "];
const ENDS: [&str; 3] = ["", ")", "'"];

fn main() {
    let mut scanner = Scanner::new();
    let mut costs = Vec::new();
    for beginning in BEGINNINGS {
        for first in FRAGMENTS {
            for second in [""].into_iter().chain(FRAGMENTS) {
                let unit = [first, second].concat();
                for end in ENDS {
                    let mut cost = |bytes: usize| {
                        let value = [beginning, &unit.repeat(bytes / unit.len()), end].concat();
                        nanoseconds_a_byte(&mut scanner, value.as_bytes())
                    };
                    let (short, long) = (cost(4_000), cost(16_000));
                    costs.push((long / short, long, format!("{beginning:?} {unit:?} {end:?}")));
                }
            }
        }
    }
    // A single scheduling pause looks like growth: only values that are slow count.
    let mut growing: Vec<_> = costs.iter().filter(|(_, cost, _)| *cost > 100.0).collect();
    growing.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("{:>8} {:>8}  beginning, repeated, end", "growth", "ns/byte");
    growing.iter().take(10).for_each(|(growth, cost, value)| println!("{growth:>8.1} {cost:>8.0}  {value}"));
    costs.sort_by(|a, b| b.1.total_cmp(&a.1));
    println!("{:>8} {:>8}  the costliest of {}", "", "ns/byte", costs.len());
    costs.iter().take(10).for_each(|(_, cost, value)| println!("{:>8} {cost:>8.0}  {value}", ""));
}

/// The best of a few times, in the costliest location.
fn nanoseconds_a_byte(scanner: &mut Scanner, value: &[u8]) -> f64 {
    let places = [Location::Json, Location::Path, Location::Query];
    let cost = |location| {
        let input = Input { location, name: b"q", value };
        let times = (0..3).map(|_| {
            let start = Instant::now();
            drop(scanner.scan(&input, ClassSet::ALL));
            start.elapsed().as_secs_f64()
        });
        times.fold(f64::INFINITY, f64::min)
    };
    places.into_iter().map(cost).fold(0.0, f64::max) * 1e9 / value.len() as f64
}
