//! The work budget of a request: how many steps its inspection may take, by the bytes received.
//!
//! A step is about a nanosecond of work on a server of 2024. Every pass over a text, every decoder and every recogniser debits
//! the budget before it starts, and so does every value. The budget is a constant and a constant for each byte received, so it
//! does not depend on the size to which a body expands. Once a debit fails, all further ones fail, so that an exhausted budget
//! ends the expensive work at once.
//!
//! The budget must cover every ordinary body: a text that opens all classes once, and one that opens a few of them in several
//! readings. It must not cover a text that opens all classes in many readings.

use core::cell::Cell;

/// Steps of every request, even an empty one.
pub(crate) const STEPS_PER_REQUEST: u64 = 4 << 20;
/// Steps for each byte received.
pub(crate) const STEPS_PER_BYTE: u64 = 150;
/// The inflation ratio that the steps for each byte cover; a higher one in the configuration adds to them.
const COVERED_RATIO: u32 = 100;
/// Steps for a value, whatever its length.
const VALUE_COST: u64 = 48;
/// Steps per byte of a parse of a document.
const READ_COST: u64 = 2;
/// Steps per byte of an inflater's output.
const INFLATE_COST: u64 = 1;
/// Steps per byte of the output of a decoder of charsets or transfer codings.
const DECODE_COST: u64 = 2;
/// Steps per byte of a decoder of escapes in a value.
const UNESCAPE_COST: u64 = 12;
/// Steps per byte of a view for one recogniser.
const RECOGNISE_COST: u64 = 3;

/// A work budget, shared by the walk over a body and the scan of its values.
#[derive(Debug)]
pub(crate) struct WorkBudget {
    steps: Cell<u64>,
    left: Cell<u64>,
}

/// The budget is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

impl WorkBudget {
    /// The budget of a head, to which each inspected value [adds](Self::receive).
    pub(crate) const fn of_head() -> Self {
        Self::new(STEPS_PER_REQUEST)
    }

    /// The budget of a body of which `received` bytes arrived, with the maximum inflation ratio of the configuration.
    pub(crate) fn of_body(received: usize, ratio: u32) -> Self {
        let budget = Self::new(STEPS_PER_REQUEST);
        budget.receive(received);
        let extra = (READ_COST + INFLATE_COST) * u64::from(ratio.saturating_sub(COVERED_RATIO));
        budget.add(extra.saturating_mul(received as u64));
        budget
    }

    /// A budget without a bound, for messages: few readings of them are made, each linear, and they have no verdict that could
    /// name a gap.
    pub(crate) const fn unlimited() -> Self {
        Self::new(u64::MAX)
    }

    const fn new(steps: u64) -> Self {
        Self { steps: Cell::new(steps), left: Cell::new(steps) }
    }

    /// Add the steps for `bytes` more that were received.
    pub(crate) fn receive(&self, bytes: usize) {
        self.add(STEPS_PER_BYTE.saturating_mul(bytes as u64));
    }

    fn add(&self, steps: u64) {
        self.steps.set(self.steps.get().saturating_add(steps));
        self.left.set(self.left.get().saturating_add(steps));
    }

    /// The steps debited so far: all of them once a debit has failed.
    pub(crate) const fn spent(&self) -> u64 {
        self.steps.get().saturating_sub(self.left.get())
    }

    /// Whether a debit has failed.
    pub(crate) const fn is_exhausted(&self) -> bool {
        self.left.get() == 0
    }

    /// Debit one pass over `bytes`.
    pub(crate) fn read(&self, bytes: usize) -> Result<(), Exhausted> {
        self.debit(READ_COST.saturating_mul(bytes as u64))
    }

    /// Debit a decoder with an output of at most `bytes`.
    pub(crate) fn decode(&self, bytes: usize) -> Result<(), Exhausted> {
        self.debit(DECODE_COST.saturating_mul(bytes as u64))
    }

    /// Debit an inflater with an output of at most `bytes`.
    pub(crate) fn inflate(&self, bytes: usize) -> Result<(), Exhausted> {
        self.debit(INFLATE_COST.saturating_mul(bytes as u64))
    }

    /// Debit a decoder of escapes in a view of `bytes`.
    pub(crate) fn unescape(&self, bytes: usize) -> Result<(), Exhausted> {
        self.debit(UNESCAPE_COST.saturating_mul(bytes as u64))
    }

    /// Debit a value.
    pub(crate) fn value(&self) -> Result<(), Exhausted> {
        self.debit(VALUE_COST)
    }

    /// Debit one recogniser of a view of `bytes`.
    pub(crate) fn recognise(&self, bytes: usize) -> Result<(), Exhausted> {
        self.debit(RECOGNISE_COST.saturating_mul(bytes as u64))
    }

    /// How many bytes of inflated text the budget still covers, one parse included.
    pub(crate) fn inflatable(&self) -> usize {
        usize::try_from(self.left.get() / (INFLATE_COST + READ_COST)).unwrap_or(usize::MAX)
    }

    fn debit(&self, steps: u64) -> Result<(), Exhausted> {
        let left = self.left.get().checked_sub(steps);
        self.left.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or(Exhausted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_depends_on_the_bytes_received_and_stays_exhausted() {
        let (short, long) = (WorkBudget::of_body(0, 0), WorkBudget::of_body(1 << 20, 0));
        assert_eq!(short.recognise((STEPS_PER_REQUEST / RECOGNISE_COST) as usize + 1), Err(Exhausted));
        assert_eq!(short.read(1), Err(Exhausted), "an exhausted budget stays exhausted");
        assert_eq!((short.is_exhausted(), short.spent()), (true, STEPS_PER_REQUEST));
        for _ in 0..STEPS_PER_BYTE / READ_COST {
            assert_eq!(long.read(1 << 20), Ok(()));
        }
        assert_eq!(long.spent(), STEPS_PER_BYTE << 20);
        assert_eq!(long.read((STEPS_PER_REQUEST / READ_COST) as usize), Ok(()), "the constant");
        assert_eq!(long.read(1), Err(Exhausted));
    }

    #[test]
    fn a_head_receives_its_values_one_by_one() {
        let budget = WorkBudget::of_head();
        budget.receive(1_000);
        assert_eq!(budget.inflate((STEPS_PER_REQUEST + 1_000 * STEPS_PER_BYTE) as usize), Ok(()));
        assert_eq!(budget.read(1), Err(Exhausted));
    }

    #[test]
    fn an_inflated_text_can_be_decoded_and_read_once_at_the_ratio_of_the_configuration() {
        let (received, ratio) = (1 << 20, 1_100);
        let budget = WorkBudget::of_body(received, ratio);
        let inflated = received * (ratio - 50) as usize;
        assert_eq!((budget.inflate(inflated), budget.read(inflated)), (Ok(()), Ok(())));
    }
}
