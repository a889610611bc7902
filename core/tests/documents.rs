//! The generated parts of `docs/` are what the code says.
//!
//! `UPDATE_DOCS=1 cargo test -p portcullis-core --test documents` writes them.

use std::fs;
use std::path::{Path, PathBuf};

use portcullis_core::config;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

/// The document `name` is what `current` makes of it, or is made to be when asked for.
fn is_current(name: &str, current: impl FnOnce(&str) -> String) {
    if !docs().exists() {
        // A packaged crate has no documents around it.
        return;
    }
    let path = docs().join(name);
    let text = fs::read_to_string(&path).unwrap_or_default();
    let current = current(&text);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return fs::write(&path, current).expect(name);
    }
    let advice = "run `UPDATE_DOCS=1 cargo test -p portcullis-core --test documents`";
    assert!(text == current, "docs/{name} is not what the code says; {advice}");
}

/// `text` with `part` between the markers of `name`.
fn with_part(text: &str, name: &str, part: &str) -> String {
    let (begin, end) = (format!("<!-- generated: {name} -->\n"), "<!-- end -->");
    let (before, rest) = text.split_once(&begin).expect("the marker before the generated part");
    let (_, after) = rest.split_once(end).expect("the marker behind the generated part");
    format!("{before}{begin}\n{part}\n{end}{after}")
}

#[test]
fn the_reference_of_the_configuration_is_current() {
    is_current("configuration.md", |_| config::reference());
}

#[test]
fn the_table_of_the_familys_names_is_current() {
    is_current("compatibility.md", |text| with_part(text, "names", &config::guard::names()));
}
