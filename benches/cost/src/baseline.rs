//! The committed figures, and the comparison of new ones with them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

/// How much a figure may grow, in per cent.
pub(crate) const TOLERANCE: u64 = 2;

const COMMENT: &str = "\
# Instructions of one request, counted by callgrind: figures.TARGET.SCENARIO. Written by `.ci/cost --write`.
#
# The figures depend on the compiler; with another one `.ci/cost` only reports. They also depend on what valgrind offers
# the program as processor: memchr and the memcpy of the C library choose AVX2 at run time where the machine has it, and
# valgrind 3.19 offers no AVX-512. `avx2` is whether this machine has AVX2; on one without it, or with another C library,
# figures differ although nothing changed.

";

/// Instructions by target and scenario.
pub(crate) type Figures = BTreeMap<String, BTreeMap<String, u64>>;

/// Figures, and what they were measured with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Baseline {
    /// The first line of `rustc --version`.
    pub(crate) rustc: String,
    /// The first line of `valgrind --version`.
    pub(crate) valgrind: String,
    /// Whether the processor has AVX2.
    pub(crate) avx2: bool,
    /// The day of the measurement.
    pub(crate) date: String,
    pub(crate) figures: Figures,
}

impl Baseline {
    /// These figures, measured here and now.
    ///
    /// # Errors
    /// A program that does not give its version.
    pub(crate) fn of(figures: Figures) -> Result<Self, String> {
        Ok(Self {
            rustc: first_line("rustc", "--version")?,
            valgrind: first_line("valgrind", "--version")?,
            avx2: avx2(),
            date: first_line("date", "+%F")?,
            figures,
        })
    }

    /// # Errors
    /// A file that cannot be read or is not a baseline.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// # Errors
    /// A file that cannot be written.
    pub(crate) fn write(&self, path: &Path) -> Result<(), String> {
        let text = toml::to_string(self).map_err(|error| error.to_string())?;
        fs::write(path, format!("{COMMENT}{text}")).map_err(|error| format!("{}: {error}", path.display()))
    }

    pub(crate) fn figure(&self, target: &str, scenario: &str) -> Option<u64> {
        self.figures.get(target)?.get(scenario).copied()
    }

    /// The conditions of the measurement that differ from the other baseline's, one line each.
    pub(crate) fn differs_in(&self, other: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut differs = |what: &str, now: &dyn std::fmt::Display, then: &dyn std::fmt::Display| {
            if now.to_string() != then.to_string() {
                lines.push(format!("{what}: {now}, the baseline has {then}"));
            }
        };
        differs("rustc", &self.rustc, &other.rustc);
        differs("valgrind", &self.valgrind, &other.valgrind);
        differs("AVX2", &self.avx2, &other.avx2);
        lines
    }

    /// The figures of this measurement that are more than [`TOLERANCE`] above those of the baseline, one line each. Empty
    /// when another compiler built the program, because its code differs where the source does not.
    pub(crate) fn grown_since(&self, baseline: &Self) -> Vec<String> {
        if self.rustc != baseline.rustc {
            return Vec::new();
        }
        let mut grown = Vec::new();
        for (target, scenarios) in &self.figures {
            for (scenario, now) in scenarios {
                let Some(then) = baseline.figure(target, scenario) else { continue };
                if now * 100 > then * (100 + TOLERANCE) {
                    let change = change(*now, then);
                    grown.push(format!("{target} {scenario}: {then} -> {now} ({change:+.1} %)"));
                }
            }
        }
        grown
    }
}

/// How much larger a figure is than it was, in per cent.
#[expect(clippy::cast_precision_loss, reason = "instructions of one request are far below 2^52")]
pub(crate) fn change(now: u64, then: u64) -> f64 {
    (now as f64 / then as f64 - 1.0) * 100.0
}

#[cfg(target_arch = "x86_64")]
fn avx2() -> bool {
    std::arch::is_x86_feature_detected!("avx2")
}

#[cfg(not(target_arch = "x86_64"))]
const fn avx2() -> bool {
    false
}

fn first_line(program: &str, argument: &str) -> Result<String, String> {
    let output = Command::new(program).arg(argument).output();
    let output = output.map_err(|error| format!("{program} {argument}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next().filter(|_| output.status.success());
    line.map(str::to_owned).ok_or_else(|| format!("{program} {argument} failed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline(rustc: &str, guarded: u64) -> Baseline {
        let scenarios = BTreeMap::from([("bare".to_owned(), 10_000), ("guarded".to_owned(), guarded)]);
        Baseline {
            rustc: rustc.to_owned(),
            valgrind: "valgrind-3.19.0".to_owned(),
            avx2: true,
            date: "2026-01-31".to_owned(),
            figures: BTreeMap::from([("axum".to_owned(), scenarios)]),
        }
    }

    #[test]
    fn growth_beyond_the_tolerance_is_named() {
        let then = baseline("rustc 1.95.0", 30_000);
        assert_eq!(baseline("rustc 1.95.0", 30_600).grown_since(&then), Vec::<String>::new());
        assert_eq!(baseline("rustc 1.95.0", 20_000).grown_since(&then), Vec::<String>::new());
        let grown = baseline("rustc 1.95.0", 30_700).grown_since(&then);
        assert_eq!(grown, ["axum guarded: 30000 -> 30700 (+2.3 %)"]);
    }

    #[test]
    fn another_compiler_and_a_new_scenario_are_no_growth() {
        let then = baseline("rustc 1.95.0", 30_000);
        let now = baseline("rustc 1.96.0", 60_000);
        assert_eq!(now.grown_since(&then), Vec::<String>::new());
        assert_eq!(now.differs_in(&then), ["rustc: rustc 1.96.0, the baseline has rustc 1.95.0"]);
        let mut fewer = then.clone();
        fewer.figures.clear();
        assert_eq!(then.grown_since(&fewer), Vec::<String>::new());
        assert_eq!(then.differs_in(&fewer), Vec::<String>::new());
    }

    #[test]
    fn a_written_baseline_is_read_back() {
        let path = std::env::temp_dir().join(format!("portcullis-cost-{}.toml", std::process::id()));
        let written = baseline("rustc 1.95.0", 30_000);
        written.write(&path).unwrap();
        let read = Baseline::read(&path);
        fs::remove_file(&path).unwrap();
        assert_eq!(read, Ok(written));
        assert!(Baseline::read(&path).is_err());
    }
}
