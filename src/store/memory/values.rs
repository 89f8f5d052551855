//! The values that belong to no browser.

use std::collections::{BTreeSet, HashMap};

use crate::{store::ValueKey, time::Timestamp};

/// How many values that ran out one write clears away.
const SWEEP: usize = 4;

/// All values. The application decides how many there are, so there is no limit.
#[derive(Default)]
pub(super) struct Values {
    kept: HashMap<ValueKey, (Box<[u8]>, Timestamp)>,
    by_end: BTreeSet<(Timestamp, ValueKey)>,
}

impl Values {
    pub(super) fn load(&self, key: ValueKey, now: Timestamp) -> Option<Vec<u8>> {
        self.alive(key, now).map(<[u8]>::to_vec)
    }

    pub(super) fn swap(
        &mut self,
        key: ValueKey,
        expected: Option<&[u8]>,
        value: Option<Vec<u8>>,
        until: Timestamp,
        now: Timestamp,
    ) -> bool {
        if self.alive(key, now) != expected {
            return false;
        }
        self.sweep(now);
        self.remove(key);
        if let Some(value) = value.filter(|_| now < until) {
            self.kept.insert(key, (value.into_boxed_slice(), until));
            self.by_end.insert((until, key));
        }
        true
    }

    fn alive(&self, key: ValueKey, now: Timestamp) -> Option<&[u8]> {
        let (value, until) = self.kept.get(&key)?;
        (now < *until).then_some(value)
    }

    fn sweep(&mut self, now: Timestamp) {
        for _ in 0..SWEEP {
            let Some((_, key)) = self.by_end.first().filter(|(until, _)| *until <= now).copied() else {
                return;
            };
            self.remove(key);
        }
    }

    fn remove(&mut self, key: ValueKey) {
        if let Some((_, until)) = self.kept.remove(&key) {
            self.by_end.remove(&(until, key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ran_out_is_cleared_away_by_writes() {
        let key = |number| ValueKey::from_bytes([number; 32]);
        let at = Timestamp::from_millis;
        let mut values = Values::default();
        for number in 0..8 {
            assert!(values.swap(key(number), None, Some(vec![number]), at(10), at(1)));
        }
        assert!(values.swap(key(100), None, Some(vec![1]), at(20), at(9)));
        assert_eq!(values.kept.len(), 9);
        assert!(values.swap(key(101), None, Some(vec![1]), at(20), at(10)));
        assert!(values.swap(key(102), None, Some(vec![1]), at(20), at(10)));
        assert_eq!(values.kept.len(), 3);
        assert_eq!(values.by_end.len(), 3);
    }

    #[test]
    fn a_value_is_there_until_its_end_and_not_at_it() {
        let (key, at) = (ValueKey::from_bytes([1; 32]), Timestamp::from_millis);
        let mut values = Values::default();
        assert!(values.swap(key, None, Some(vec![1]), at(10), at(1)));
        assert_eq!(
            (values.load(key, at(9)), values.load(key, at(10))),
            (Some(vec![1]), None)
        );
        // To swap it somebody has to know it.
        assert!(!values.swap(key, None, Some(vec![2]), at(20), at(9)));
        assert!(!values.swap(key, Some(&[2]), Some(vec![2]), at(20), at(9)));
        assert!(values.swap(key, Some(&[1]), Some(vec![2]), at(20), at(9)));
        assert!(values.swap(key, None, Some(vec![3]), at(30), at(20)));
        assert_eq!(values.load(key, at(20)), Some(vec![3]));
        // One that is at its end already takes no room.
        for until in [20, 21] {
            assert!(values.swap(key, Some(&[3]), Some(vec![4]), at(until), at(21)));
            assert_eq!((values.kept.len(), values.by_end.len()), (0, 0), "{until}");
            assert!(values.swap(key, None, Some(vec![3]), at(30), at(21)));
        }
    }
}
