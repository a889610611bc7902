//! Every request of the vectors, sent to the services of `vectors/differential` on all targets, case by case: engine and
//! adapters must agree. The fuzz target `adapters` continues from here.

use std::thread;
use std::time::Duration;

use portcullis_conformance::differential::DifferentialService;
use portcullis_conformance::vector::{Action, Case, VectorFile};
use portcullis_conformance::vectors;

#[test]
fn every_request_of_the_vectors_means_the_same_everywhere() {
    let files = VectorFile::load_all(&vectors()).unwrap();
    let services = files.iter().filter(|file| file.name.starts_with("differential/"));
    thread::scope(|scope| {
        for service in services.flat_map(|file| &file.cases) {
            scope.spawn(|| send_all(service, &files));
        }
    });
}

fn send_all(service: &Case, files: &[VectorFile]) {
    let mut service = DifferentialService::new(service).unwrap();
    let mut sent = 0;
    for (file, case) in files.iter().flat_map(|file| file.cases.iter().map(move |case| (file, case))) {
        service.begin();
        let mut at = 0;
        for step in &case.steps {
            let Action::Send { request, times } = &step.action else { continue };
            let pause = Duration::from_millis(u64::try_from(step.at - at).unwrap_or_default());
            at = step.at.max(at);
            for pause in [pause, Duration::ZERO].into_iter().take(*times as usize) {
                let agreed = service.send(pause, request).unwrap_or_else(|differences| {
                    panic!("{}: {}: {}: {request:?}:\n{differences}", service.name, file.name, case.name)
                });
                sent += usize::from(agreed);
            }
        }
    }
    assert!(sent > 1_000, "{}: {sent} requests", service.name);
}
