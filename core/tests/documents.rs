//! The generated parts of `docs/` are what the code says.
//!
//! `UPDATE_DOCS=1 cargo test -p portcullis-core --test documents` writes them.

use std::fs;
use std::path::{Path, PathBuf};

use portcullis_core::config;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

/// `name` holds `expected`, or is made to when asked for.
fn is_current(name: &str, expected: &str) {
    let path = docs().join(name);
    if !docs().exists() {
        // A packaged crate has no documents around it.
        return;
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, expected).expect(name);
    }
    let text = fs::read_to_string(&path).unwrap_or_default();
    let advice = "run `UPDATE_DOCS=1 cargo test -p portcullis-core --test documents`";
    assert!(text == expected, "docs/{name} is not what the code says; {advice}");
}

#[test]
fn the_reference_of_the_configuration_is_current() {
    is_current("configuration.md", &config::reference());
}
