//! A hash table up to a fixed capacity whose entries never move.
//!
//! Unlike a general map, no operation ever rehashes or scans (an insertion under attack costs the same as any other),
//! memory grows on demand up to a bound that is known beforehand, and a clock hand can visit the entries a few at a time.
//! Buckets are chains of slot numbers. A new slot adds one bucket and splits one other (linear hashing: Litwin, 1980), so
//! that with keyed hashes chains stay short. What is copied when the table grows is four bytes for each bucket.

/// The number of slots that are allocated together.
const CHUNK: usize = 64;
/// The end of a chain.
const NONE: u32 = u32::MAX;
/// The hash of a slot that is free.
const FREE: u32 = u32::MAX;
/// The bits of a hash that select a bucket: fewer than those of [`FREE`], and enough for 2^30 slots.
const HASH_BITS: u32 = u32::MAX >> 1;
/// The number of buckets of an empty table.
const MIN_BUCKETS: usize = 16;

#[derive(Debug)]
pub(super) struct Table<K, V> {
    /// First slot of each bucket.
    heads: Vec<u32>,
    /// The bits of a hash that select one of `heads`, and perhaps one that is not split off yet.
    mask: u32,
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
    hash: u32,
}

impl<K: Copy + Eq, V> Table<K, V> {
    /// A slot and a bucket. The lists of buckets and chunks may have twice the room that they use.
    pub(super) const BYTES_PER_ENTRY: usize = size_of::<Slot<K, V>>() + size_of::<u32>();

    pub(super) fn new(capacity: usize) -> Self {
        Self {
            heads: vec![NONE; MIN_BUCKETS],
            mask: MIN_BUCKETS as u32 - 1,
            chunks: Vec::new(),
            capacity,
            slots: 0,
            len: 0,
            free: NONE,
            hand: 0,
        }
    }

    /// The maximum heap size; lists that grow exist twice while they are copied.
    pub(super) const fn max_heap_bytes(capacity: usize) -> usize {
        let buckets = if capacity > MIN_BUCKETS { capacity } else { MIN_BUCKETS };
        2 * buckets * size_of::<u32>()
            + 2 * capacity.div_ceil(CHUNK) * size_of::<Vec<Slot<K, V>>>()
            + capacity * size_of::<Slot<K, V>>()
    }

    /// The present heap size.
    pub(super) const fn heap_bytes(&self) -> usize {
        let chunks = self.chunks.len() * CHUNK;
        let slots = if chunks < self.capacity { chunks } else { self.capacity };
        self.heads.capacity() * size_of::<u32>()
            + self.chunks.capacity() * size_of::<Vec<Slot<K, V>>>()
            + slots * size_of::<Slot<K, V>>()
    }

    /// The number of slots that exist, in use or free.
    pub(super) const fn slots(&self) -> usize {
        self.slots
    }

    pub(super) const fn capacity(&self) -> usize {
        self.capacity
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
        let mut slot = Slot { key, value, next: NONE, hash: hash as u32 & HASH_BITS };
        let at = if self.free != NONE {
            let (at, bucket) = (self.free, self.bucket(hash));
            self.free = self.slot(at).next;
            slot.next = std::mem::replace(&mut self.heads[bucket], at);
            *self.slot_mut(at) = slot;
            at
        } else if self.slots < self.capacity {
            if self.slots >= self.heads.len() {
                self.split_bucket();
            }
            let (at, bucket) = (self.slots as u32, self.bucket(hash));
            slot.next = std::mem::replace(&mut self.heads[bucket], at);
            self.append(slot);
            at
        } else {
            return None;
        };
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
            if slot.hash != FREE && over(&slot.key, &mut slot.value) {
                self.release(at);
            }
        }
    }

    /// The entry in this slot, of [`slots`](Self::slots); `None` if the slot is free.
    pub(super) fn entry_at(&mut self, slot: usize) -> Option<(K, &mut V)> {
        let slot = self.slot_mut(slot as u32);
        (slot.hash != FREE).then_some((slot.key, &mut slot.value))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.chunks.iter().flatten().filter(|slot| slot.hash != FREE).map(|slot| (&slot.key, &slot.value))
    }

    fn append(&mut self, slot: Slot<K, V>) {
        let at = self.slots;
        if at.is_multiple_of(CHUNK) {
            grow(&mut self.chunks, self.capacity.div_ceil(CHUNK));
            self.chunks.push(Vec::with_capacity(CHUNK.min(self.capacity - at)));
        }
        self.chunks[at / CHUNK].push(slot);
        self.slots += 1;
    }

    /// Add a bucket: the last one, to which the entries of one other bucket move whose hashes select it.
    fn split_bucket(&mut self) {
        let new = self.heads.len() as u32;
        if new > self.mask {
            self.mask = 2 * self.mask + 1;
        }
        let old = (new & (self.mask >> 1)) as usize;
        let (mut at, mut stay, mut leave) = (self.heads[old], NONE, NONE);
        while at != NONE {
            let mask = self.mask;
            let slot = self.slot_mut(at);
            let list = if slot.hash & mask == new { &mut leave } else { &mut stay };
            let next = std::mem::replace(&mut slot.next, *list);
            *list = at;
            at = next;
        }
        self.heads[old] = stay;
        grow(&mut self.heads, self.capacity);
        self.heads.push(leave);
    }

    /// Take a slot out of its bucket and put it among the free ones.
    fn release(&mut self, at: u32) {
        let Slot { hash, next, .. } = *self.slot(at);
        let bucket = self.bucket(u64::from(hash));
        let mut before = self.heads[bucket];
        if before == at {
            self.heads[bucket] = next;
        } else {
            while self.slot(before).next != at {
                before = self.slot(before).next;
            }
            self.slot_mut(before).next = next;
        }
        let free = self.free;
        let slot = self.slot_mut(at);
        slot.hash = FREE;
        slot.next = free;
        self.free = at;
        self.len -= 1;
    }

    const fn bucket(&self, hash: u64) -> usize {
        // The mask has fewer bits than `HASH_BITS`.
        let bucket = (hash as u32 & self.mask) as usize;
        if bucket < self.heads.len() { bucket } else { bucket & (self.mask >> 1) as usize }
    }

    fn slot(&self, at: u32) -> &Slot<K, V> {
        &self.chunks[at as usize / CHUNK][at as usize % CHUNK]
    }

    fn slot_mut(&mut self, at: u32) -> &mut Slot<K, V> {
        &mut self.chunks[at as usize / CHUNK][at as usize % CHUNK]
    }
}

/// Make room in a list for one more item: twice as many as it has, at most `most`.
fn grow<T>(list: &mut Vec<T>, most: usize) {
    if list.len() == list.capacity() {
        let more = list.len().max(4).min(most.saturating_sub(list.len())).max(1);
        list.reserve_exact(more);
    }
}
