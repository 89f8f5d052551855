//! How often it is tried to delete clients, and when: [`Tries`].

use std::time::Duration;

use crate::time::Timestamp;

/// Before the second attempt, the third, and so on.
const PAUSES: [Duration; 4] = [
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(8 * 60),
    Duration::from_secs(20 * 60),
];
/// No attempt is made later than that after the first one has ended.
const IN_ALL: Duration = Duration::from_secs(3600);

/// The attempts that were made.
#[derive(Default)]
pub(super) struct Tries {
    /// Not when it began: a server that asks for the whole hour does so when some of it is over.
    first_ended: Option<Timestamp>,
    made: usize,
}

impl Tries {
    pub(super) const fn is_first(&self) -> bool {
        self.made == 0
    }

    /// One more was in vain. How long to wait before the next, at least as long as the server asks for. `None`: there is none any more.
    pub(super) fn pause(&mut self, asked: Duration, now: Timestamp) -> Option<Duration> {
        let pause = PAUSES.get(self.made).copied()?.max(asked);
        self.made = self.made.saturating_add(1);
        let at = now.saturating_add(pause);
        let first_ended = *self.first_ended.get_or_insert(now);
        (at.saturating_since(first_ended) <= IN_ALL).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In milliseconds, as attempts take some.
    fn seconds(tries: &mut Tries, asked: u64, now: u64) -> Option<u64> {
        let pause = tries.pause(Duration::from_secs(asked), Timestamp::from_millis(now));
        pause.map(|pause| pause.as_secs())
    }

    #[test]
    fn it_is_tried_five_times_with_longer_and_longer_pauses() {
        let (mut tries, mut now) = (Tries::default(), 100_250);
        for pause in [30, 120, 480, 1200] {
            assert_eq!(seconds(&mut tries, 0, now), Some(pause));
            now += pause * 1000 + 1_250;
        }
        assert_eq!(seconds(&mut tries, 0, now), None);
    }

    #[test]
    fn a_server_that_asks_for_more_time_gets_it() {
        let mut tries = Tries::default();
        assert_eq!(seconds(&mut tries, 29, 100_250), Some(30));
        assert_eq!(seconds(&mut tries, 121, 131_500), Some(121));
    }

    #[test]
    fn a_server_that_asks_for_an_hour_is_asked_once_more_then() {
        let mut tries = Tries::default();
        assert_eq!(seconds(&mut tries, 3600, 100_250), Some(3600));
        assert_eq!(seconds(&mut tries, 0, 3_701_500), None);
    }

    #[test]
    fn no_attempt_is_made_later_than_an_hour_after_the_end_of_the_first() {
        for (asked, pause) in [(3569, Some(3569)), (3570, None)] {
            let mut tries = Tries::default();
            assert_eq!(seconds(&mut tries, 0, 100_250), Some(30));
            assert_eq!(seconds(&mut tries, asked, 131_250), pause);
        }
    }
}
