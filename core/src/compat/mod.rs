//! Compatibility with the Guard family: its configuration documents and its documents of dynamic rules.
//!
//! All code that exists only for the family is here. The rest of the engine does not import this module.

pub mod rules;
pub mod settings;

/// A file or directory of the shared test data, if it is present: in the directory that `PORTCULLIS_SHARED` names, or in
/// `../shared` beside the workspace.
#[cfg(test)]
fn shared(path: &str) -> Option<std::path::PathBuf> {
    let beside = || concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared").into();
    let path =
        std::path::PathBuf::from(std::env::var_os("PORTCULLIS_SHARED").unwrap_or_else(beside)).join(path);
    if !path.exists() {
        std::eprintln!("skipped: {} is not present", path.display());
        return None;
    }
    Some(path)
}
