//! Which addresses are on the public internet.
//!
//! `IpAddr::is_global` would say so, and is not stable. The rows are those of the registries of special-purpose addresses
//! (RFC 6890), each with the RFC that reserves it. The few blocks in them that are reachable from everywhere (anycast
//! services) are refused as well: no EHR is there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The first address of a block and the length of its prefix.
pub(super) type Block<A> = (A, u32);

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u32) -> Block<Ipv4Addr> {
    (Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(segments: [u16; 8], prefix: u32) -> Block<Ipv6Addr> {
    let [a, b, c, d, e, f, g, h] = segments;
    (Ipv6Addr::new(a, b, c, d, e, f, g, h), prefix)
}

pub(super) const NOT_PUBLIC_V4: [Block<Ipv4Addr>; 19] = [
    v4(0, 0, 0, 0, 8),        // RFC 791: this network. Linux takes 0.0.0.0 for this machine
    v4(10, 0, 0, 0, 8),       // RFC 1918: private
    v4(100, 64, 0, 0, 10),    // RFC 6598: shared behind carriers' NAT; clouds have services there
    v4(127, 0, 0, 0, 8),      // RFC 1122: loopback
    v4(168, 63, 129, 16, 32), // No RFC: Azure's own services, seen from its virtual machines only
    v4(169, 254, 0, 0, 16),   // RFC 3927: link-local; metadata services of clouds
    v4(172, 16, 0, 0, 12),    // RFC 1918: private
    v4(192, 0, 0, 0, 24),     // RFC 6890: protocol assignments
    v4(192, 0, 2, 0, 24),     // RFC 5737: documentation
    v4(192, 31, 196, 0, 24),  // RFC 7535: AS112, nameservers for private addresses
    v4(192, 52, 193, 0, 24),  // RFC 7450: automatic multicast tunnels
    v4(192, 88, 99, 0, 24),   // RFC 7526: 6to4 relays, withdrawn
    v4(192, 168, 0, 0, 16),   // RFC 1918: private
    v4(192, 175, 48, 0, 24),  // RFC 7534: AS112
    v4(198, 18, 0, 0, 15),    // RFC 2544: benchmarks
    v4(198, 51, 100, 0, 24),  // RFC 5737: documentation
    v4(203, 0, 113, 0, 24),   // RFC 5737: documentation
    v4(224, 0, 0, 0, 4),      // RFC 5771: multicast
    v4(240, 0, 0, 0, 4),      // RFC 1112: reserved; RFC 919: broadcast
];

/// The only unicast addresses that are given out (RFC 4291, section 2.4). Outside of it are, among others, `::` and
/// `::1` (RFC 4291), IPv4-compatible addresses (withdrawn by RFC 4291), `64:ff9b:1::/48` (RFC 8215), `100::/64`
/// (RFC 6666), `5f00::/16` (RFC 9602), `fc00::/7` (RFC 4193), `fe80::/10` (RFC 4291), `fec0::/10` (RFC 3879) and
/// `ff00::/8` (RFC 4291).
pub(super) const GLOBAL_UNICAST: Block<Ipv6Addr> = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

pub(super) const NOT_PUBLIC_V6: [Block<Ipv6Addr>; 5] = [
    // RFC 2928: protocol assignments; Teredo (RFC 4380), which has an IPv4 address inside, benchmarks (RFC 5180),
    // ORCHID (RFC 7343) and others.
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),     // RFC 3849: documentation
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),         // RFC 7526: 6to4, withdrawn; any IPv4 address inside
    v6([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48), // RFC 7534: AS112
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),         // RFC 9637: documentation
];

/// RFC 6052: where a network without IPv4 finds the servers that have nothing else. Not refused as a whole, or no EHR
/// could be reached from such a network.
pub(super) const NAT64: Block<Ipv6Addr> = v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

/// Whether the address is one of the public internet.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match embedded_v4(address) {
            Some(inner) => is_public_v4(inner),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !NOT_PUBLIC_V4
        .iter()
        .any(|(first, prefix)| same_start(address.to_bits().into(), first.to_bits().into(), 32 - prefix))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let is_in = |(first, prefix): &Block<Ipv6Addr>| same_start(address.to_bits(), first.to_bits(), 128 - prefix);
    is_in(&GLOBAL_UNICAST) && !NOT_PUBLIC_V6.iter().any(is_in)
}

/// The IPv4 address that a connection to this IPv6 address ends at.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let (first, prefix) = NAT64;
    if same_start(address.to_bits(), first.to_bits(), 128 - prefix) {
        let [.., a, b, c, d] = address.octets();
        return Some(Ipv4Addr::new(a, b, c, d));
    }
    address.to_ipv4_mapped()
}

/// Whether two addresses are equal but for the last `host_bits` bits.
const fn same_start(one: u128, other: u128, host_bits: u32) -> bool {
    one >> host_bits == other >> host_bits
}
