//! Work that many ask for and that is done once: the first to come leads, the others wait for its result.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;

/// The running work of one kind, by key.
pub(crate) struct Flights<K, T> {
    running: Arc<Mutex<HashMap<K, Passenger<T>>>>,
}

/// How an asker stands to the work.
pub(crate) enum Joined<K: Eq + Hash, T> {
    /// Nobody does it yet. Hand the pilot to the task that does it.
    Leader(Pilot<K, T>, Passenger<T>),
    /// It is being done.
    Follower(Passenger<T>),
}

/// The one who does the work. Dropped without landing (a panic), it tells the waiting ones that there is no result.
pub(crate) struct Pilot<K: Eq + Hash, T> {
    key: K,
    running: Arc<Mutex<HashMap<K, Passenger<T>>>>,
    sender: watch::Sender<Option<T>>,
    aloft: bool,
}

/// One who waits for the result.
pub(crate) struct Passenger<T>(watch::Receiver<Option<T>>);

impl<K: Eq + Hash + Clone, T: Clone> Flights<K, T> {
    pub(crate) fn join(&self, key: K) -> Joined<K, T> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        match running.entry(key) {
            Entry::Occupied(there) => Joined::Follower(there.get().clone()),
            Entry::Vacant(free) => {
                let (sender, receiver) = watch::channel(None);
                let key = free.key().clone();
                let passenger = free.insert(Passenger(receiver)).clone();
                Joined::Leader(
                    Pilot {
                        key,
                        running: Arc::clone(&self.running),
                        sender,
                        aloft: true,
                    },
                    passenger,
                )
            }
        }
    }
}

impl<K: Eq + Hash, T> Pilot<K, T> {
    /// Hands the result to all who wait. Whoever asks after this starts anew.
    pub(crate) fn land(mut self, result: T) {
        // Removed before the result is out: whoever has seen it and asks again must not be handed it once more.
        self.leave();
        self.sender.send_replace(Some(result));
    }

    fn leave(&mut self) {
        // Once only: afterwards the entry may be the next flight's.
        if std::mem::take(&mut self.aloft) {
            self.running
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&self.key);
        }
    }
}

impl<K: Eq + Hash, T> Drop for Pilot<K, T> {
    fn drop(&mut self) {
        self.leave();
    }
}

impl<T: Clone> Passenger<T> {
    /// The result; `None` when the work died without one.
    pub(crate) async fn result(mut self) -> Option<T> {
        match self.0.wait_for(Option::is_some).await {
            Ok(result) => result.clone(),
            Err(_) => None,
        }
    }
}

impl<T> Clone for Passenger<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, T> Default for Flights<K, T> {
    fn default() -> Self {
        Self {
            running: Arc::default(),
        }
    }
}

impl<K, T> fmt::Debug for Flights<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).len();
        f.debug_struct("Flights").field("running", &running).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn followers_get_the_result_of_the_leader_and_the_next_asker_leads_anew() {
        let flights = Flights::<u8, u8>::default();
        let Joined::Leader(pilot, own) = flights.join(1) else {
            panic!("the first asker leads")
        };
        let Joined::Follower(other) = flights.join(1) else {
            panic!("the second follows")
        };
        assert!(
            matches!(flights.join(2), Joined::Leader(..)),
            "another key is another flight"
        );
        pilot.land(7);
        assert_eq!((own.result().await, other.result().await), (Some(7), Some(7)));
        assert!(matches!(flights.join(1), Joined::Leader(..)));
    }

    #[tokio::test]
    async fn who_has_seen_a_result_is_never_handed_it_again() {
        for _ in 0..2_000 {
            let flights = Arc::new(Flights::<u8, u8>::default());
            let Joined::Leader(pilot, own) = flights.join(1) else {
                panic!("the first asker leads")
            };
            let landing = std::thread::spawn(move || pilot.land(7));
            assert_eq!(own.result().await, Some(7));
            assert!(matches!(flights.join(1), Joined::Leader(..)));
            landing.join().unwrap();
        }
    }

    #[tokio::test]
    async fn a_flight_that_has_landed_does_not_take_the_next_one_down() {
        let flights = Flights::<u8, u8>::default();
        let Joined::Leader(mut first, _) = flights.join(1) else {
            panic!("the first asker leads")
        };
        first.leave();
        let Joined::Leader(_second, _) = flights.join(1) else {
            panic!("the next asker leads")
        };
        drop(first);
        assert!(matches!(flights.join(1), Joined::Follower(_)));
    }

    #[tokio::test]
    async fn a_leader_that_dies_leaves_nobody_waiting() {
        let flights = Flights::<u8, u8>::default();
        let Joined::Leader(pilot, _) = flights.join(1) else {
            panic!("the first asker leads")
        };
        let Joined::Follower(other) = flights.join(1) else {
            panic!("the second follows")
        };
        drop(pilot);
        assert_eq!(other.result().await, None);
    }
}
