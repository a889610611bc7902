//! Every block of TOML in the guides loads and compiles.

use std::fs;
use std::path::Path;

use portcullis_core::Config;

/// The blocks of `language` in a page, each with the line it begins at.
fn blocks(page: &str, language: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        if line.strip_prefix("```") == Some(language) {
            let body: Vec<&str> =
                lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
            found.push((at + 2, body.join("\n")));
        }
    }
    found
}

#[test]
fn every_configuration_in_the_guides_compiles() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let mut seen = 0;
    for page in ["guide.md", "operations.md", "tuning.md"] {
        let text = fs::read_to_string(docs.join(page)).unwrap();
        for (line, block) in blocks(&text, "toml") {
            seen += 1;
            let compiled = Config::from_toml(&block).and_then(Config::compile);
            assert!(compiled.is_ok(), "{page}:{line}: {}", compiled.unwrap_err());
        }
    }
    assert!(seen > 8, "the guides hold configurations");
}
