//! No field of the configuration is inert: for each, the same requests are answered differently, or reported differently,
//! when only that field differs. A field that nobody has shown to act fails the run, and so does a witness that shows nothing.

mod table;

use portcullis_conformance::run::START;
use portcullis_conformance::target::Target;
use portcullis_conformance::targets::core::Core;
use portcullis_conformance::vector::{Action, VectorFile};
use portcullis_core::{Timestamp, config};

use table::{UNWITNESSED, WITNESSES, Witness};

/// Everything that can be seen of the requests of a witness with its field written like `fragment`.
fn observe(witness: &Witness, fragment: &str) -> Result<String, String> {
    let steps = witness.steps.iter().map(|step| format!("{{ {step}, expect = {{ status = 200 }} }}"));
    let steps = steps.collect::<Vec<_>>().join(", ");
    let with = witness.with;
    let (config, policy) = match witness.field.strip_prefix("route[].") {
        Some(_) => (with.to_owned(), fragment),
        None => (format!("{with}\n{fragment}"), ""),
    };
    let text = format!(
        "[[case]]\nname = 'witness'\nroutes = {{ '/p' = 'p' }}\nconfig = \"\"\"{}\"\"\"\nstep = [{steps}]\n\
         [case.policies.p]\n{policy}",
        config.replace('\\', "\\\\").replace('"', "\\\"")
    );
    let file = VectorFile::parse(witness.field, &text).map_err(|error| error.to_string())?;
    let case = file.cases.first().ok_or("no case")?;
    let mut target = Core::new(case)?;
    let mut seen = String::new();
    for step in &case.steps {
        let at = Timestamp::from_millis(START.saturating_add_signed(step.at));
        let Action::Send { request, times } = &step.action else { return Err("not a request".into()) };
        for _ in 0..*times {
            seen += &format!("{:?}\n", target.send(at, request));
        }
    }
    Ok(seen)
}

/// Whether the witness sees a difference.
fn sees(witness: &Witness) -> Result<bool, String> {
    Ok(observe(witness, witness.one)? != observe(witness, witness.other)?)
}

fn is_listed(field: &str) -> bool {
    UNWITNESSED.contains(&field)
}

#[test]
fn every_witness_sees_a_difference() {
    let mut blind = Vec::new();
    for witness in WITNESSES.iter().filter(|witness| !is_listed(witness.field)) {
        match sees(witness) {
            Ok(true) => {}
            Ok(false) => blind.push(format!("{}: the same", witness.field)),
            Err(problem) => blind.push(format!("{}: {problem}", witness.field)),
        }
    }
    assert!(blind.is_empty(), "nothing is shown to change:\n{}", blind.join("\n"));
}

#[test]
fn every_field_has_a_witness() {
    let fields = config::field_paths();
    let has = |field: &str| WITNESSES.iter().any(|witness| witness.field == field) || is_listed(field);
    let missing: Vec<&String> = fields.iter().filter(|field| !has(field)).collect();
    assert!(missing.is_empty(), "show in tests/inert/table.rs what changes with {missing:#?}");
}

#[test]
fn nothing_is_listed_that_acts_or_is_no_field() {
    let fields = config::field_paths();
    let named = WITNESSES.iter().map(|witness| witness.field).chain(UNWITNESSED.iter().copied());
    for name in named {
        assert!(fields.iter().any(|field| field == name), "{name} is no field");
    }
    let acting: Vec<&str> = WITNESSES
        .iter()
        .filter(|witness| is_listed(witness.field) && sees(witness) == Ok(true))
        .map(|witness| witness.field)
        .collect();
    assert!(acting.is_empty(), "these act; take them out of the list: {acting:#?}");
}
