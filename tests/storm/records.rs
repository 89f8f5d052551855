//! What is known of each launch of a run: [`Records`].

use std::collections::BTreeMap;

use crate::{
    journal::{self, Write},
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
        Self {
            sent: ledger::refreshes(&scene.sandbox),
            writes,
        }
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
