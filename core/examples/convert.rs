//! Converts a `SecurityConfig` of the Guard family, as JSON, into a configuration in TOML.
//!
//! ```text
//! cargo run -p portcullis-core --example convert -- guard.json > portcullis.toml
//! ```
//!
//! The report about every name is written to standard error.

use std::error::Error;

use portcullis_core::compat::settings;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("give the path of a JSON document, such as `guard.json`")?;
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let converted = settings::convert(&text)?;
    eprint!("{}", converted.report);
    print!("{}", converted.config.to_toml());
    Ok(())
}
