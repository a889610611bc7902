//! The keyed hash of keys and networks.

use std::hash::{BuildHasher, RandomState};

use siphasher::sip128::SipHasher13;

/// The random key of this process for hashing.
pub(super) struct Secret(SipHasher13);

/// 128 bits of keyed hash, long enough to replace the key: should two keys ever collide, they share a counter and are
/// rejected early.
pub(super) type Fingerprint = [u64; 2];

impl Secret {
    pub(super) fn random() -> Self {
        // Seeded by the operating system, through the standard library.
        let random = RandomState::new();
        Self(SipHasher13::new_with_keys(random.hash_one(0_u8), random.hash_one(1_u8)))
    }

    pub(super) fn fingerprint(&self, bytes: &[u8]) -> Fingerprint {
        let hash = self.0.hash(bytes);
        [hash.h1, hash.h2]
    }
}
