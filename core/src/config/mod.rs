//! Configuration: one type for files and for code, and one door from it to an [`Engine`].
//!
//! [`Config::from_toml`] and [`Config::from_json`] read a document, [`Config::default`] protects by itself, and
//! [`Config::compile`] checks what no single field can know and builds the engine. Reading and compiling report every
//! problem with the path of its field, and an unknown field with the nearest name that exists.
//!
//! ```
//! use portcullis_core::Config;
//!
//! let errors = Config::from_toml("[rate]\nlimt = \"10/min\"\n[client]\nipv6_prefix = 200").unwrap_err();
//! let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
//! assert_eq!(texts[0], "rate.limt: unknown field; did you mean `limit`?");
//! assert_eq!(texts[1], "client.ipv6_prefix: 200 is out of range; write 32 to 128");
//! ```

mod compile;
mod error;
mod leaf;
mod node;
mod pattern;
mod read;
mod responses;
mod sections;

use alloc::string::String;

pub use error::{ConfigError, ConfigErrors};
pub use leaf::{ByteSize, Rate, RateError, Span};
pub use pattern::Pattern;
pub use responses::{Errors, Headers, Hsts};
pub use sections::{
    Access, Ban, Body, ClassBan, Client, Detect, EndpointRate, Exclude, Incomplete, OnUnavailable,
    RateFields, Rates, Unknown,
};

use crate::engine::Engine;
use node::Node;
pub(crate) use read::nearest;
use read::{Fields, Section};

/// Everything an operator can decide. Fields are public: code sets them, files fill them.
///
/// ```
/// use portcullis_core::{Config, Rate};
///
/// let mut config = Config::default();
/// config.rate.limit = Some(Rate::per_minute(300));
/// config.client.trusted_proxies = vec!["10.0.0.0/8".into()];
/// let engine = config.compile()?;
/// # Ok::<(), portcullis_core::config::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// Report what would be refused and refuse nothing. Default: false.
    pub passive: bool,
    /// Who is asking.
    pub client: Client,
    /// Which addresses may ask.
    pub access: Access,
    /// How often.
    pub rate: Rates,
    /// What attacks cost a client.
    pub ban: Ban,
    /// Which attacks are looked for, and where not.
    pub detect: Detect,
    /// Which bodies are read.
    pub body: Body,
    /// Headers set on every response.
    pub headers: Headers,
    /// What a refused client reads.
    pub errors: Errors,
}

impl Section for Config {
    fn fields(&mut self, fields: &mut dyn Fields) {
        fields.leaf("passive", &mut self.passive);
        fields.section("client", &mut self.client);
        fields.section("access", &mut self.access);
        fields.section("rate", &mut self.rate);
        fields.section("ban", &mut self.ban);
        fields.section("detect", &mut self.detect);
        fields.section("body", &mut self.body);
        fields.section("headers", &mut self.headers);
        fields.section("errors", &mut self.errors);
    }
}

impl Config {
    /// Read a TOML document over the defaults.
    ///
    /// # Errors
    /// Every problem of the document, or where it stops being TOML.
    pub fn from_toml(text: &str) -> Result<Self, ConfigErrors> {
        Self::from_node(toml::from_str::<Node>(text).map_err(|error| not_parsed("TOML", &error)))
    }

    /// Read a JSON document over the defaults.
    ///
    /// # Errors
    /// Every problem of the document, or where it stops being JSON.
    pub fn from_json(text: &str) -> Result<Self, ConfigErrors> {
        Self::from_node(serde_json::from_str::<Node>(text).map_err(|error| not_parsed("JSON", &error)))
    }

    fn from_node(node: Result<Node, ConfigErrors>) -> Result<Self, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let mut config = Self::default();
        read::read(node?, &mut config, &mut errors);
        // Problems that one field cannot know are reported along with the others.
        let mut follow = ConfigErrors::default();
        compile::check(&config, &mut follow);
        errors.add_unreported(follow);
        errors.into_result(config)
    }

    /// Build the engine.
    ///
    /// # Errors
    /// Every contradiction between fields, and every value that is out of range.
    pub fn compile(self) -> Result<Engine, ConfigErrors> {
        compile::compile(self)
    }
}

fn not_parsed(language: &str, error: &dyn core::fmt::Display) -> ConfigErrors {
    let mut errors = ConfigErrors::default();
    let text = alloc::format!("{error}");
    errors.push(String::new(), alloc::format!("not {language}: {}", text.trim_end()));
    errors
}

#[cfg(test)]
mod tests;
