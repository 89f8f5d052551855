//! A list whose members keep their numbers when others are forgotten: [`Numbered`].

use std::collections::BTreeMap;

/// What came one after the other. Each has a number that nothing else ever gets.
#[derive(Debug, Clone)]
pub(super) struct Numbered<T> {
    members: BTreeMap<usize, T>,
    next: usize,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self {
            members: BTreeMap::new(),
            next: 0,
        }
    }
}

impl<T> Numbered<T> {
    /// Returns its number.
    pub(super) fn push(&mut self, member: T) -> usize {
        let number = self.next;
        self.members.insert(number, member);
        self.next += 1;
        number
    }

    pub(super) fn get(&self, number: usize) -> Option<&T> {
        self.members.get(&number)
    }

    pub(super) fn get_mut(&mut self, number: usize) -> Option<&mut T> {
        self.members.get_mut(&number)
    }

    /// The number of the member at this place.
    pub(super) fn number_at(&self, place: usize) -> Option<usize> {
        self.members.keys().nth(place).copied()
    }

    /// How many members come before the one with this number.
    pub(super) fn place_of(&self, number: usize) -> Option<usize> {
        self.members
            .contains_key(&number)
            .then(|| self.members.range(..number).count())
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// The oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.members.values()
    }

    /// Each with its number, the oldest first.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (usize, &T)> {
        self.members.iter().map(|(number, member)| (*number, member))
    }

    /// Nobody is left, and no number comes again.
    pub(super) fn emptied(&self) -> Self {
        Self {
            members: BTreeMap::new(),
            next: self.next,
        }
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.members.values_mut()
    }

    pub(super) fn retain(&mut self, mut is_kept: impl FnMut(usize, &T) -> bool) {
        self.members.retain(|number, member| is_kept(*number, member));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_keeps_its_number_and_a_number_never_comes_again() {
        let mut list = Numbered::default();
        assert_eq!(["a", "b", "c"].map(|member| list.push(member)), [0, 1, 2]);
        list.retain(|number, _| number != 1);
        assert_eq!((list.get(1), list.get(2)), (None, Some(&"c")));
        assert_eq!((list.place_of(2), list.place_of(1)), (Some(1), None));
        assert_eq!((list.number_at(1), list.number_at(2)), (Some(2), None));
        list.retain(|_, _| false);
        assert_eq!((list.push("d"), list.len()), (3, 1));
        let mut list = list.emptied();
        assert_eq!((list.len(), list.push("e")), (0, 4));
        assert_eq!(list.numbered().collect::<Vec<_>>(), [(4, &"e")]);
    }
}
