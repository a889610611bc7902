//! Counts the instructions of fixed requests through the engine and the adapters, and compares them with a baseline.
//!
//! ```text
//! portcullis-cost TARGET SCENARIO COUNT              send COUNT requests: what runs under callgrind
//! portcullis-cost measure FILE [TARGET [SCENARIO]]   measure, print a table, compare with the baseline FILE
//! portcullis-cost write FILE                         measure everything and write the baseline FILE
//! ```
//!
//! Targets: `engine`, `axum`, `actix`, `rocket`. Scenarios: see [`Scenario`]. A framework's `added` in the table is the
//! figure less that of the same request without a guard.

mod actix;
mod axum;
mod baseline;
mod callgrind;
mod engine;
mod requests;
mod rocket;
mod scenario;
mod table;

use std::path::Path;
use std::process::ExitCode;

use baseline::{Baseline, Figures, TOLERANCE};
use scenario::{Scenario, Target};

const USAGE: &str = "portcullis-cost TARGET SCENARIO COUNT | measure FILE [TARGET [SCENARIO]] | write FILE";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["write", file] => write(Path::new(file)),
        ["measure", file, selected @ ..] if selected.len() <= 2 => check(Path::new(file), selected),
        [target, scenario, count] => send(target, scenario, count),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Send requests in this process, on a thread of their own: its stack begins at a page. The beginning of the main thread's
/// stack depends on the length of the arguments and the environment, and `memcpy` takes another path for another alignment.
fn send(target: &str, scenario: &str, count: &str) -> Result<(), String> {
    let target = named_target(target)?;
    let scenario = named_scenario(target, scenario)?;
    let count = count.parse().map_err(|error| format!("{count}: {error}"))?;
    let run = match target {
        Target::Engine => engine::run,
        Target::Axum => axum::run,
        Target::Actix => actix::run,
        Target::Rocket => rocket::run,
    };
    let sent = std::thread::spawn(move || run(scenario, count)).join();
    sent.map_err(|_| format!("{} {} panicked", target.name(), scenario.name()))
}

/// Measure what is selected and compare it with the baseline.
fn check(file: &Path, selected: &[&str]) -> Result<(), String> {
    let baseline = Baseline::read(file)?;
    let measured = Baseline::of(measure(selected, Some(&baseline))?)?;
    for difference in measured.differs_in(&baseline) {
        println!("note: {difference}");
    }
    if measured.rustc != baseline.rustc {
        println!("not compared: another compiler built this");
    }
    match measured.grown_since(&baseline) {
        grown if grown.is_empty() => Ok(()),
        grown => Err(format!("more than {TOLERANCE} % above the baseline:\n{}", grown.join("\n"))),
    }
}

fn write(file: &Path) -> Result<(), String> {
    let baseline = Baseline::read(file).ok();
    Baseline::of(measure(&[], baseline.as_ref())?)?.write(file)
}

/// The figures of the selected scenarios, printed one by one.
fn measure(selected: &[&str], baseline: Option<&Baseline>) -> Result<Figures, String> {
    let targets = match selected.first() {
        Some(name) => vec![named_target(name)?],
        None => Target::ALL.to_vec(),
    };
    let mut figures = Figures::new();
    println!("{}", table::header());
    for target in targets {
        let mut scenarios = target.scenarios().to_vec();
        if let Some(name) = selected.get(1) {
            let scenario = named_scenario(target, name)?;
            scenarios.retain(|other| [scenario, scenario.bare()].contains(other));
        }
        let measured = figures.entry(target.name().to_owned()).or_default();
        for scenario in scenarios {
            let figure = callgrind::instructions(target, scenario)?;
            measured.insert(scenario.name().to_owned(), figure);
            let bare = measured.get(scenario.bare().name()).copied();
            println!("{}", table::line(target, scenario, figure, bare, baseline));
        }
    }
    Ok(figures)
}

fn named_target(name: &str) -> Result<Target, String> {
    let names = Target::ALL.map(Target::name).join(", ");
    Target::from_name(name).ok_or_else(|| format!("{name} is no target; there are {names}"))
}

fn named_scenario(target: Target, name: &str) -> Result<Scenario, String> {
    let scenarios = target.scenarios();
    let names: Vec<&str> = scenarios.iter().map(|scenario| scenario.name()).collect();
    Scenario::from_name(name)
        .filter(|scenario| scenarios.contains(scenario))
        .ok_or_else(|| format!("{name} is no scenario of {}; there are {}", target.name(), names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_of_every_target_answers_as_it_must() {
        for target in Target::ALL {
            for scenario in target.scenarios() {
                send(target.name(), scenario.name(), "2").unwrap();
            }
        }
    }

    #[test]
    fn what_is_unknown_is_rejected_with_the_names_that_exist() {
        assert!(send("nginx", "bare", "1").unwrap_err().contains("engine, axum"));
        assert!(send("engine", "bare", "1").unwrap_err().contains("bypass, no_detection"));
        assert!(send("axum", "bare", "many").is_err());
    }
}
