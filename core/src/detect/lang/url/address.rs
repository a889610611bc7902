//! IP addresses in every spelling that some library accepts.

use core::net::{Ipv4Addr, Ipv6Addr};

/// What an address belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::detect) enum Address {
    /// A cloud metadata service.
    Metadata,
    /// The machine itself.
    Loopback,
    /// A network that the outside does not reach.
    Private,
    /// Anything else.
    Public,
}

/// How an address is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::detect) enum Spelling {
    /// Four decimal numbers, or IPv6 as such.
    Usual,
    /// Otherwise, but as some people write it: padded, shortened, of one family in the other.
    Odd,
    /// As one number, or in another base than ten, which no honest URL has.
    Number,
}

/// The address that a host is.
pub(super) fn of(host: &[u8]) -> Option<(Address, Spelling)> {
    match host.strip_prefix(b"[") {
        Some(inside) => six(inside.strip_suffix(b"]").unwrap_or(inside)),
        None => four(host).map(|(bits, spelling)| (class4(Ipv4Addr::from_bits(bits)), spelling)),
    }
}

/// Longest text of an IPv6 address.
const SIX: usize = 48;

fn six(text: &[u8]) -> Option<(Address, Spelling)> {
    // A zone is known to the local machine only.
    let zone = memchr::memchr(b'%', text);
    let text = &text[..zone.unwrap_or(text.len())];
    let address: Ipv6Addr = core::str::from_utf8(text.get(..text.len().min(SIX))?).ok()?.parse().ok()?;
    let spelling = if zone.is_some() { Spelling::Number } else { Spelling::Usual };
    Some(match inner4(address) {
        Some(inner) => (class4(inner), if zone.is_some() { spelling } else { Spelling::Odd }),
        None => (class6(address), spelling),
    })
}

/// The IPv4 address inside one of IPv6: mapped, compatible, translated or tunnelled.
fn inner4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let [high, low] = match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] | [0, 0, 0, 0, 0xffff, 0] | [0x64, 0xff9b, 0, 0, 0, 0] => [g, h],
        [0, 0, 0, 0, 0, 0] if g != 0 => [g, h],
        [0x2002, high, low, ..] => [high, low],
        _ => return None,
    };
    Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
}

fn class4(address: Ipv4Addr) -> Address {
    match address.octets() {
        [169, 254, 169, 254]
        | [169, 254, 170, 2 | 23]
        | [100, 100, 100, 200]
        | [192, 0, 0, 192]
        | [168, 63, 129, 16] => Address::Metadata,
        [0 | 127, ..] => Address::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [169, 254, ..] | [100, 64..=127, ..] => {
            Address::Private
        }
        _ => Address::Public,
    }
}

fn class6(address: Ipv6Addr) -> Address {
    match address.segments() {
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254] => Address::Metadata,
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => Address::Loopback,
        [0xfc00..=0xfdff | 0xfe80..=0xfebf, ..] => Address::Private,
        _ => Address::Public,
    }
}

/// An IPv4 address as `inet_aton` and browsers read it: one to four numbers in base ten, eight or sixteen, the last of
/// which fills what is left.
fn four(host: &[u8]) -> Option<(u32, Spelling)> {
    let (mut bits, mut parts, mut spelling) = (0_u32, 0_u32, Spelling::Usual);
    let mut rest = host;
    let mut last = 0_u64;
    while !rest.is_empty() {
        let (len, dot) = next_dot(rest);
        let part = number(&rest[..len])?;
        // A dot at the end is part of the spelling of a full name.
        rest = &rest[(len + dot).min(rest.len())..];
        if parts > 0 {
            bits = bits << 8 | u32::try_from(last & 0xff).unwrap_or_default();
        }
        last = part.value;
        parts += 1;
        spelling = match (spelling, part.spelling) {
            (Spelling::Number, _) | (_, Spelling::Number) => Spelling::Number,
            (Spelling::Usual, Spelling::Usual) if dot < 2 => Spelling::Usual,
            _ => Spelling::Odd,
        };
    }
    if !(1..=4).contains(&parts) {
        return None;
    }
    let width = 8 * (5 - parts);
    let mask = (1_u64 << width) - 1;
    let bits = if width == 32 { 0 } else { bits << width } | u32::try_from(last & mask).unwrap_or_default();
    let spelling = match parts {
        1 => Spelling::Number,
        4 => spelling,
        // `1.2` is a version unless it is dressed up; a network in short is an address.
        _ if spelling == Spelling::Usual => Spelling::Odd,
        _ => spelling,
    };
    Some((bits, spelling))
}

/// The length of the text before the next dot and the length of that dot, which may be the ideographic one.
fn next_dot(text: &[u8]) -> (usize, usize) {
    // U+3002, U+FF61 and U+FF0E are dots in names.
    let is_dot = |at: &usize| {
        matches!(
            &text[*at..],
            [b'.', ..] | [0xe3, 0x80, 0x82, ..] | [0xef, 0xbd, 0xa1, ..] | [0xef, 0xbc, 0x8e, ..]
        )
    };
    match (0..text.len()).find(is_dot) {
        Some(len) => (len, if text[len] == b'.' { 1 } else { 3 }),
        None => (text.len(), 0),
    }
}

struct Number {
    value: u64,
    spelling: Spelling,
}

/// One number of an address. Too large ones keep their low bits, as libraries that overflow do.
fn number(text: &[u8]) -> Option<Number> {
    let (digits, base, spelling) = match text {
        [b'0', b'x' | b'X', digits @ ..] => (digits, 16, Spelling::Number),
        [b'0', digits @ ..]
            if !digits.is_empty() && digits.iter().all(|digit| matches!(digit, b'0'..=b'7')) =>
        {
            // Up to three digits are what people pad addresses to.
            (digits, 8, if text.len() > 3 { Spelling::Number } else { Spelling::Odd })
        }
        [] => return None,
        _ => (text, 10, Spelling::Usual),
    };
    let mut value = 0_u64;
    for digit in digits {
        value = value.wrapping_mul(base).wrapping_add(u64::from(char::from(*digit).to_digit(base as u32)?));
    }
    Some(Number { value, spelling })
}
