//! Counts work while tests run, so that linearity is shown without a clock. Costs nothing otherwise.

/// Note that `bytes` were looked at.
#[cfg(not(any(test, fuzzing)))]
#[inline]
pub(crate) const fn work(_bytes: usize) {}

#[cfg(any(test, fuzzing))]
std::thread_local! {
    static WORK: core::cell::Cell<usize> = const { core::cell::Cell::new(0) };
}

/// Note that `bytes` were looked at.
#[cfg(any(test, fuzzing))]
pub(crate) fn work(bytes: usize) {
    WORK.set(WORK.get() + bytes);
}

/// How much work `f` does.
#[cfg(any(test, fuzzing))]
pub(crate) fn work_of(f: impl FnOnce()) -> usize {
    WORK.set(0);
    f();
    WORK.get()
}

/// Check that work on `unit` repeated stays within `most` a byte, at any length.
#[cfg(test)]
pub(crate) fn assert_linear(unit: &[u8], tail: &[u8], most: usize, mut f: impl FnMut(&[u8])) {
    for len in [1_000, 16_000, 100_000] {
        let mut value = unit.repeat(len / unit.len());
        value.extend_from_slice(tail);
        let work = work_of(|| f(&value));
        let text = std::string::String::from_utf8_lossy(unit);
        assert!(work <= most * value.len() + 1_000, "{text:?} x {len}: {work} bytes of work");
    }
}
