//! No field of the configuration is inert: for each, the responses or reports of the same requests differ when only that
//! field differs. A field without a case fails the run, and so does a case without an effect.

mod field_case;
mod service;
mod table;

use portcullis_core::config;

#[test]
fn every_case_has_an_effect() {
    let mut inert = Vec::new();
    for field_case in table::field_cases() {
        match field_case.has_effect() {
            Ok(true) => {}
            Ok(false) => inert.push(format!("{}: the same", field_case.field)),
            Err(problem) => inert.push(format!("{}: {problem}", field_case.field)),
        }
    }
    assert!(inert.is_empty(), "nothing is shown to change:\n{}", inert.join("\n"));
}

#[test]
fn checklist_41_every_field_has_a_case() {
    let has = |field: &str| table::field_cases().any(|field_case| field_case.field == field);
    let missing: Vec<String> = config::field_paths().into_iter().filter(|field| !has(field)).collect();
    assert!(missing.is_empty(), "show in tests/inert/table what changes with {missing:#?}");
}

#[test]
fn every_case_names_a_field() {
    let fields = config::field_paths();
    let stray: Vec<&str> = table::field_cases()
        .map(|field_case| field_case.field)
        .filter(|name| fields.iter().all(|field| field != name))
        .collect();
    assert!(stray.is_empty(), "these are no fields: {stray:#?}");
}
