//! The bytes of bodies that the requests of a guard hold together, while they are read and inspected.
//!
//! Each body has a [`BodyLease`], which charges every chunk and gives all of them back when it is dropped: at the verdict, or
//! when the future of the request is dropped or panics. It costs one atomic addition a chunk and takes no lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use portcullis_core::{ByteSize, Engine, Timestamp};

/// The default bound of the bytes of all bodies that are read and inspected at the same time.
pub const MAX_BODY_MEMORY: ByteSize = ByteSize::mib(256);

/// Bodies of up to this many bytes may use the whole bound, longer ones three quarters of it: clients that send long bodies
/// slowly do not keep out forms and JSON documents.
const SMALL_BODY: u64 = 64 << 10;
/// The minimum interval between two warnings.
const WARN_EVERY: Duration = Duration::from_secs(10);

/// The bytes of all bodies, and their bound.
#[derive(Debug)]
pub(crate) struct BodyMemory {
    max: u64,
    used: AtomicU64,
    overloaded: AtomicU64,
    next_warning: AtomicU64,
}

impl BodyMemory {
    pub(crate) fn new(max: ByteSize) -> Self {
        let [used, overloaded, next_warning] = [0; 3].map(AtomicU64::new);
        Self { max: max.0, used, overloaded, next_warning }
    }

    /// The bytes that are held.
    pub(crate) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// The number of bodies that exceeded the bound.
    pub(crate) fn overloaded(&self) -> u64 {
        self.overloaded.load(Ordering::Relaxed)
    }

    /// The bound under this engine. It has room for a body of the greatest limit, and for others beside it.
    pub(crate) fn bound(&self, engine: &Engine) -> u64 {
        self.max.max(engine.max_body_limit().saturating_mul(2))
    }

    #[cold]
    fn record_overload(&self, used: u64, now: Timestamp) {
        let overloaded = self.overloaded.fetch_add(1, Ordering::Relaxed) + 1;
        let due = self.next_warning.load(Ordering::Relaxed);
        let next = now.after(WARN_EVERY).as_millis();
        // A clock that steps back must not suppress warnings for longer than the interval.
        if now.as_millis() < due && due <= next {
            return;
        }
        self.next_warning.store(next, Ordering::Relaxed);
        tracing::warn!(
            target: "portcullis",
            used,
            overloaded,
            "the bodies in memory have reached their bound, and further ones are rejected with 503; see \
             `GuardBuilder::max_body_memory`"
        );
    }
}

/// The bytes of one body among those of all.
#[derive(Debug)]
pub(crate) struct BodyLease {
    memory: Arc<BodyMemory>,
    bytes: u64,
}

impl BodyLease {
    pub(crate) fn new(memory: &Arc<BodyMemory>) -> Self {
        Self { memory: Arc::clone(memory), bytes: 0 }
    }

    /// Charge `bytes` more. Returns false, and charges nothing, if the bound is exceeded. Of concurrent callers that exceed it
    /// together, each may be rejected.
    pub(crate) fn charge(&mut self, bytes: usize, engine: &Engine, now: impl FnOnce() -> Timestamp) -> bool {
        let memory = &*self.memory;
        let bytes = bytes as u64;
        let used = memory.used.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let is_small = self.bytes + bytes <= SMALL_BODY;
        let share = |bound: u64| if is_small { bound } else { bound - bound / 4 };
        // The bound under the engine takes a pass over its policies, so it is computed only past the other.
        if used <= share(memory.max) || used <= share(memory.bound(engine)) {
            self.bytes += bytes;
            return true;
        }
        memory.used.fetch_sub(bytes, Ordering::Relaxed);
        memory.record_overload(used, now());
        false
    }
}

impl Drop for BodyLease {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.memory.used.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use portcullis_core::Config;

    use super::*;

    const KIB: usize = 1 << 10;
    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    /// Bodies of at most 4 KiB, so that a bound of 8 KiB or more is in force.
    fn engine() -> Engine {
        let mut config = Config::default();
        config.body.limit = ByteSize::kib(4);
        config.compile().unwrap()
    }

    fn charge(lease: &mut BodyLease, bytes: usize) -> bool {
        lease.charge(bytes, &engine(), || NOW)
    }

    #[test]
    fn the_bound_is_reached_and_not_exceeded() {
        let memory = Arc::new(BodyMemory::new(ByteSize::kib(16)));
        let [mut one, mut other] = [(); 2].map(|()| BodyLease::new(&memory));
        assert!(charge(&mut one, 16 * KIB - 1) && charge(&mut other, 1), "up to the bound");
        assert!(!charge(&mut other, 1), "one byte beyond it");
        assert_eq!((memory.used(), memory.overloaded()), (16 << 10, 1));
        drop(one);
        assert_eq!(memory.used(), 1);
        assert!(charge(&mut other, 1));
        drop(other);
        assert_eq!(memory.used(), 0);
    }

    #[test]
    fn long_bodies_leave_room_for_small_ones() {
        let memory = Arc::new(BodyMemory::new(ByteSize::kib(400)));
        let mut long = BodyLease::new(&memory);
        assert!((0..5).all(|_| charge(&mut long, 60 * KIB)), "three quarters");
        assert!(!charge(&mut long, 1));
        let mut small = BodyLease::new(&memory);
        assert!(charge(&mut small, 64 * KIB) && !charge(&mut small, 1), "it is a long one then");
        assert!(charge(&mut BodyLease::new(&memory), 36 * KIB));
    }

    #[test]
    fn a_body_of_the_greatest_limit_always_fits() {
        let memory = Arc::new(BodyMemory::new(ByteSize(1)));
        let engine = Config::default().compile().unwrap();
        assert_eq!(memory.bound(&engine), 2 << 20);
        assert!(BodyLease::new(&memory).charge(1 << 20, &engine, || NOW));
    }

    #[test]
    fn a_panic_gives_the_bytes_back() {
        let memory = Arc::new(BodyMemory::new(ByteSize::kib(16)));
        let mut lease = BodyLease::new(&memory);
        assert!(charge(&mut lease, 1));
        std::thread::spawn(move || {
            let _lease = lease;
            panic!("in an inspection");
        })
        .join()
        .unwrap_err();
        assert_eq!(memory.used(), 0);
    }

    #[test]
    fn concurrent_callers_stay_within_the_bound_and_give_all_back() {
        let memory = Arc::new(BodyMemory::new(ByteSize::kib(64)));
        let (held, engine) = (AtomicU64::new(0), engine());
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..2_000 {
                        let mut lease = BodyLease::new(&memory);
                        for _ in 0..16 {
                            if lease.charge(KIB, &engine, || NOW) {
                                let held = held.fetch_add(1 << 10, Ordering::SeqCst) + (1 << 10);
                                assert!(held <= 64 << 10, "{held}");
                            }
                        }
                        held.fetch_sub(lease.bytes, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!((memory.used(), held.into_inner()), (0, 0));
    }
}
