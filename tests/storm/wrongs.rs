//! What clients found wrong, and what of it was done on purpose: [`Wrongs`].

use std::{sync::Mutex, time::Duration};

use crate::{havoc::Havoc, launch::Launch, records::Records};

/// How long a process may be awake meanwhile that has not answered yet: ten seconds for a refresh, some for the store.
pub(crate) const AWAKE: Duration = Duration::from_secs(15);

#[derive(Default)]
pub(crate) struct Wrongs {
    certain: Mutex<Vec<String>>,
    late: Mutex<Vec<Late>>,
    came_back: Mutex<Vec<CameBack>>,
}

/// Something that is wrong, unless its process was stopped for so many milliseconds of this time.
struct Late {
    process: usize,
    from: u64,
    to: u64,
    unless_stopped_for: u64,
    what: String,
}

/// A launch that answered although a client had been told that it has ended: wrong, unless its end died with a primary.
struct CameBack {
    grant: usize,
    patient: String,
}

impl Wrongs {
    pub(crate) fn add(&self, what: String) {
        self.certain.lock().unwrap().push(what);
    }

    /// `from` and `to` are in milliseconds since the epoch.
    pub(crate) fn late(&self, process: usize, from: u64, to: u64, unless_stopped_for: Duration, what: String) {
        self.late.lock().unwrap().push(Late {
            process,
            from,
            to,
            unless_stopped_for: u64::try_from(unless_stopped_for.as_millis()).unwrap(),
            what,
        });
    }

    /// What was asked at `from` had no answer at `to`, and then nobody waited any more.
    pub(crate) fn unanswered(&self, process: usize, from: u64, to: u64) {
        let waited = Duration::from_millis(to.saturating_sub(from));
        let what = format!("no answer within {waited:.1?}");
        self.late(process, from, to, waited.saturating_sub(AWAKE), what);
    }

    pub(crate) fn came_back(&self, launch: &Launch) {
        self.came_back.lock().unwrap().push(CameBack {
            grant: launch.grant,
            patient: launch.patient.clone(),
        });
    }

    /// What nothing that was done explains.
    fn unexcused(&self, havoc: &Havoc, records: &Records) -> Vec<String> {
        let mut wrongs = self.certain.lock().unwrap().clone();
        for late in &*self.late.lock().unwrap() {
            let stopped = havoc.stopped_for(late.process, late.from, late.to);
            if stopped < late.unless_stopped_for {
                let (what, process, from) = (&late.what, late.process, late.from);
                wrongs.push(format!(
                    "{what}, of process {process} from {from} on, which was stopped for {stopped} ms of that"
                ));
            }
        }
        for CameBack { grant, patient } in &*self.came_back.lock().unwrap() {
            if records.ends_that_died(*grant, havoc) == 0 {
                wrongs.push(format!("the launch of {patient} came back after it had ended"));
            }
        }
        wrongs
    }

    /// Fails if anything was wrong; `logs` says what the processes had to say.
    ///
    /// A process that is stopped does not answer, twice in a row for longer than anybody waits; and a token may run out between
    /// the moment at which it was found usable and the handler.
    pub(crate) fn assert_none(&self, havoc: &Havoc, records: &Records, logs: impl FnOnce() -> String) {
        let wrongs = self.unexcused(havoc, records);
        let first = &wrongs[..wrongs.len().min(10)];
        assert!(
            wrongs.is_empty(),
            "{} wrongs, the first: {first:#?}\n{}",
            wrongs.len(),
            logs()
        );
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        hits::Freeze,
        journal::{Reply, What, Write},
        outages::Outage,
        slots::Slots,
    };

    const SLOT: u16 = 7;

    fn launch() -> Launch {
        Launch {
            patient: "p".to_owned(),
            path: String::new(),
            cookies: String::new(),
            grant: 0,
        }
    }

    #[test]
    fn a_client_that_gave_up_is_a_wrong_when_its_process_had_been_awake_for_long_enough() {
        let awake = u64::try_from(AWAKE.as_millis()).unwrap();
        let havoc = |stopped_for: u64| Havoc {
            freezes: vec![Freeze {
                agent: "process-1.0".to_owned(),
                from: 100_000,
                to: 100_000 + stopped_for,
            }],
            ..Havoc::default()
        };
        for (process, waited, stopped_for, is_wrong) in [
            (1, awake, 0, false),
            (1, awake + 1, 0, true),
            (1, awake + 4_000, 4_000, false),
            (1, awake + 4_001, 4_000, true),
            // Another process was stopped.
            (0, awake + 4_000, 4_000, true),
        ] {
            let wrongs = Wrongs::default();
            wrongs.unanswered(process, 100_000, 100_000 + waited);
            let found = wrongs.unexcused(&havoc(stopped_for), &Records::default());
            assert_eq!(found.len(), usize::from(is_wrong), "{waited} {stopped_for}: {found:?}");
        }
    }

    #[test]
    fn a_launch_that_comes_back_is_a_wrong_unless_its_end_died_with_the_primary_that_had_it() {
        let end = |reply, at| Write {
            at,
            agent: "process-0.0".to_owned(),
            launch: "the launch".to_owned(),
            slot: SLOT,
            what: What::End {
                reason: "RefreshRefused".to_owned(),
            },
            reply,
        };
        for (reply, at, died_with, is_wrong) in [
            (Reply::Written, 5_000, SLOT, false),
            (Reply::Written, 5_000, SLOT + 1, true),
            (Reply::Written, 9_000, SLOT, true),
            (Reply::Gone, 5_000, SLOT, true),
        ] {
            let (wrongs, records) = (
                Wrongs::default(),
                Records {
                    writes: BTreeMap::from([(0, vec![end(reply, at)])]),
                    ..Records::default()
                },
            );
            let havoc = Havoc {
                fail_overs: vec![Outage {
                    long: true,
                    killed: true,
                    copied_until: 5_000,
                    from: 5_000,
                    to: 6_000,
                    slots: Slots::These(vec![died_with..=died_with]),
                }],
                ..Havoc::default()
            };
            wrongs.came_back(&launch());
            let found = wrongs.unexcused(&havoc, &records);
            assert_eq!(
                found.len(),
                usize::from(is_wrong),
                "{reply:?} {at} {died_with}: {found:?}"
            );
        }
    }
}
