//! Evidence and what it is about: types only. The list of all classes is in [`registry`](super::registry).

mod class;
mod excerpt;
mod finding;
mod input;
mod items;
mod location;
mod recogniser;
mod rule;

pub use class::{Class, ClassSet};
pub use finding::Finding;
pub use input::Input;
pub(in crate::detect) use input::names_file;
pub(in crate::detect) use items::MAX_ITEMS;
pub(crate) use items::{DisabledRules, Evidence};
pub use location::Location;
pub(in crate::detect) use location::Locations;
pub(in crate::detect) use recogniser::{Needs, Recogniser};
pub(crate) use rule::MAX_THRESHOLD;
pub use rule::{Rule, THRESHOLD};
