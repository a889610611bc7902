//! A hash table of fixed capacity whose entries never move.
//!
//! Unlike a general map, no operation ever rehashes or scans (an insertion under attack costs the same as any other),
//! memory grows in chunks up to a bound that is known beforehand, and a clock hand can visit the entries a few at a time.
//! Buckets are chains of slot numbers; with keyed hashes and at least as many buckets as slots, chains stay short.

/// The number of slots that are allocated together.
const CHUNK: usize = 64;
/// The end of a chain.
const NONE: u32 = u32::MAX;
/// The bucket of a slot that is free.
const FREE: u32 = u32::MAX;

#[derive(Debug)]
pub(super) struct Table<K, V> {
    /// First slot of each bucket; a power of two of them.
    heads: Box<[u32]>,
    chunks: Vec<Vec<Slot<K, V>>>,
    capacity: usize,
    /// Slots that exist, in use or free.
    slots: usize,
    len: usize,
    /// First of the free slots.
    free: u32,
    /// The slot that the hand visits next.
    hand: usize,
}

#[derive(Debug)]
struct Slot<K, V> {
    key: K,
    value: V,
    /// The next slot of the bucket, or of the free ones.
    next: u32,
    bucket: u32,
}

impl<K: Copy + Eq, V> Table<K, V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            heads: vec![NONE; capacity.next_power_of_two()].into(),
            chunks: Vec::with_capacity(capacity.div_ceil(CHUNK)),
            capacity,
            slots: 0,
            len: 0,
            free: NONE,
            hand: 0,
        }
    }

    pub(super) const fn max_heap_bytes(capacity: usize) -> usize {
        capacity.next_power_of_two() * size_of::<u32>()
            + capacity.div_ceil(CHUNK) * size_of::<Vec<Slot<K, V>>>()
            + capacity * size_of::<Slot<K, V>>()
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn is_full(&self) -> bool {
        self.len == self.capacity
    }

    pub(super) fn find(&mut self, hash: u64, key: &K) -> Option<&mut V> {
        let mut at = self.heads[self.bucket(hash)];
        while at != NONE {
            if self.slot(at).key == *key {
                return Some(&mut self.slot_mut(at).value);
            }
            at = self.slot(at).next;
        }
        None
    }

    /// Insert a key that is absent. `None` when the table is full.
    pub(super) fn insert(&mut self, hash: u64, key: K, value: V) -> Option<&mut V> {
        let bucket = self.bucket(hash);
        let slot = Slot { key, value, next: self.heads[bucket], bucket: bucket as u32 };
        let at = if self.free != NONE {
            let at = self.free;
            self.free = self.slot(at).next;
            *self.slot_mut(at) = slot;
            at
        } else if self.slots < self.capacity {
            self.append(slot)
        } else {
            return None;
        };
        self.heads[bucket] = at;
        self.len += 1;
        Some(&mut self.slot_mut(at).value)
    }

    pub(super) fn remove(&mut self, hash: u64, key: &K) -> bool {
        let mut at = self.heads[self.bucket(hash)];
        while at != NONE {
            if self.slot(at).key == *key {
                self.release(at);
                return true;
            }
            at = self.slot(at).next;
        }
        false
    }

    /// Move the hand over the next `steps` slots and release those for which `over` returns true.
    pub(super) fn sweep(&mut self, steps: usize, mut over: impl FnMut(&K, &mut V) -> bool) {
        for _ in 0..steps.min(self.slots) {
            let at = self.hand as u32;
            self.hand = (self.hand + 1) % self.slots;
            let slot = self.slot_mut(at);
            if slot.bucket != FREE && over(&slot.key, &mut slot.value) {
                self.release(at);
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.chunks.iter().flatten().filter(|slot| slot.bucket != FREE).map(|slot| (&slot.key, &slot.value))
    }

    fn append(&mut self, slot: Slot<K, V>) -> u32 {
        let at = self.slots;
        if at.is_multiple_of(CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK.min(self.capacity - at)));
        }
        self.chunks[at / CHUNK].push(slot);
        self.slots += 1;
        at as u32
    }

    /// Take a slot out of its bucket and put it among the free ones.
    fn release(&mut self, at: u32) {
        let Slot { bucket, next, .. } = *self.slot(at);
        let mut before = self.heads[bucket as usize];
        if before == at {
            self.heads[bucket as usize] = next;
        } else {
            while self.slot(before).next != at {
                before = self.slot(before).next;
            }
            self.slot_mut(before).next = next;
        }
        let free = self.free;
        let slot = self.slot_mut(at);
        slot.bucket = FREE;
        slot.next = free;
        self.free = at;
        self.len -= 1;
    }

    const fn bucket(&self, hash: u64) -> usize {
        hash as usize & (self.heads.len() - 1)
    }

    fn slot(&self, at: u32) -> &Slot<K, V> {
        &self.chunks[at as usize / CHUNK][at as usize % CHUNK]
    }

    fn slot_mut(&mut self, at: u32) -> &mut Slot<K, V> {
        &mut self.chunks[at as usize / CHUNK][at as usize % CHUNK]
    }
}
