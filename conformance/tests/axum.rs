//! Every vector, on the Axum layer in process.

use std::process::ExitCode;

use portcullis_conformance::run;
use portcullis_conformance::targets::axum::Axum;

fn main() -> ExitCode {
    run::main("axum", |case| !case.http2, |case| Ok(Box::new(Axum::new(case)?)))
}
