//! Every vector, on the engine alone.

use std::process::ExitCode;

use portcullis_conformance::run;
use portcullis_conformance::targets::core::Core;

fn main() -> ExitCode {
    run::main("core", |_| true, |case| Ok(Box::new(Core::new(case)?)))
}
