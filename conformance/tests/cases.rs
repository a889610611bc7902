//! Recorded cases: the regressions of this project, and the reports of a shared collection where it is present.

use std::path::Path;

use portcullis_conformance::cases::{RecordedCase, read, run};
use portcullis_conformance::shared;

/// The failures among these cases, a line each.
fn failures(cases: &[RecordedCase]) -> Vec<(&str, String)> {
    let failed = run(cases).into_iter().filter_map(|(case, result)| Some((&*case.id, result.err()?)));
    failed.collect()
}

#[test]
fn regressions_have_the_expected_outcome() {
    let files = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("cases")).expect("readable cases");
    assert!(!files.is_empty());
    for (path, cases) in &files {
        assert_eq!(failures(cases), [], "{}", path.display());
    }
}

/// Reproductions of attacks on the guard itself. Ids with one of these prefixes are texts that the detector may miss: their
/// share is printed.
const DETECTOR: [&str; 6] = ["sqli-", "xss-", "shell-", "traversal-", "lookup-", "json-"];

#[test]
fn shared_attacks_on_the_guard_are_rejected() {
    let Some(directory) = shared("cases") else {
        eprintln!("skipped: no shared test data; set PORTCULLIS_SHARED");
        return;
    };
    let mut wrong = Vec::new();
    for (path, cases) in read(&directory).expect("readable cases") {
        let failed = failures(&cases);
        let (missed, broken): (Vec<_>, Vec<_>) =
            failed.into_iter().partition(|(id, _)| DETECTOR.iter().any(|prefix| id.starts_with(prefix)));
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        println!(
            "{name}: {} cases, {} wrong, {} missed by the detector",
            cases.len(),
            broken.len(),
            missed.len()
        );
        for (id, difference) in missed.iter().chain(&broken) {
            println!("  {id}: {difference}");
        }
        if name == "attackers.jsonl" {
            wrong.extend(broken.into_iter().map(|(id, difference)| format!("{id}: {difference}")));
        }
    }
    assert_eq!(wrong, [""; 0]);
}
