//! From a document to a configuration, and from there to an engine: all problems at once.

use super::{check, compile};
use crate::config::node::Node;
use crate::config::{Config, ConfigErrors, not_parsed, read};
use crate::detect::Recognisers;
use crate::engine::Engine;

impl Config {
    /// Read a TOML document over the defaults.
    ///
    /// # Errors
    /// Every problem of the document, or the position where it is not TOML.
    #[cfg(feature = "toml")]
    pub fn from_toml(text: &str) -> Result<Self, ConfigErrors> {
        Self::from_node(toml::from_str::<Node>(text).map_err(|error| not_parsed("TOML", &error)))
    }

    /// Read a JSON document over the defaults.
    ///
    /// # Errors
    /// Every problem of the document, or the position where it is not JSON.
    pub fn from_json(text: &str) -> Result<Self, ConfigErrors> {
        Self::from_node(serde_json::from_str::<Node>(text).map_err(|error| not_parsed("JSON", &error)))
    }

    fn from_node(node: Result<Node, ConfigErrors>) -> Result<Self, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let mut config = Self::default();
        read::read(node?, &mut config, &mut errors);
        // Problems between fields are reported together with those of single fields.
        let mut between_fields = ConfigErrors::default();
        check(&config, &mut between_fields);
        errors.add_unreported(between_fields);
        errors.into_result(config)
    }

    /// Build the engine. Recognisers of `detect.recognisers` are not active in it; see [`Config::compile_with`].
    ///
    /// # Errors
    /// Every contradiction between fields, and every value that is out of range.
    pub fn compile(self) -> Result<Engine, ConfigErrors> {
        compile(self, None)
    }

    /// Build the engine with the recognisers of the application, which its policies and [`Engine::recompile`] keep.
    ///
    /// # Errors
    /// Those of [`Config::compile`]; a name in `detect.recognisers` that is not registered, and rules with an invalid id or
    /// weight.
    pub fn compile_with(self, recognisers: &Recognisers) -> Result<Engine, ConfigErrors> {
        compile(self, Some(recognisers))
    }
}
