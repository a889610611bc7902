//! The work budget of one body: how many steps its inspection may take, by the bytes received.
//!
//! A step is about what it costs to look at one byte of a plain value. Every decoder, reading and scan debits the budget
//! before it starts. What a body expands to buys nothing: a compressed body has the budget of the bytes on the wire. Once a
//! debit fails, all further ones fail, so that an exhausted budget ends the expensive work at once.

use core::cell::Cell;

/// Steps of every body, however short.
const STEPS_PER_BODY: u64 = 4 << 20;
/// Steps for each byte received: the scan of eight times the text.
const STEPS_PER_BYTE: u64 = 256;
/// What the walk over a byte costs.
const READ: u64 = 2;
/// What a decoder costs for each byte of its output.
const DECODE: u64 = 2;
/// What a scan by recognisers costs for each byte of a value that is not clean.
const SCAN: u64 = 32;

/// A work budget. Shared by the walk over a body and the scan of its values.
#[derive(Debug)]
pub(crate) struct WorkBudget(Cell<u64>);

/// The budget is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

impl WorkBudget {
    /// The budget of a body of which so many bytes were received. `ratio` is how many times its length it may inflate to, 0
    /// where it is not inflated: an inflated text can always be read once.
    pub(crate) fn of_body(received: usize, ratio: u32) -> Self {
        let per_byte = STEPS_PER_BYTE + (READ + DECODE) * u64::from(ratio);
        Self(Cell::new(per_byte.saturating_mul(received as u64).saturating_add(STEPS_PER_BODY)))
    }

    /// A budget for values whose length the server bounds, such as those of a head.
    pub(crate) const fn unlimited() -> Self {
        Self(Cell::new(u64::MAX))
    }

    /// Debit one walk over `bytes`.
    pub(crate) fn read(&self, bytes: usize) -> Result<(), Exhausted> {
        self.debit(READ.saturating_mul(bytes as u64))
    }

    /// Debit a decoder that makes at most `bytes`.
    pub(crate) fn decode(&self, bytes: usize) -> Result<(), Exhausted> {
        self.debit(DECODE.saturating_mul(bytes as u64))
    }

    /// Debit a scan of `bytes`.
    pub(crate) fn scan(&self, bytes: usize) -> Result<(), Exhausted> {
        self.debit(SCAN.saturating_mul(bytes as u64))
    }

    /// How many bytes a decoder may make.
    pub(crate) fn decodable(&self) -> usize {
        usize::try_from(self.0.get() / DECODE).unwrap_or(usize::MAX)
    }

    fn debit(&self, steps: u64) -> Result<(), Exhausted> {
        let left = self.0.get().checked_sub(steps);
        self.0.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or(Exhausted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_follows_the_bytes_received_and_ends_for_good() {
        let (short, long) = (WorkBudget::of_body(0, 0), WorkBudget::of_body(1 << 20, 0));
        assert_eq!(short.scan((STEPS_PER_BODY / SCAN) as usize + 1), Err(Exhausted));
        assert_eq!(short.read(1), Err(Exhausted), "an exhausted budget stays exhausted");
        for _ in 0..STEPS_PER_BYTE / SCAN {
            assert_eq!(long.scan(1 << 20), Ok(()));
        }
        assert_eq!(long.scan((STEPS_PER_BODY / SCAN) as usize), Ok(()), "what every body has");
        assert_eq!(long.read(1), Err(Exhausted));
    }

    #[test]
    fn an_inflated_text_can_be_made_and_read_once() {
        let (received, ratio) = (1 << 20, 1_100);
        let budget = WorkBudget::of_body(received, ratio);
        assert_eq!(budget.decode(received * ratio as usize), Ok(()));
        assert_eq!(budget.read(received * ratio as usize), Ok(()));
    }
}
