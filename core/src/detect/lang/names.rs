//! The key of each level of a nested document, to a fixed depth.

/// Levels whose name is remembered for what follows after a nested value has ended.
pub(crate) const NAMED_DEPTH: usize = 32;

/// The name of each level, as ranges of the document.
pub(crate) struct Names {
    keys: [(u32, u32); NAMED_DEPTH],
    depth: usize,
}

impl Names {
    pub(crate) const fn new() -> Self {
        Self { keys: [(0, 0); NAMED_DEPTH], depth: 0 }
    }

    pub(crate) fn enter(&mut self) {
        self.depth += 1;
        if self.depth < NAMED_DEPTH {
            // A list passes the name of its key on to its entries.
            self.keys[self.depth] = self.keys[self.depth - 1];
        }
    }

    pub(crate) fn leave(&mut self) {
        if self.depth >= NAMED_DEPTH {
            // The level was shared with what just ended: no name is better than that of something else, which an
            // exclusion may be for.
            self.keys[NAMED_DEPTH - 1] = (0, 0);
        }
        self.depth = self.depth.saturating_sub(1);
    }

    pub(crate) fn set(&mut self, start: usize, len: usize) {
        if let (Ok(start), Ok(len)) = (u32::try_from(start), u32::try_from(len)) {
            let level = self.depth.min(NAMED_DEPTH - 1);
            self.keys[level] = (start, len);
        }
    }

    /// The name of a value at this position; with `outside` the name above a name.
    pub(crate) fn above<'d>(&self, document: &'d [u8], outside: bool) -> &'d [u8] {
        let level = self.depth.min(NAMED_DEPTH - 1);
        let (start, len) = self.keys[if outside { level.saturating_sub(1) } else { level }];
        document.get(start as usize..start as usize + len as usize).unwrap_or_default()
    }

    /// How many levels are open.
    pub(crate) const fn depth(&self) -> usize {
        self.depth
    }
}
