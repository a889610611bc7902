//! Every vector, on Rocket's routes in process.

use std::process::ExitCode;

use portcullis_conformance::run;
use portcullis_conformance::targets::rocket::Rocket;

fn main() -> ExitCode {
    run::main("rocket", |_| true, |case| Ok(Box::new(Rocket::new(case)?)))
}
