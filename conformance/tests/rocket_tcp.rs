//! Every vector, on Rocket's routes behind a socket.

use std::process::ExitCode;

use portcullis_conformance::run;
use portcullis_conformance::targets::rocket_tcp::server;

fn main() -> ExitCode {
    run::main("rocket_tcp", |case| case.wire || case.http2, |case| Ok(Box::new(server(case)?)))
}
