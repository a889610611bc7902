//! The security checklist: every claim has a proof that exists, and the proofs say which claim they prove.

use std::collections::BTreeMap;
use std::path::Path;

use portcullis_conformance::vector::VectorFile;

/// Numbers that must be claimed and proved.
const CLAIMED: [u8; 20] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15, 16, 17, 18, 19, 20, 21, 22];

/// The proofs that `docs/checklist.md` names, by number: `(file, case or function)`.
fn claims() -> BTreeMap<u8, Vec<(String, String)>> {
    let text = std::fs::read_to_string(root().join("docs/checklist.md")).unwrap();
    let mut claims: BTreeMap<u8, Vec<(String, String)>> = BTreeMap::new();
    let mut number = 0;
    for line in text.lines() {
        if let Some((start, _)) = line.split_once(". ")
            && let Ok(next) = start.parse()
        {
            assert!(next > number, "property {next} stands after {number}");
            number = next;
            claims.entry(number).or_default();
        } else if let Some(proof) =
            line.trim_start().strip_prefix("- `").and_then(|rest| rest.strip_suffix('`'))
        {
            let (file, name) = proof.split_once(": ").unwrap_or_else(|| panic!("`{proof}` names no file"));
            claims.get_mut(&number).unwrap().push((file.to_owned(), name.to_owned()));
        }
    }
    claims
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn files() -> Vec<VectorFile> {
    VectorFile::load_all(&portcullis_conformance::vectors()).unwrap()
}

#[test]
fn every_claim_has_proofs_that_exist() {
    let files = files();
    for (number, proofs) in claims() {
        assert!(!proofs.is_empty(), "property {number} has no proof");
        for (file, name) in proofs {
            if file.ends_with(".rs") {
                let text = std::fs::read_to_string(root().join(&file))
                    .unwrap_or_else(|error| panic!("{file}: {error}"));
                let prefix = format!("checklist_{number:02}_");
                assert!(name.starts_with(&prefix), "`{name}` does not say that it proves {number}");
                assert!(text.contains(&format!("fn {name}(")), "{file} has no test `{name}`");
            } else {
                let file =
                    files.iter().find(|known| known.name == file).unwrap_or_else(|| panic!("no `{file}`"));
                let case = file.cases.iter().find(|case| case.name == name);
                let case = case.unwrap_or_else(|| panic!("`{}` has no case `{name}`", file.name));
                assert!(case.checklist.contains(&number), "`{name}` does not say that it proves {number}");
            }
        }
    }
}

#[test]
fn every_number_that_a_case_names_is_claimed() {
    let claims = claims();
    for file in files() {
        for case in file.cases {
            for number in &case.checklist {
                assert!(claims.contains_key(number), "{}: {}: {number} is not claimed", file.name, case.name);
            }
        }
    }
}

#[test]
fn what_is_promised_is_claimed() {
    let claims = claims();
    for number in CLAIMED {
        assert!(claims.contains_key(&number), "property {number} is not claimed");
    }
}
