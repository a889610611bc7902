//! Hexadecimal digits and overlong UTF-8, which several decoders read.

/// The value of a digit, by table: a branch on letters would be unpredictable.
pub(super) const fn hex(digit: u8) -> Option<u8> {
    const WORTH: [u8; 256] = {
        let mut worth = [u8::MAX; 256];
        let mut value = 0;
        while value < 16 {
            worth[b"0123456789abcdef"[value] as usize] = value as u8;
            worth[b"0123456789ABCDEF"[value] as usize] = value as u8;
            value += 1;
        }
        worth
    };
    let worth = WORTH[digit as usize];
    if worth < 16 { Some(worth) } else { None }
}

/// The ASCII character that the overlong UTF-8 sequence at the end of `tail` spells, and the sequence's length.
pub(super) fn overlong_at_end(tail: &[u8]) -> Option<(u8, usize)> {
    let [.., before, last @ 0x80..=0xbf] = tail else { return None };
    let low = last & 0x3f;
    match before {
        0xc0 => return Some((low, 2)),
        // Strictly an `o`, but decoders that accept such spellings read a slash, and attackers use it as one.
        0xc1 if *last == 0xaf => return Some((b'/', 2)),
        0xc1 => return Some((0x40 | low, 2)),
        0x80 | 0x81 => {}
        _ => return None,
    }
    let value = (before & 1) << 6 | low;
    match tail {
        [.., 0xe0, _, _] => Some((value, 3)),
        [.., 0xf0, 0x80, _, _] => Some((value, 4)),
        [.., 0xf8, 0x80, 0x80, _, _] => Some((value, 5)),
        [.., 0xfc, 0x80, 0x80, 0x80, _, _] => Some((value, 6)),
        _ => None,
    }
}
