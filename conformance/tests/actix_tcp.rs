//! Every vector, on the Actix middleware behind a socket.

use std::process::ExitCode;

use portcullis_conformance::run;
use portcullis_conformance::targets::actix_tcp::server;

fn main() -> ExitCode {
    run::main("actix_tcp", |case| case.wire || case.http2, |case| Ok(Box::new(server(case)?)))
}
