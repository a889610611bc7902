//! Patterns of user agents, compiled.

use alloc::sync::Arc;

use crate::pattern::Patterns;

/// User agents, compiled; `None` for no pattern.
#[derive(Debug, Default)]
pub(crate) struct UserAgents(pub(crate) Option<Arc<Patterns>>);
