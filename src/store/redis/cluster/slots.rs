//! Which node has which part of the keys: [`SlotMap`].

use std::time::{Duration, Instant};

use redis::Value;

use crate::store::{StoreError, redis::host_and_port::HostAndPort};

/// As many slots has every cluster.
const SLOTS: u16 = 16_384;
/// In the place of a node's number.
const NOBODY: u16 = u16::MAX;

/// The slot of a key: of what stands between the first brace and the next closing one, where there is something.
pub(super) fn slot_of(key: &str) -> u16 {
    let tag = key
        .split_once('{')
        .and_then(|(_, rest)| rest.split_once('}'))
        .map(|(tag, _)| tag)
        .filter(|tag| !tag.is_empty());
    crc16(tag.unwrap_or(key).as_bytes()) % SLOTS
}

/// CRC-16/XMODEM, as the specification of Redis Cluster says.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| match crc & 0x8000 {
            0 => crc << 1,
            _ => (crc << 1) ^ 0x1021,
        })
    })
}

/// Where the host is missing, or unknown, the node that was asked means its own.
pub(super) fn place_or_own(place: HostAndPort, own: &HostAndPort) -> HostAndPort {
    match place.host.as_str() {
        "" | "?" => HostAndPort {
            host: own.host.clone(),
            ..place
        },
        _ => place,
    }
}

/// Which node has which slot.
#[derive(Debug, Clone)]
pub(super) struct SlotMap {
    places: Vec<HostAndPort>,
    /// By slot, a number in `places`.
    owners: Vec<u16>,
    /// Since when some slot has nobody.
    lacks_since: Option<Instant>,
    failure: Option<StoreError>,
}

/// Nobody has told it yet.
impl Default for SlotMap {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            owners: vec![NOBODY; usize::from(SLOTS)],
            lacks_since: Some(Instant::now()),
            failure: None,
        }
    }
}

impl SlotMap {
    /// From the answer to `CLUSTER SLOTS` of the node at `asked`. `None` for anything else.
    pub(super) fn read(answer: &Value, asked: &HostAndPort) -> Option<Self> {
        let Value::Array(ranges) = answer else { return None };
        let mut map = Self::default();
        for range in ranges {
            let Value::Array(parts) = range else { return None };
            let [Value::Int(from), Value::Int(to), Value::Array(primary), ..] = parts.as_slice() else {
                return None;
            };
            let [host, Value::Int(port), ..] = primary.as_slice() else {
                return None;
            };
            let place = HostAndPort {
                host: redis::from_redis_value_ref::<Option<String>>(host)
                    .ok()?
                    .unwrap_or_default(),
                port: u16::try_from(*port).ok()?,
            };
            let number = map.number_of(place_or_own(place, asked))?;
            let (from, to) = (usize::try_from(*from).ok()?, usize::try_from(*to).ok()?);
            map.owners.get_mut(from..=to)?.fill(number);
        }
        if !map.owners.contains(&NOBODY) {
            map.lacks_since = None;
        }
        Some(map)
    }

    pub(super) fn owner(&self, slot: u16) -> Option<&HostAndPort> {
        let number = self.owners.get(usize::from(slot))?;
        self.places.get(usize::from(*number))
    }

    pub(super) fn places(&self) -> &[HostAndPort] {
        &self.places
    }

    /// For how long some slot has had nobody.
    pub(super) fn lacks_slots_for(&self) -> Duration {
        self.lacks_since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    pub(super) const fn is_whole(&self) -> bool {
        self.lacks_since.is_none()
    }

    /// Why nobody tells it.
    pub(super) const fn failure(&self) -> Option<StoreError> {
        self.failure
    }

    /// The same, as nobody tells a newer one.
    pub(super) fn failed(&self, failure: StoreError) -> Self {
        Self {
            failure: Some(failure),
            ..self.clone()
        }
    }

    /// The same after a former one: what lacks, lacks since then.
    pub(super) fn since(mut self, former: &Self) -> Self {
        if self.lacks_since.is_some() {
            self.lacks_since = former.lacks_since.or(self.lacks_since);
        }
        self
    }

    /// The same but for one slot.
    pub(super) fn with_owner(&self, slot: u16, place: HostAndPort) -> Self {
        let mut map = self.clone();
        if let Some(number) = map.number_of(place)
            && let Some(owner) = map.owners.get_mut(usize::from(slot))
        {
            *owner = number;
        }
        map
    }

    fn number_of(&mut self, place: HostAndPort) -> Option<u16> {
        let known = self.places.iter().position(|known| *known == place);
        let number = known.unwrap_or_else(|| {
            self.places.push(place);
            self.places.len() - 1
        });
        u16::try_from(number).ok().filter(|number| *number != NOBODY)
    }
}

#[cfg(test)]
mod tests;
