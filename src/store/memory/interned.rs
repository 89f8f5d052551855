//! One copy of what many launches have: [`Interned`].

use std::hash::{BuildHasher as _, Hash, RandomState};

/// How many different values are shared at once. More than most applications have EHRs; where two fall on one place, each
/// launch of theirs may have a copy of its own.
const PLACES: usize = 4096;

/// Values that many launches have alike, each cheap to clone. Of a fixed size: it is never grown and never swept, so nobody
/// waits for either.
pub(super) struct Interned<T> {
    places: Box<[Option<T>]>,
    hasher: RandomState,
}

impl<T: Clone + Eq + Hash> Interned<T> {
    pub(super) fn new() -> Self {
        Self {
            places: (0..PLACES).map(|_| None).collect(),
            hasher: RandomState::new(),
        }
    }

    /// The copy of `value` that is here already; else `value`, which is here from now on.
    pub(super) fn shared(&mut self, value: T) -> T {
        let hash = self.hasher.hash_one(&value);
        let at = usize::try_from(hash % PLACES as u64).unwrap_or_default();
        match self.places.get_mut(at) {
            Some(Some(there)) if *there == value => there.clone(),
            Some(place) => {
                *place = Some(value.clone());
                value
            }
            None => value,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn equal_values_become_one() {
        let mut interned = Interned::new();
        let first = interned.shared(Arc::new("a".to_owned()));
        let second = interned.shared(Arc::new("a".to_owned()));
        let other = interned.shared(Arc::new("b".to_owned()));
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!((first.as_str(), other.as_str()), ("a", "b"));
    }

    #[test]
    fn more_values_than_places_take_the_places_of_others() {
        let mut interned = Interned::new();
        for number in 0..PLACES * 3 {
            assert_eq!(interned.shared(number), number);
        }
        let taken = interned.places.iter().flatten().count();
        assert!(taken <= PLACES && interned.places.len() == PLACES, "{taken}");
    }
}
