//! From a document to a configuration, and from there to an engine: all problems at once.

use super::{check, compile};
use crate::config::node::Node;
use crate::config::{Config, ConfigErrors, not_parsed, read};
use crate::engine::Engine;

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
        check(&config, &mut follow);
        errors.add_unreported(follow);
        errors.into_result(config)
    }

    /// Build the engine.
    ///
    /// # Errors
    /// Every contradiction between fields, and every value that is out of range.
    pub fn compile(self) -> Result<Engine, ConfigErrors> {
        compile(self)
    }
}
