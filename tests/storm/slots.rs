//! Which launches a server has, of several that share them: [`Slots`].

use std::ops::RangeInclusive;

use actix_smart_auth::store::SlotTag;

/// The slots that a server has.
#[derive(Debug, Clone)]
pub(crate) enum Slots {
    /// It has everything, as no other one has anything.
    All,
    These(Vec<RangeInclusive<u16>>),
}

impl Slots {
    pub(crate) fn has(&self, slot: u16) -> bool {
        match self {
            Self::All => true,
            Self::These(ranges) => ranges.iter().any(|range| range.contains(&slot)),
        }
    }

    /// What nodes of a cluster say of themselves, each as its answer to `CLUSTER NODES`.
    pub(crate) fn of_nodes(said: impl IntoIterator<Item = String>) -> Self {
        let mut ranges = Vec::new();
        for said in said {
            let itself = said.lines().find(|line| line.contains("myself"));
            // Where a slot is moving from or to stands in brackets.
            let fields = itself.into_iter().flat_map(|line| line.split_whitespace().skip(8));
            for field in fields.filter(|field| !field.starts_with('[')) {
                let (from, to) = field.split_once('-').unwrap_or((field, field));
                ranges.push(from.parse().unwrap()..=to.parse().unwrap());
            }
        }
        Self::These(ranges)
    }
}

/// The slot of a Redis Cluster in which the keys with this tag are.
pub(crate) fn slot_of(SlotTag([first, second]): SlotTag) -> u16 {
    // So it stands between braces in their names.
    crc16(format!("{first:02x}{second:02x}").as_bytes()) % 16_384
}

/// CRC-16/XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ (u16::from(*byte) << 8), |sum, _| match sum & 0x8000 {
            0 => sum << 1,
            _ => (sum << 1) ^ 0x1021,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_computed_as_redis_does() {
        // `CLUSTER KEYSLOT 123456789`
        assert_eq!(crc16(b"123456789") % 16_384, 12_739);
        // `CLUSTER KEYSLOT {0aff}`
        assert_eq!(slot_of(SlotTag([0x0a, 0xff])), 11_614);
    }

    #[test]
    fn what_a_node_says_of_itself_are_its_slots() {
        let said = "\
            11 127.0.0.1:7001@17001 master - 0 1 2 connected 5461-10922\n\
            22 127.0.0.1:7000@17000 myself,master - 0 1 1 connected 0-99 101 200-300 [93->-11]\n";
        let slots = Slots::of_nodes([said.to_owned()]);
        for (slot, is_there) in [
            (0, true),
            (99, true),
            (100, false),
            (101, true),
            (93, true),
            (301, false),
            (6_000, false),
        ] {
            assert_eq!(slots.has(slot), is_there, "{slot}");
        }
    }

    #[test]
    fn several_nodes_have_what_each_of_them_has() {
        let said = |slots: &str| format!("22 127.0.0.1:7000@17000 myself,master - 0 1 1 connected {slots}\n");
        let slots = Slots::of_nodes([said("1-2"), said("4")]);
        let there: Vec<u16> = (0..6).filter(|slot| slots.has(*slot)).collect();
        assert_eq!(there, [1, 2, 4]);
        assert!(Slots::All.has(3) && !Slots::of_nodes([]).has(3));
    }
}
