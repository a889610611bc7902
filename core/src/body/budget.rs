//! The work budget of one body: how many steps its inspection may take, by the bytes received.
//!
//! A step is about the cost of inspecting one byte of a plain value. Every decoder, parse and scan debits the budget
//! before it starts. The budget depends on the bytes on the wire, not on the size a body expands to. Once a debit
//! fails, all further ones fail, so that an exhausted budget ends the expensive work at once.

use core::cell::Cell;

/// Steps of every body, even an empty one.
const STEPS_PER_BODY: u64 = 4 << 20;
/// Steps for each byte received: enough to scan eight times the text.
const STEPS_PER_BYTE: u64 = 256;
/// Steps per byte of a pass over the body.
const READ_COST: u64 = 2;
/// Steps per byte of a decoder's output.
const DECODE_COST: u64 = 2;
/// Steps per byte of a scan by recognisers of a value that is not clean.
const SCAN_COST: u64 = 32;

/// A work budget. Shared by the walk over a body and the scan of its values.
#[derive(Debug)]
pub(crate) struct WorkBudget(Cell<u64>);

/// The budget is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

impl WorkBudget {
    /// The budget of a body of which `received` bytes arrived. `ratio` is the maximum inflation ratio, 0 if the body is
    /// not inflated: the budget covers one pass over an inflated text.
    pub(crate) fn of_body(received: usize, ratio: u32) -> Self {
        let per_byte = STEPS_PER_BYTE + (READ_COST + DECODE_COST) * u64::from(ratio);
        Self(Cell::new(per_byte.saturating_mul(received as u64).saturating_add(STEPS_PER_BODY)))
    }

    /// A budget for values whose length the server bounds, such as those of a head.
    pub(crate) const fn unlimited() -> Self {
        Self(Cell::new(u64::MAX))
    }

    /// Debit one walk over `bytes`.
    pub(crate) fn read(&self, bytes: usize) -> Result<(), Exhausted> {
        self.debit(READ_COST.saturating_mul(bytes as u64))
    }

    /// Debit a decoder with an output of at most `bytes`.
    pub(crate) fn decode(&self, bytes: usize) -> Result<(), Exhausted> {
        self.debit(DECODE_COST.saturating_mul(bytes as u64))
    }

    /// Debit a scan of `bytes`.
    pub(crate) fn scan(&self, bytes: usize) -> Result<(), Exhausted> {
        self.debit(SCAN_COST.saturating_mul(bytes as u64))
    }

    /// How many bytes of decoder output the budget still covers.
    pub(crate) fn decodable(&self) -> usize {
        usize::try_from(self.0.get() / DECODE_COST).unwrap_or(usize::MAX)
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
    fn a_budget_depends_on_the_bytes_received_and_stays_exhausted() {
        let (short, long) = (WorkBudget::of_body(0, 0), WorkBudget::of_body(1 << 20, 0));
        assert_eq!(short.scan((STEPS_PER_BODY / SCAN_COST) as usize + 1), Err(Exhausted));
        assert_eq!(short.read(1), Err(Exhausted), "an exhausted budget stays exhausted");
        for _ in 0..STEPS_PER_BYTE / SCAN_COST {
            assert_eq!(long.scan(1 << 20), Ok(()));
        }
        assert_eq!(long.scan((STEPS_PER_BODY / SCAN_COST) as usize), Ok(()), "the steps of every body");
        assert_eq!(long.read(1), Err(Exhausted));
    }

    #[test]
    fn an_inflated_text_can_be_decoded_and_read_once() {
        let (received, ratio) = (1 << 20, 1_100);
        let budget = WorkBudget::of_body(received, ratio);
        assert_eq!(budget.decode(received * ratio as usize), Ok(()));
        assert_eq!(budget.read(received * ratio as usize), Ok(()));
    }
}
