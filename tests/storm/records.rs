//! What is known of each launch of a run: [`Records`].

use std::collections::BTreeMap;

use crate::{
    havoc::Havoc,
    journal::{self, What, Write},
    ledger::{self, Sent},
    scene::Scene,
};

/// What the EHR received and what the store answered, by grant, oldest first.
#[derive(Default)]
pub(crate) struct Records {
    pub(crate) sent: BTreeMap<usize, Vec<Sent>>,
    pub(crate) writes: BTreeMap<usize, Vec<Write>>,
}

impl Records {
    pub(crate) fn read(scene: &Scene) -> Self {
        let all = journal::read(&scene.journal);
        let grant_of = |write: &Write| scene.sandbox.grant_of_token(write.what.refresh_token()?);
        // An end names no token.
        let grants: BTreeMap<_, _> = all
            .iter()
            .filter_map(|write| Some((write.launch.clone(), grant_of(write)?)))
            .collect();
        let mut writes = BTreeMap::<_, Vec<_>>::new();
        for write in all {
            if let Some(grant) = grants.get(&write.launch) {
                writes.entry(*grant).or_default().push(write);
            }
        }
        // Each process writes down what it was told a moment later, and they do it in any order.
        writes
            .values_mut()
            .for_each(|writes| writes.sort_by_key(|write| write.at));
        let records = Self {
            sent: ledger::refreshes(&scene.sandbox),
            writes,
        };
        records.assert_opened(scene.launches.iter().map(|launch| launch.grant));
        records
    }

    /// Nothing can be said of a launch of which the journal does not even know that it was opened.
    fn assert_opened(&self, mut grants: impl Iterator<Item = usize>) {
        let is_opening = |write: &Write| matches!(write.what, What::Opening { .. }) && write.acknowledged().is_some();
        let unknown = grants.find(|grant| !self.of(*grant).1.iter().any(is_opening));
        assert_eq!(unknown, None, "the journal does not know that this launch was opened");
    }

    /// How many ends of a launch the store acknowledged and may have lost with a primary.
    pub(crate) fn ends_that_died(&self, grant: usize, havoc: &Havoc) -> usize {
        let ends = self
            .of(grant)
            .1
            .iter()
            .filter(|write| write.acknowledged_end().is_some());
        ends.filter(|end| havoc.may_have_lost(end.at, end.slot)).count()
    }

    pub(crate) fn of(&self, grant: usize) -> (&[Sent], &[Write]) {
        let sent = self.sent.get(&grant).map_or(&[][..], Vec::as_slice);
        (sent, self.writes.get(&grant).map_or(&[][..], Vec::as_slice))
    }

    /// Of each grant that was refreshed.
    pub(crate) fn of_each_grant(&self) -> impl Iterator<Item = (&[Sent], &[Write])> {
        self.sent.keys().map(|grant| self.of(*grant))
    }

    pub(crate) fn refreshes(&self) -> usize {
        self.sent.values().map(Vec::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Reply;

    fn records(what: What, reply: Reply) -> Records {
        let write = Write {
            at: 1_000,
            agent: "process-0.0".to_owned(),
            launch: "the launch".to_owned(),
            slot: 7,
            what,
            reply,
        };
        Records {
            writes: BTreeMap::from([(0, vec![write])]),
            ..Records::default()
        }
    }

    fn opening() -> What {
        let refresh_token = "the first one".to_owned();
        What::Opening { refresh_token }
    }

    #[test]
    fn each_launch_has_its_opening_in_the_journal() {
        records(opening(), Reply::Written).assert_opened(0..1);
    }

    #[test]
    #[should_panic(expected = "was opened")]
    fn a_launch_of_which_the_journal_knows_nothing_fails_the_run() {
        records(opening(), Reply::Written).assert_opened(0..2);
    }

    #[test]
    #[should_panic(expected = "was opened")]
    fn a_launch_whose_opening_was_not_acknowledged_fails_the_run() {
        records(opening(), Reply::Failed).assert_opened(0..1);
    }
}
