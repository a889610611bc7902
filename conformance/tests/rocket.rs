//! Every vector, on Rocket's routes in process.

use std::process::ExitCode;

use portcullis_conformance::run;
use portcullis_conformance::targets::rocket::Rocket;

fn main() -> ExitCode {
    run::main("rocket", |case| !case.http2, |case| Ok(Box::new(Rocket::new(case)?)))
}
