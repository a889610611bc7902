//! Every vector, on the Axum layer behind a socket.

use std::process::ExitCode;

use portcullis_conformance::run;
use portcullis_conformance::targets::axum_tcp::server;

fn main() -> ExitCode {
    run::main("axum_tcp", |case| case.wire || case.http2, |case| Ok(Box::new(server(case)?)))
}
