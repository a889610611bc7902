//! The names of the open levels of a nested document, to a fixed depth.

/// Levels whose name is kept for the values after a nested one.
pub(crate) const MAX_NAMED_DEPTH: usize = 32;

/// The name of each level, as ranges of the document.
pub(crate) struct Names {
    keys: [(u32, u32); MAX_NAMED_DEPTH],
    depth: usize,
}

impl Names {
    pub(crate) const fn new() -> Self {
        Self { keys: [(0, 0); MAX_NAMED_DEPTH], depth: 0 }
    }

    pub(crate) fn enter(&mut self) {
        self.depth += 1;
        if self.depth < MAX_NAMED_DEPTH {
            // The entries of a list have the name of its key.
            self.keys[self.depth] = self.keys[self.depth - 1];
        }
    }

    pub(crate) fn leave(&mut self) {
        if self.depth >= MAX_NAMED_DEPTH {
            // The level was shared with the one that ended. No name is safer than the name of a sibling, to which an
            // exclusion may apply.
            self.keys[MAX_NAMED_DEPTH - 1] = (0, 0);
        }
        self.depth = self.depth.saturating_sub(1);
    }

    pub(crate) fn set(&mut self, start: usize, len: usize) {
        if let (Ok(start), Ok(len)) = (u32::try_from(start), u32::try_from(len)) {
            let level = self.depth.min(MAX_NAMED_DEPTH - 1);
            self.keys[level] = (start, len);
        }
    }

    /// The name for a value at the current level; for a key or tag itself, `outside`, the name of the level above.
    pub(crate) fn above<'d>(&self, document: &'d [u8], outside: bool) -> &'d [u8] {
        let level = self.depth.min(MAX_NAMED_DEPTH - 1);
        let (start, len) = self.keys[if outside { level.saturating_sub(1) } else { level }];
        document.get(start as usize..start as usize + len as usize).unwrap_or_default()
    }

    /// How many levels are open.
    pub(crate) const fn depth(&self) -> usize {
        self.depth
    }
}
