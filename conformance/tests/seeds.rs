//! The seeds of the fuzz targets that read requests and configurations are those of the vectors.
//!
//! `UPDATE_SEEDS=1 cargo test -p portcullis-conformance --test seeds` writes them. The longest of each file of vectors gives
//! a fuzzer enough of the syntax. The layout of each seed is that of its target's input: numbers, then text.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use portcullis_conformance::differential::ADDRESSES;
use portcullis_conformance::vector::{Action, Case, VectorFile, WirePeer, WireRequest};
use portcullis_conformance::vectors;
use portcullis_core::Config;

/// The maximum size of a seed; longer ones are slow to mutate.
const LONGEST: usize = 2048;
/// The number of document kinds of the target `config`.
const KINDS: u64 = 5;
/// The separator of requests for the target `adapters`.
const NEXT: &[u8] = b"\n\x1e\n";

type Seeds = BTreeMap<PathBuf, Vec<u8>>;

#[test]
fn the_seeds_are_those_of_the_vectors() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds");
    let mut seeds = Seeds::new();
    for file in &VectorFile::load_all(&vectors()).unwrap() {
        let name = file.name.replace('/', "-");
        for (service, case) in file.cases.iter().enumerate() {
            // Cases that are services are run on themselves; the requests of others go to any service, which a new file of
            // vectors does not change.
            let (name, service) = match file.name.starts_with("differential/") {
                true => (format!("{name}-{service}"), service),
                false => (name.clone(), name.bytes().map(usize::from).sum()),
            };
            put(&mut seeds, "adapters", &name, script(service, case));
            if case.config != Config::default() {
                put(&mut seeds, "config", &format!("{name}.toml"), document(0, &case.config.to_toml()));
                put(&mut seeds, "config", &format!("{name}.json"), document(1, &case.config.to_json()));
            }
            for step in &case.steps {
                match &step.action {
                    Action::Send { request, .. } => send(&mut seeds, &name, request),
                    Action::Rules(text) => {
                        put(&mut seeds, "config", &format!("{name}.rules"), document(4, text));
                    }
                    Action::Ban { .. } | Action::Unban(_) | Action::Reload(_) => {}
                }
            }
        }
    }
    for (path, seed) in seeds {
        let path = fuzz.join(path);
        if std::env::var_os("UPDATE_SEEDS").is_some() {
            fs::create_dir_all(path.parent().unwrap()).and_then(|()| fs::write(&path, seed)).unwrap();
        } else {
            let advice = "run `UPDATE_SEEDS=1 cargo test -p portcullis-conformance --test seeds`";
            assert!(
                fs::read(&path).is_ok_and(|file| file == seed),
                "{} is out of date; {advice}",
                path.display()
            );
        }
    }
}

fn send(seeds: &mut Seeds, name: &str, request: &WireRequest) {
    let text = request_text(request, "");
    let peer = peer(&request.peer);
    put(seeds, "head", name, [&[0][..], &peer, &text].concat());
    put(seeds, "decode", name, request.target.clone().into_bytes());
    if name.starts_with("identity") {
        put(seeds, "client", name, [&[0, 0][..], &peer, &text].concat());
        put(seeds, "client", &format!("{name}-deep"), [&[1, 1][..], &peer, &text].concat());
    }
}

/// All requests of a case, for a service.
fn script(service: usize, case: &Case) -> Vec<u8> {
    let mut at = 0;
    let requests = case.steps.iter().filter_map(|step| match &step.action {
        Action::Send { request, times } => {
            let mut orders = format!(":wait {}\n", (step.at - at).max(0));
            at = step.at;
            let peer = |address: &IpAddr| WirePeer::Address(*address) == request.peer;
            let peer = ADDRESSES.iter().position(peer).unwrap_or(match request.peer {
                WirePeer::Address(_) => 0,
                WirePeer::Unix | WirePeer::Missing => ADDRESSES.len(),
            });
            orders += &format!(":peer {peer}\n");
            orders += if request.tls { ":tls\n" } else { "" };
            for chunk in request.chunks.iter().filter(|_| request.is_chunked()) {
                orders += &format!(":cut {}\n", chunk.len());
            }
            let text = request_text(request, &orders);
            Some(vec![text; (*times).min(6) as usize])
        }
        _ => None,
    });
    let requests: Vec<_> = requests.flatten().collect();
    [&[service as u8][..], &requests.join(NEXT)].concat()
}

/// Keep the longest of a name that is not too long.
fn put(seeds: &mut Seeds, target: &str, name: &str, seed: Vec<u8>) {
    let longest = seeds.entry(Path::new(target).join(name)).or_default();
    if seed.len() <= LONGEST && seed.len() > longest.len() {
        *longest = seed;
    }
}

fn document(kind: u64, text: &str) -> Vec<u8> {
    [&choice(kind, KINDS), text.as_bytes()].concat()
}

/// The bytes from which `arbitrary` chooses the variant `nth` of `all`.
fn choice(nth: u64, all: u64) -> [u8; 4] {
    u32::try_from((nth << 32).div_ceil(all)).unwrap().to_le_bytes()
}

fn peer(peer: &WirePeer) -> Vec<u8> {
    match peer {
        WirePeer::Address(IpAddr::V4(v4)) => [&[1][..], &v4.to_ipv6_mapped().octets()].concat(),
        WirePeer::Address(IpAddr::V6(v6)) => [&[1][..], &v6.octets()].concat(),
        WirePeer::Unix | WirePeer::Missing => vec![0],
    }
}

/// The text of a request; `orders` are lines for the fuzz target, not headers.
fn request_text(request: &WireRequest, orders: &str) -> Vec<u8> {
    let mut text = format!("{} {}\n{orders}", request.method, request.target).into_bytes();
    for (name, value) in &request.headers {
        text.extend([name.as_bytes(), b":", value, b"\n"].concat());
    }
    text.push(b'\n');
    text.extend(request.chunks.concat());
    text
}
