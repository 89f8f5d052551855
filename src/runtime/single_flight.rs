//! Work that many ask for and that is done once: the first to come leads, the others wait for its result.

use std::{
    borrow::Borrow,
    collections::{HashMap, hash_map::Entry},
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;

/// The running work of one kind, by key. Cheap to clone; clones share what is running. `P` is what it says of itself meanwhile.
pub(crate) struct SingleFlight<K, T, P = ()> {
    running: Arc<Mutex<HashMap<K, Waiter<T, P>>>>,
}

/// How an asker stands to the work.
pub(crate) enum Joined<K: Eq + Hash, T, P = ()> {
    /// Nobody does it yet. Hand the leader to the task that does it.
    Leader(Leader<K, T, P>, Waiter<T, P>),
    /// It is being done.
    Waiter(Waiter<T, P>),
}

/// The one who does the work. Dropped without completing (a panic), it tells the waiting ones that there is no result.
pub(crate) struct Leader<K: Eq + Hash, T, P = ()> {
    key: K,
    running: Arc<Mutex<HashMap<K, Waiter<T, P>>>>,
    sender: watch::Sender<State<T, P>>,
    running_still: bool,
}

/// One who waits for the result.
pub(crate) struct Waiter<T, P = ()>(watch::Receiver<State<T, P>>);

/// What the work says of itself before it is complete. Does not keep it running.
pub(crate) struct Progress<T, P>(watch::Sender<State<T, P>>);

/// How the work stands.
#[derive(Clone)]
enum State<T, P> {
    Running(Option<P>),
    Complete(T),
}

impl<T, P> Progress<T, P> {
    /// Says how far it is.
    pub(crate) fn so_far(&self, far: P) {
        self.0.send_if_modified(|state| {
            if let State::Running(before) = state {
                *before = Some(far);
            }
            // Nobody waits for that.
            false
        });
    }
}

impl<K: Eq + Hash + Clone, T: Clone, P: Clone> SingleFlight<K, T, P> {
    /// The work, if somebody does it already.
    pub(crate) fn running<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<Waiter<T, P>>
    where
        K: Borrow<Q>,
    {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.get(key).cloned()
    }

    /// Leads the work, or waits for it.
    pub(crate) fn join(&self, key: K) -> Joined<K, T, P> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        match running.entry(key) {
            Entry::Occupied(there) => Joined::Waiter(there.get().clone()),
            Entry::Vacant(free) => {
                let (sender, receiver) = watch::channel(State::Running(None));
                let key = free.key().clone();
                let waiter = free.insert(Waiter(receiver)).clone();
                Joined::Leader(
                    Leader {
                        key,
                        running: Arc::clone(&self.running),
                        sender,
                        running_still: true,
                    },
                    waiter,
                )
            }
        }
    }
}

impl<K: Eq + Hash, T, P> Leader<K, T, P> {
    /// For the work itself, to say how far it is.
    pub(crate) fn progress(&self) -> Progress<T, P> {
        Progress(self.sender.clone())
    }

    /// Hands the result to all who wait. The next one who asks starts the work again.
    pub(crate) fn complete(mut self, result: T) {
        // Removed before the result is out: a caller that has seen it and asks again must not get it once more.
        self.leave();
        self.sender.send_replace(State::Complete(result));
    }

    fn leave(&mut self) {
        // Once only: afterwards the entry may be the next leader's.
        if std::mem::take(&mut self.running_still) {
            self.running
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&self.key);
        }
    }
}

impl<K: Eq + Hash, T, P> Drop for Leader<K, T, P> {
    fn drop(&mut self) {
        self.leave();
    }
}

impl<T: Clone, P: Clone> Waiter<T, P> {
    /// The result; `None` when the work died without one.
    pub(crate) async fn result(mut self) -> Option<T> {
        match self.0.wait_for(|state| matches!(state, State::Complete(_))).await {
            Ok(state) => match &*state {
                State::Complete(result) => Some(result.clone()),
                State::Running(_) => None,
            },
            Err(_) => None,
        }
    }

    /// What the work has said of itself last, while it has no result.
    pub(crate) fn so_far(&self) -> Option<P> {
        match &*self.0.borrow() {
            State::Running(far) => far.clone(),
            State::Complete(_) => None,
        }
    }
}

impl<T, P> Clone for Waiter<T, P> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, T, P> Clone for SingleFlight<K, T, P> {
    fn clone(&self) -> Self {
        Self {
            running: Arc::clone(&self.running),
        }
    }
}

impl<K, T, P> Default for SingleFlight<K, T, P> {
    fn default() -> Self {
        Self {
            running: Arc::default(),
        }
    }
}

impl<K, T, P> fmt::Debug for SingleFlight<K, T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).len();
        f.debug_struct("SingleFlight").field("running", &running).finish()
    }
}

#[cfg(test)]
mod tests;
