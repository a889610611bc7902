//! The family's public corpus, where it is present. `UPDATE_DOCS=1` writes the list of differences into the documentation.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Failed, Trial};
use portcullis_conformance::family;
use portcullis_conformance::family::differences::Differences;

fn main() -> ExitCode {
    family::main(vec![
        Trial::test("family.toml rejects incomplete entries", rejects_incomplete_entries),
        Trial::test("family.toml can only shrink", can_only_shrink),
        Trial::test("docs/compatibility.md lists the differences", is_documented),
    ])
}

fn entry(cases: &str, reason: &str) -> String {
    format!("[[difference]]\nsuite = \"s\"\ncases = {cases}\naspect = \"status\"\nreason = \"{reason}\"\n")
}

fn rejects_incomplete_entries() -> Result<(), Failed> {
    for (text, problem) in [
        (entry("[\"a\"]", "  "), "needs a reason"),
        (entry("[]", "why"), "names no case"),
        (entry("[\"a\"]", "why") + &entry("[\"b\", \"a\"]", "why"), "s/a: status is declared twice"),
        (entry("[\"a\"]", "why").replace("status", "statuses"), "unknown variant `statuses`"),
    ] {
        match Differences::parse(&text) {
            Err(error) if error.contains(problem) => {}
            other => return Err(format!("expected {problem:?}, observed {other:?} for {text}").into()),
        }
    }
    Ok(())
}

fn can_only_shrink() -> Result<(), Failed> {
    let differences = Differences::parse(&entry("[\"a\"]", "why"))?;
    let differs = family::Disagreement { aspect: family::Aspect::Status, what: "another one".into() };
    let other = family::Disagreement { aspect: family::Aspect::Body, what: "another one".into() };
    for (case, found, expected) in [
        ("a", vec![differs.clone()], Ok(1)),
        ("a", vec![differs.clone(), differs.clone()], Ok(1)),
        ("b", vec![], Ok(0)),
        ("a", vec![], Err("status agrees after all; remove it from family.toml (why)\n")),
        ("b", vec![differs.clone()], Err("status: another one\n")),
        ("a", vec![differs, other], Err("body: another one\n")),
    ] {
        let compared = differences.compare("s", case, &found);
        if compared != expected.map_err(String::from) {
            return Err(format!("{case}, {found:?}: {compared:?}").into());
        }
    }
    Ok(())
}

/// The generated part of `docs/compatibility.md` must equal the table of `family.toml`; `UPDATE_DOCS` writes it.
fn is_documented() -> Result<(), Failed> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/compatibility.md");
    let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
    let begin = "<!-- generated: family -->\n";
    let (before, rest) = text.split_once(begin).ok_or("no marker before the list")?;
    let (_, after) = rest.split_once("<!-- end -->").ok_or("no marker behind the list")?;
    let current = format!("{before}{begin}\n{}\n<!-- end -->{after}", Differences::current()?.table());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return fs::write(&path, current).map_err(|error| error.to_string().into());
    }
    let advice = "run `UPDATE_DOCS=1 cargo test -p portcullis-conformance --test family`";
    if text == current { Ok(()) } else { Err(format!("it differs from family.toml; {advice}").into()) }
}
