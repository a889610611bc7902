//! The beginning of a value in base64, decoded.

use crate::detect::decode::base64_digit;
use crate::detect::decode::work::work;

/// How much is decoded at most: what an attack starts with.
pub(super) const MAX_BYTES: usize = 2048;

/// What `text` decodes to, up to the first byte that is not of the alphabet, as far as `into` has room.
pub(super) fn decode<'i>(text: &[u8], into: &'i mut [u8; MAX_BYTES]) -> &'i [u8] {
    let (mut bits, mut held, mut len) = (0_u32, 0, 0);
    for digit in text.iter().map_while(|byte| base64_digit(*byte)) {
        work(1);
        bits = bits << 6 | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            let Some(slot) = into.get_mut(len) else { break };
            *slot = (bits >> held) as u8;
            len += 1;
        }
    }
    &into[..len]
}
