//! What the server need not remember any more, so that one that runs for months does not grow.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    time::Duration,
};

use super::{client::SandboxClient, state::State};
use crate::time::Timestamp;

/// A table is looked through when it has so many entries, and then each time that it has doubled.
const FEW: usize = 2_000;
/// What has been over for so long is forgotten. Before that it has an answer of its own: *expired*, *used*.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// When each table is looked through next, by its size.
#[derive(Debug)]
pub(super) struct Sizes {
    launches: usize,
    pending: usize,
    codes: usize,
    access_tokens: usize,
    refresh_tokens: usize,
    assertions: usize,
    grants: usize,
    exports: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            launches: FEW,
            pending: FEW,
            codes: FEW,
            access_tokens: FEW,
            refresh_tokens: FEW,
            assertions: FEW,
            grants: FEW,
            exports: FEW,
        }
    }
}

impl State {
    /// Forgets what has been over for a day.
    pub(super) fn prune(&mut self, now: Timestamp) {
        let is_old = |over: Timestamp| over.saturating_add(KEPT) <= now;
        let (sizes, grants) = (&mut self.sizes, &self.grants);
        let is_revoked = |grant: usize| grants.get(grant).is_none_or(|grant| grant.revoked);
        prune(&mut self.launches, &mut sizes.launches, |launch| is_old(launch.made));
        prune(&mut self.pending, &mut sizes.pending, |pending| is_old(pending.arrived));
        prune(&mut self.codes, &mut sizes.codes, |code| is_old(code.expires));
        prune(&mut self.access_tokens, &mut sizes.access_tokens, |token| {
            is_old(token.expires)
        });
        prune(&mut self.refresh_tokens, &mut sizes.refresh_tokens, |token| {
            token.expires.is_some_and(is_old) || (is_old(token.issued) && (token.replaced || is_revoked(token.grant)))
        });
        prune(&mut self.assertions, &mut sizes.assertions, |expires| is_old(*expires));
        if self.grants.len() >= self.sizes.grants {
            self.prune_grants();
            self.sizes.grants = FEW.max(self.grants.len() * 2);
        }
        if self.exports.len() >= self.sizes.exports {
            self.exports.retain(|_, export| !is_old(export.begun));
            self.sizes.exports = FEW.max(self.exports.len() * 2);
        }
    }

    /// Forgets the grants of which there is neither a code nor a token any more, and the clients that were made for one launch with them.
    fn prune_grants(&mut self) {
        let codes = self.codes.values().filter_map(|code| code.grant);
        let access = self.access_tokens.values().map(|token| token.grant);
        let refresh = self.refresh_tokens.values().map(|token| token.grant);
        let used: HashSet<usize> = codes.chain(access).chain(refresh).collect();
        let of_launches: HashSet<usize> = self.clients.values().filter_map(SandboxClient::made_for).collect();
        let (clients, grants) = (&mut self.clients, &mut self.grants);
        grants.retain(|number, grant| used.contains(&number) || (of_launches.contains(&number) && !grant.revoked));
        clients.retain(|_, client| client.made_for().is_none_or(|grant| grants.get(grant).is_some()));
    }
}

fn prune<K: Eq + Hash, V>(table: &mut HashMap<K, V>, next: &mut usize, is_over: impl Fn(&V) -> bool) {
    if table.len() < *next {
        return;
    }
    table.retain(|_, value| !is_over(value));
    *next = FEW.max(table.len() * 2);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_looked_through_when_it_is_large_and_keeps_what_is_not_over() {
        let mut table: HashMap<usize, usize> = (0..FEW - 1).map(|number| (number, number)).collect();
        let mut next = FEW;
        prune(&mut table, &mut next, |number| number % 2 == 0);
        assert_eq!(table.len(), FEW - 1);
        table.insert(FEW, FEW);
        prune(&mut table, &mut next, |number| number % 2 == 0);
        assert_eq!(table.len(), FEW / 2 - 1);
        assert_eq!(next, FEW);
    }

    #[test]
    fn a_table_of_which_nothing_is_over_is_looked_through_when_it_has_doubled() {
        let mut table: HashMap<usize, usize> = (0..FEW).map(|number| (number, number)).collect();
        let mut next = FEW;
        prune(&mut table, &mut next, |_| false);
        assert_eq!((table.len(), next), (FEW, FEW * 2));
    }
}
