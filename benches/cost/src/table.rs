//! The printed table: instructions of a request, what the guard adds, and the change since the baseline.

use crate::baseline::{Baseline, change};
use crate::scenario::{Scenario, Target};

/// The header of the table.
pub(crate) fn header() -> String {
    format!(
        "{:<8} {:<16} {:>12} {:>12} {:>12} {:>8}",
        "target", "scenario", "instructions", "added", "baseline", "change"
    )
}

/// One line of the table. `bare` is the figure of the same request without a guard.
pub(crate) fn line(
    target: Target,
    scenario: Scenario,
    figure: u64,
    bare: Option<u64>,
    baseline: Option<&Baseline>,
) -> String {
    let then = baseline.and_then(|baseline| baseline.figure(target.name(), scenario.name()));
    let added = bare.filter(|_| !scenario.is_bare()).map(|bare| i128::from(figure) - i128::from(bare));
    let text = |number: Option<String>| number.unwrap_or_else(|| "-".to_owned());
    format!(
        "{:<8} {:<16} {figure:>12} {:>12} {:>12} {:>8}",
        target.name(),
        scenario.name(),
        text(added.map(|added| added.to_string())),
        text(then.map(|then| then.to_string())),
        text(then.map(|then| format!("{:+.1} %", change(figure, then)))),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_line_has_what_is_known() {
        let columns = |line: String| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let bare = line(Target::Axum, Scenario::Bare, 13_678, Some(13_678), None);
        assert_eq!(columns(bare), ["axum", "bare", "13678", "-", "-", "-"]);
        let baseline = Baseline {
            rustc: String::new(),
            valgrind: String::new(),
            avx2: true,
            date: String::new(),
            figures: BTreeMap::from([("axum".to_owned(), BTreeMap::from([("json".to_owned(), 40_000)]))]),
        };
        let json = line(Target::Axum, Scenario::Json, 40_400, Some(20_000), Some(&baseline));
        assert_eq!(columns(json), ["axum", "json", "40400", "20400", "40000", "+1.0", "%"]);
        assert_eq!(columns(header()).len(), 6);
    }
}
