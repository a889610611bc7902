//! Every vector, on the Actix middleware in process.

use std::process::ExitCode;

use portcullis_conformance::run;
use portcullis_conformance::targets::actix::Actix;

fn main() -> ExitCode {
    run::main("actix", |case| !case.http2, |case| Ok(Box::new(Actix::new(case)?)))
}
