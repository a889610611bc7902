//! A test that the guard reads whatever any reader reads: a string that a handler gets from a body is among the values that
//! the guard inspected, or the guard refuses the request.
//!
//! The handlers read a body with every extractor of Axum, Actix Web (with the features that decode content codings) and
//! Rocket. The guard in front of them refuses only what it cannot inspect, and a recogniser records each inspected value, as
//! received and after each decoder. `body/readers.rs` of the core describes the extractors.
//!
//! Strings are compared as bytes, and by their visible ASCII characters without case, because readers and the guard
//! replace or remove noise in different ways, and recognisers read ASCII. The guard decodes a value further than a reader
//! does (escapes to any depth, UTF-16): if a string differs for that reason, everything that the guard makes of the string
//! alone must be among the inspected values. A string of fewer than [`MIN_LENGTH`] bytes may
//! be part of anything and is not compared. [`EXCEPTIONS`] lists the other strings that the guard does not inspect as
//! a whole.

mod actix;
mod axum;
mod capture;
mod exceptions;
mod generate;
mod generate_parts;
mod readings;
mod rocket;

use std::cell::RefCell;

pub use exceptions::{EXCEPTIONS, Exception};
pub use generate::post;
pub use readings::{Place, Reading};

use self::actix::ActixReaders;
use self::axum::AxumReaders;
use self::capture::{Captured, Decoder, Evidence};
use self::readings::Readings;
use self::rocket::RocketReaders;
use crate::vector::WireRequest;

/// Shorter strings are not compared.
pub const MIN_LENGTH: usize = 4;
/// Attempts to remove a piece of a body that fails.
const MAX_SHRINKS: usize = 400;

/// Handlers that read every body with every extractor, behind guards that record what they inspect.
pub struct Oracle {
    axum: AxumReaders,
    actix: ActixReaders,
    rocket: RocketReaders,
    decoder: RefCell<Decoder>,
}

/// What was compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Requests that a guard allowed.
    pub allowed: usize,
    /// Strings that were compared.
    pub strings: usize,
}

impl Oracle {
    /// The handlers and their guards.
    ///
    /// # Errors
    /// What is wrong with the configuration, or Rocket's launch error.
    pub fn new() -> Result<Self, String> {
        let decoder = RefCell::new(Decoder::new()?);
        Ok(Self {
            axum: AxumReaders::new()?,
            actix: ActixReaders::new()?,
            rocket: RocketReaders::new()?,
            decoder,
        })
    }

    /// Make a request from bytes and [check](Self::check) it.
    ///
    /// # Errors
    /// The strings that were not inspected, for the shortest body that was found.
    pub fn check_generated(&self, bytes: &[u8]) -> Result<Compared, String> {
        let request = generate::request(bytes);
        self.check(&request).map_err(|_| self.shrink(request))
    }

    /// Send a request to every extractor of every framework, and compare the strings that they return with the values that
    /// the guard inspected.
    ///
    /// # Errors
    /// The strings that were not inspected.
    pub fn check(&self, request: &WireRequest) -> Result<Compared, String> {
        let sent = self.axum.send(request).into_iter().chain(self.actix.send(request));
        let mut compared = Compared::default();
        for (readings, captured) in sent.chain(self.rocket.send(request)) {
            compared.allowed += 1;
            compared.strings += self.compare(request, &readings, &captured)?;
        }
        Ok(compared)
    }

    /// The failure of the shortest body with the same headers.
    fn shrink(&self, mut request: WireRequest) -> String {
        let mut failure = String::new();
        let mut attempts = 0;
        let mut len = request.chunks.concat().len();
        loop {
            let body = request.chunks.concat();
            match self.check(&request) {
                Err(error) => failure = error,
                Ok(_) => return failure,
            }
            let shorter = (0..body.len()).step_by(len.max(1)).find_map(|at| {
                attempts += 1;
                let rest = [&body[..at], &body[(at + len).min(body.len())..]].concat();
                let headers = request.headers.iter().map(|(name, value)| match name.as_str() {
                    "content-length" => (name.clone(), rest.len().to_string().into_bytes()),
                    _ => (name.clone(), value.clone()),
                });
                let shorter = post(headers.collect(), rest);
                (attempts < MAX_SHRINKS && self.check(&shorter).is_err()).then_some(shorter)
            });
            match shorter {
                Some(shorter) => request = shorter,
                None if len > 1 && attempts < MAX_SHRINKS => len /= 2,
                None => return failure,
            }
        }
    }

    /// Compare the readings of one request with the inspected values; returns how many were compared.
    fn compare(
        &self,
        request: &WireRequest,
        readings: &Readings,
        captured: &Captured,
    ) -> Result<usize, String> {
        let evidence = Evidence { captured, decoder: &self.decoder };
        let mut compared = 0;
        for reading in readings.0.iter().filter(|reading| reading.text.len() >= MIN_LENGTH) {
            let is_inspected =
                evidence.shows(&reading.text) || exceptions::applies(request, reading, &evidence);
            if is_inspected {
                compared += 1;
                continue;
            }
            let headers: String = request
                .headers
                .iter()
                .map(|(name, value)| format!("  {name}: {:?}\n", String::from_utf8_lossy(value)))
                .collect();
            return Err(format!(
                "{} returned {:?}, which was not inspected\n{headers}  body: {}\ninspected:\n{}",
                reading.extractor,
                String::from_utf8_lossy(&reading.text),
                request.chunks.concat().escape_ascii(),
                captured.describe(),
            ));
        }
        Ok(compared)
    }
}
