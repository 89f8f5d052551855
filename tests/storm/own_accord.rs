//! Fail-overs that the servers of a store make of their own accord: on a busy machine they take one another for dead.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    havoc::now,
    outages::{FailOver, Outage},
    slots::Slots,
    store_server::StoreServer,
};

/// How often the servers are asked what they are.
const LOOK: Duration = Duration::from_millis(250);
/// How long a former primary may go on calling itself one.
const AT_MOST: Duration = Duration::from_secs(30);

/// Knows the primaries of a store from the beginning of a run to its end, so that none is replaced without being noticed.
#[derive(Debug)]
pub(crate) struct Watch {
    /// As they were when there were last as many as there should be.
    primaries: BTreeSet<usize>,
    /// When that was.
    at: u64,
    seen: Vec<Outage>,
}

impl Watch {
    /// Of a store whose first servers were the primaries then.
    pub(crate) fn of_new(server: &StoreServer, at: u64) -> Self {
        let count = match server {
            StoreServer::Sentinel(_) => 1,
            StoreServer::Cluster(_) => 3,
            StoreServer::Redis(_) | StoreServer::Postgres(_) => 0,
        };
        Self {
            primaries: (0..count).collect(),
            at,
            seen: Vec::new(),
        }
    }

    /// Looks at a store that nobody touches for that long, and longer where it is not at rest then.
    pub(crate) fn look_for(&mut self, server: &StoreServer, lasts: Duration) {
        let began = Instant::now();
        self.look_while(server, || began.elapsed() <= lasts);
    }

    /// The same until it is over.
    pub(crate) fn look_until(&mut self, server: &StoreServer, over: &AtomicBool) {
        self.look_while(server, || !over.load(SeqCst));
    }

    fn look_while(&mut self, server: &StoreServer, goes_on: impl Fn() -> bool) {
        let mut since = None;
        loop {
            let (at, found) = (now(), server.primaries());
            let is_at_rest = found.len() == self.primaries.len();
            if is_at_rest {
                self.found(at, found, now(), |new| server.slots_of(new));
            }
            if !goes_on() {
                let since = *since.get_or_insert_with(Instant::now);
                if is_at_rest || since.elapsed() > AT_MOST {
                    return;
                }
            }
            sleep(LOOK);
        }
    }

    /// So many as there should be were found, from `at` until `to`. Where they are others, the former ones may have taken writes since the moment
    /// at which nobody had taken their place yet.
    fn found(&mut self, at: u64, found: BTreeSet<usize>, to: u64, slots_of: impl FnOnce(&[usize]) -> Slots) {
        let new: Vec<_> = found.difference(&self.primaries).copied().collect();
        let copied_until = std::mem::replace(&mut self.at, at);
        self.primaries = found;
        if !new.is_empty() {
            self.seen.push(Outage {
                long: false,
                killed: false,
                copied_until,
                from: to,
                to,
                slots: slots_of(&new),
            });
        }
    }

    /// Somebody has killed a primary, and waited until there was another one.
    pub(crate) fn saw(&mut self, fail_over: &FailOver) {
        if !self.primaries.contains(&fail_over.former) {
            // It had taken the place of the one before meanwhile.
            self.seen.push(Outage {
                long: false,
                killed: false,
                copied_until: self.at,
                to: fail_over.outage.from,
                ..fail_over.outage.clone()
            });
        }
        let groups = self.primaries.len();
        // Servers with the same remainder are one primary and its replicas.
        self.primaries.retain(|at| at % groups != fail_over.former % groups);
        self.primaries.insert(fail_over.successor);
        self.at = fail_over.outage.to;
    }

    /// The fail-overs since the last time.
    pub(crate) fn take(&mut self) -> Vec<Outage> {
        std::mem::take(&mut self.seen)
    }
}

impl StoreServer {
    /// The servers that call themselves primaries, where there are replicas.
    fn primaries(&self) -> BTreeSet<usize> {
        match self {
            Self::Sentinel(set) => set.primaries().into_iter().collect(),
            Self::Cluster(nodes) => nodes.primaries().into_iter().collect(),
            Self::Redis(_) | Self::Postgres(_) => BTreeSet::new(),
        }
    }

    /// The slots that these servers have.
    fn slots_of(&self, servers: &[usize]) -> Slots {
        match self {
            Self::Cluster(nodes) => nodes.slots_of(servers),
            Self::Sentinel(_) | Self::Redis(_) | Self::Postgres(_) => Slots::All,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(primaries: &[usize]) -> Watch {
        Watch {
            primaries: primaries.iter().copied().collect(),
            at: 1_000,
            seen: Vec::new(),
        }
    }

    fn found(watch: &mut Watch, at: u64, primaries: &[usize]) -> Vec<Outage> {
        let slots = |new: &[usize]| {
            let slots = new.iter().map(|at| u16::try_from(*at).unwrap());
            Slots::These(slots.map(|slot| slot..=slot).collect())
        };
        watch.found(at, primaries.iter().copied().collect(), at + 10, slots);
        watch.take()
    }

    fn killed(former: usize, successor: usize, from: u64) -> FailOver {
        FailOver {
            former,
            successor,
            outage: Outage {
                long: true,
                killed: true,
                copied_until: from,
                from,
                to: from + 500,
                slots: Slots::All,
            },
        }
    }

    #[test]
    fn a_fail_over_of_the_servers_own_accord_lasts_from_the_last_look_at_the_former_primary_until_there_is_another_one()
    {
        let mut watch = watch(&[0]);
        assert!(found(&mut watch, 1_250, &[0]).is_empty());
        let seen = found(&mut watch, 2_250, &[2]);
        let times: Vec<_> = seen.iter().map(|one| (one.copied_until, one.from, one.to)).collect();
        assert_eq!(times, [(1_250, 2_260, 2_260)]);
        assert!(found(&mut watch, 2_500, &[2]).is_empty());
    }

    #[test]
    fn a_fail_over_of_a_cluster_concerns_the_slots_of_the_new_primary_alone() {
        let mut watch = watch(&[0, 1, 2]);
        let seen = found(&mut watch, 2_000, &[0, 2, 4]);
        let concerned: Vec<_> = (0..6).filter(|slot| seen[0].slots.has(*slot)).collect();
        assert_eq!(concerned, [4]);
    }

    /// Nobody looks while a primary is killed and its replica takes over.
    #[test]
    fn what_servers_do_of_their_own_accord_between_two_times_of_looking_is_noticed() {
        let mut watch = watch(&[0]);
        watch.saw(&killed(0, 1, 2_000));
        assert!(
            found(&mut watch, 3_000, &[1]).is_empty(),
            "that was no accord of theirs"
        );
        let seen = found(&mut watch, 4_000, &[2]);
        assert_eq!((seen[0].copied_until, seen[0].from), (3_000, 4_010));
        // Another one had died before somebody killed its successor.
        watch.saw(&killed(0, 1, 6_000));
        let seen = watch.take();
        assert_eq!(
            (seen.len(), seen[0].copied_until, seen[0].from, seen[0].to),
            (1, 4_000, 6_000, 6_000)
        );
        assert!(found(&mut watch, 7_000, &[1]).is_empty());
    }

    #[test]
    fn a_primary_of_a_cluster_is_replaced_by_the_other_server_of_its_group() {
        let mut watch = watch(&[0, 1, 2]);
        watch.saw(&killed(1, 4, 2_000));
        watch.saw(&killed(5, 2, 3_000));
        assert_eq!(watch.take().len(), 1);
        assert!(found(&mut watch, 4_000, &[0, 2, 4]).is_empty());
    }
}
