//! No field of the configuration is inert: for each, the same requests are answered differently, or reported differently,
//! when only that field differs. A field that nobody has shown to act fails the run, and so does a witness that shows nothing.

mod service;
mod table;
mod witness;

use portcullis_core::config;

#[test]
fn every_witness_sees_a_difference() {
    let mut blind = Vec::new();
    for witness in table::witnesses() {
        match witness.sees() {
            Ok(true) => {}
            Ok(false) => blind.push(format!("{}: the same", witness.field)),
            Err(problem) => blind.push(format!("{}: {problem}", witness.field)),
        }
    }
    assert!(blind.is_empty(), "nothing is shown to change:\n{}", blind.join("\n"));
}

#[test]
fn checklist_41_every_field_has_a_witness() {
    let has = |field: &str| table::witnesses().any(|witness| witness.field == field);
    let missing: Vec<String> = config::field_paths().into_iter().filter(|field| !has(field)).collect();
    assert!(missing.is_empty(), "show in tests/inert/table what changes with {missing:#?}");
}

#[test]
fn every_witness_is_about_a_field() {
    let fields = config::field_paths();
    let stray: Vec<&str> = table::witnesses()
        .map(|witness| witness.field)
        .filter(|name| fields.iter().all(|field| field != name))
        .collect();
    assert!(stray.is_empty(), "these are no fields: {stray:#?}");
}
