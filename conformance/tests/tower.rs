//! Every vector, on the layer for any tower service.

use std::process::ExitCode;

use portcullis_conformance::run;
use portcullis_conformance::targets::tower::Tower;

fn main() -> ExitCode {
    run::main("tower", |case| !case.http2, |case| Ok(Box::new(Tower::new(case)?)))
}
