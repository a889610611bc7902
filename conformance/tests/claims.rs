//! The claims of the documentation are tested: every claim of the security checklist and of the compatibility page names
//! tests that exist, and those tests name the claim.
//!
//! A claim is a numbered paragraph with a list of proofs below it, or a row of a table whose last column is `proof`. A proof
//! is `file: name`: a case of a vector file, or a test of a source file.

use std::fs;
use std::path::Path;

use portcullis_conformance::vector::{Case, VectorFile};

/// A page with claims.
struct Page {
    file: &'static str,
    /// With the number, the beginning of a test's name: `checklist_07_…`.
    word: &'static str,
    /// The numbers that a case lists.
    of_case: fn(&Case) -> &[u8],
    /// The numbers that must be claimed.
    promised: fn() -> Vec<u8>,
}

const PAGES: [Page; 2] = [
    Page {
        file: "docs/checklist.md",
        word: "checklist",
        of_case: |case| &case.checklist,
        // 12 is about stores that expire keys by themselves.
        promised: || (1..=57).filter(|number| *number != 12).collect(),
    },
    Page {
        file: "docs/compatibility.md",
        word: "defect",
        of_case: |case| &case.defect,
        promised: || (1..=42).collect(),
    },
];

/// One claim: its number, or the text before its proofs.
struct Claim {
    key: String,
    proofs: Vec<(String, String)>,
}

impl Claim {
    fn number(&self) -> Option<u8> {
        self.key.parse().ok()
    }
}

impl Page {
    fn claims(&self) -> Vec<Claim> {
        let text = fs::read_to_string(root().join(self.file)).unwrap();
        let (mut claims, mut in_table) = (Vec::<Claim>::new(), false);
        for line in text.lines() {
            if let Some(row) = line.strip_prefix('|') {
                let cells: Vec<&str> = row.trim_end_matches('|').split(" | ").map(str::trim).collect();
                let [key, .., last] = cells[..] else { continue };
                if in_table {
                    claims.push(Claim { key: key.into(), proofs: proofs(last) });
                }
                in_table |= last == "proof";
                continue;
            }
            in_table = false;
            if let Some((key, _)) = line.split_once(". ").filter(|(key, _)| key.parse::<u8>().is_ok()) {
                claims.push(Claim { key: key.into(), proofs: Vec::new() });
            } else if let Some(item) = line.trim_start().strip_prefix("- `") {
                claims
                    .last_mut()
                    .expect("a claim before its proofs")
                    .proofs
                    .extend(proofs(&format!("`{item}")));
            }
        }
        claims
    }

    /// Panics unless the proof exists and names the claim.
    fn verify(&self, claim: &Claim, (file, name): &(String, String), vectors: &[VectorFile]) {
        if file.ends_with(".rs") {
            let text =
                fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert!(text.contains(&format!("fn {name}(")), "{file} has no test `{name}`");
            if let Some(number) = claim.number() {
                let begin = format!("{}_{number:02}_", self.word);
                assert!(name.starts_with(&begin), "{file}: `{name}` does not begin with `{begin}`");
            }
            return;
        }
        let file = vectors.iter().find(|known| known.name == *file).unwrap_or_else(|| panic!("no `{file}`"));
        let case = file.cases.iter().find(|case| case.name == *name);
        let case = case.unwrap_or_else(|| panic!("`{}` has no case `{name}`", file.name));
        if let Some(number) = claim.number() {
            let is_named = (self.of_case)(case).contains(&number);
            assert!(is_named, "{}: `{name}` lacks `{} = [{number}]`", file.name, self.word);
        }
    }
}

/// The proofs in a text, each in backticks.
fn proofs(text: &str) -> Vec<(String, String)> {
    let codes = text.split('`').skip(1).step_by(2);
    let split = |code: &str| {
        let (file, name) = code.split_once(": ").unwrap_or_else(|| panic!("`{code}` names no file"));
        (file.to_owned(), name.to_owned())
    };
    codes.map(split).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn vectors() -> Vec<VectorFile> {
    VectorFile::load_all(&portcullis_conformance::vectors()).unwrap()
}

#[test]
fn every_claim_has_proofs_that_exist() {
    let vectors = vectors();
    for page in PAGES {
        for claim in page.claims() {
            assert!(!claim.proofs.is_empty(), "{}: `{}` has no proof", page.file, claim.key);
            claim.proofs.iter().for_each(|proof| page.verify(&claim, proof, &vectors));
        }
    }
}

#[test]
fn every_number_that_is_promised_is_claimed_once_and_in_order() {
    for page in PAGES {
        let claimed: Vec<u8> = page.claims().iter().filter_map(Claim::number).collect();
        assert_eq!(claimed, (page.promised)(), "{}", page.file);
    }
}

#[test]
fn every_number_that_a_case_names_is_claimed() {
    let vectors = vectors();
    for page in PAGES {
        let claims = page.claims();
        for (file, case) in vectors.iter().flat_map(|file| file.cases.iter().map(move |case| (file, case))) {
            for number in (page.of_case)(case) {
                let claimed = claims.iter().any(|claim| claim.number() == Some(*number));
                assert!(claimed, "{}: {}: {number} is not claimed", file.name, case.name);
            }
        }
    }
}
