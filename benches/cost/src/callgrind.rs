//! Instructions of one request: this program runs under callgrind twice, with a short and a long loop, and the difference
//! of the totals is divided by the difference in length. Start-up and warm-up are in both and cancel out.

use std::process::Command;

use crate::scenario::{Scenario, Target, WARM_UP};

/// Instructions of one request of a scenario, rounded.
///
/// # Errors
/// A run that fails, with what it printed.
pub(crate) fn instructions(target: Target, scenario: Scenario) -> Result<u64, String> {
    let requests = target.requests();
    let (short, long) = (total(target, scenario, WARM_UP)?, total(target, scenario, WARM_UP + requests)?);
    let requests = u64::try_from(requests).map_err(|error| error.to_string())?;
    let added = long.checked_sub(short).ok_or("the long run took fewer instructions than the short one")?;
    Ok((added + requests / 2) / requests)
}

/// Instructions of one run.
fn total(target: Target, scenario: Scenario, count: usize) -> Result<u64, String> {
    let program = std::env::current_exe().map_err(|error| format!("the path of this program: {error}"))?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args([target.name(), scenario.name(), &count.to_string()])
        .output()
        .map_err(|error| format!("valgrind does not start: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stderr);
    match parse_total(&printed) {
        Some(total) if output.status.success() => Ok(total),
        _ => Err(format!("{} {} failed:\n{printed}", target.name(), scenario.name())),
    }
}

/// The total that callgrind prints at the end: `==4711== Collected : 123456`.
fn parse_total(printed: &str) -> Option<u64> {
    let total = printed.lines().find_map(|line| line.split_once("Collected :"))?.1;
    total.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::parse_total;

    #[test]
    fn the_total_is_read_from_what_callgrind_prints() {
        let printed = "==7== Callgrind, a call-graph generating cache profiler\n==7== \n\
            ==7== Events    : Ir\n==7== Collected : 41938204\n==7== \n==7== I   refs:      41,938,204\n";
        assert_eq!(parse_total(printed), Some(41_938_204));
        assert_eq!(parse_total("==7== Callgrind\nvalgrind: killed\n"), None);
    }
}
