//! Every vector, on the engine over the in-memory store.

use std::process::ExitCode;

use portcullis_conformance::run;
use portcullis_conformance::targets::core::Core;
use portcullis_runtime::MemoryStore;

fn main() -> ExitCode {
    run::main(
        "core_memory",
        |_| true,
        |case| Ok(Box::new(Core::over(case, Box::new(MemoryStore::default()))?)),
    )
}
