//! A Redis Cluster: which node is asked for what ([`Cluster`]).
//!
//! Each primary has a link of its own, with its own supervision, bounds and workers' connections. So one that hangs or is lost holds
//! up nobody but those whose launches it has. (The cluster client of the `redis` crate was not taken: while it looks for the slots
//! anew, none of its requests goes on.) [`looking`] keeps the map of the slots ([`slots`]).
//!
//! A node that was asked says what else to do: go to another one, or come back later. All of that happens within the time-out of one
//! operation, and the operation was not done before, so that it can be repeated.

mod looking;
mod slots;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, RwLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use redis::Value;
use tokio::{
    sync::{Notify, watch},
    time::{sleep, timeout_at},
};

use self::slots::SlotMap;
use super::{
    driver::Driver,
    endpoint::Endpoint,
    fault::{Elsewhere, Unanswered},
    host_and_port::HostAndPort,
    link::{Link, LinkOptions},
    scripts::{Call, Script},
    server::Server,
};
use crate::store::{StoreError, alarms::Alarms, unbroken::unbroken};

/// Pauses between attempts at a node that asks to come later: from, doubling, to.
const PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(200));

/// Closes its connections when dropped.
pub(super) struct Cluster {
    shared: Arc<Shared>,
}

struct Shared {
    /// How nodes are reached, and where to begin.
    seeds: Vec<Endpoint>,
    like: Endpoint,
    options: LinkOptions,
    map: watch::Sender<Arc<SlotMap>>,
    nodes: RwLock<HashMap<HostAndPort, Arc<Node>>>,
    /// Wakes who keeps the map: it is wrong somewhere, or closed.
    wake: Arc<Notify>,
    is_closed: AtomicBool,
    is_started: Mutex<bool>,
    driver: Arc<Driver>,
    alarms: Arc<Alarms>,
}

/// A primary.
struct Node {
    place: HostAndPort,
    link: Arc<Link>,
    /// Since when it does nothing but ask to come later.
    puts_off_since: Mutex<Option<Instant>>,
    puts_off: AtomicBool,
}

impl Cluster {
    /// `seeds`: at least one, all reached in the same way.
    pub(super) fn new(
        like: Endpoint,
        seeds: Vec<Endpoint>,
        options: LinkOptions,
        driver: Arc<Driver>,
        alarms: Arc<Alarms>,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                seeds,
                like,
                options,
                map: watch::Sender::new(Arc::default()),
                nodes: RwLock::default(),
                wake: Arc::default(),
                is_closed: AtomicBool::new(false),
                is_started: Mutex::new(false),
                driver,
                alarms,
            }),
        }
    }

    /// Runs a script at the node that has its keys.
    pub(super) async fn call(&self, call: &Call) -> Result<Value, StoreError> {
        let shared = &self.shared;
        shared.start()?;
        let deadline = tokio::time::Instant::now() + shared.options.command_timeout;
        if call.script() == Script::Time {
            return shared.ask_anybody(call, deadline).await;
        }
        let slot = slots::slot_of(call.first_key());
        let (mut pause, mut sent_to) = (PAUSE.0, None);
        loop {
            let (node, is_asking) = match sent_to.take() {
                Some(place) => (shared.node_at(place), true),
                None => (shared.owner_before(slot, deadline).await?, false),
            };
            let elsewhere = match shared.ask(&node, call, slot, is_asking, deadline).await {
                Some(Ok(value)) => {
                    node.does_what_it_is_asked();
                    return Ok(value);
                }
                Some(Err(Unanswered::Failed(error))) => {
                    // What a node has refused, another one would refuse too.
                    if error == StoreError::Unavailable {
                        shared.look();
                    }
                    return Err(error);
                }
                Some(Err(Unanswered::Elsewhere(elsewhere))) => elsewhere,
                // Another node has the slot by now.
                None => continue,
            };
            match elsewhere {
                Elsewhere::Moved(place) => {
                    shared.look();
                    shared.note_move(slot, node.beside(place));
                }
                // From one that was asked that way already, it is a mistake: no circle without a pause.
                Elsewhere::Ask(_) if is_asking => {}
                Elsewhere::Ask(place) => {
                    sent_to = Some(node.beside(place));
                    continue;
                }
                Elsewhere::Again => {}
                Elsewhere::Later => {
                    shared.look();
                    if node.has_put_off_for() >= shared.options.command_timeout {
                        shared.alarms.raise(StoreError::Unavailable, "CLUSTERDOWN or LOADING");
                        return Err(StoreError::Unavailable);
                    }
                }
            }
            if timeout_at(deadline, sleep(pause)).await.is_err() {
                self.shared.alarms.raise(
                    StoreError::Unavailable,
                    "MOVED, ASK or TRYAGAIN for as long as an operation may take",
                );
                return Err(StoreError::Unavailable);
            }
            pause = (pause * 2).min(PAUSE.1);
        }
    }

    /// The links to all primaries that are known, once there are any.
    pub(super) async fn links(&self) -> Vec<Arc<Link>> {
        let shared = &self.shared;
        let deadline = tokio::time::Instant::now() + shared.options.command_timeout;
        if shared.start().is_err() || shared.owner_before(0, deadline).await.is_err() {
            tracing::debug!("not all nodes of the cluster are known");
        }
        let places = shared.map.borrow().places().to_vec();
        places
            .into_iter()
            .map(|place| Arc::clone(&shared.node_at(place).link))
            .collect()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.shared.is_closed.store(true, Ordering::Release);
        self.shared.wake.notify_one();
        self.shared
            .nodes
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

impl Shared {
    fn start(self: &Arc<Self>) -> Result<(), StoreError> {
        let mut is_started = self.is_started.lock().unwrap_or_else(PoisonError::into_inner);
        if !*is_started {
            // Nobody has looked for the slots before: they are waited for from now on.
            self.map.send_replace(Arc::default());
            let (shared, wake) = (Arc::downgrade(self), Arc::clone(&self.wake));
            let looking = move || looking::keep_looking(Weak::clone(&shared), Arc::clone(&wake));
            let started = self
                .driver
                .spawn(unbroken("looking for the nodes of the cluster", looking));
            started.map_err(|error| self.alarms.no_thread(&error))?;
            *is_started = true;
        }
        Ok(())
    }

    /// Has the map looked at anew.
    fn look(&self) {
        self.wake.notify_one();
    }

    /// Asks a node. `None` when the slot has gone to another one meanwhile.
    async fn ask(
        &self,
        node: &Node,
        call: &Call,
        slot: u16,
        is_asking: bool,
        deadline: tokio::time::Instant,
    ) -> Option<Result<Value, Unanswered>> {
        if is_asking {
            return Some(node.link.call_before(&call.asking(true), deadline).await);
        }
        let mut map = self.map.subscribe();
        let has_gone = async {
            // An error would mean that the map is gone, which `self` has.
            let _ = map
                .wait_for(|map| map.owner(slot).is_some_and(|owner| *owner != node.place))
                .await;
        };
        tokio::select! {
            biased;
            answer = node.link.call_before(call, deadline) => Some(answer),
            () = has_gone => None,
        }
    }

    /// The node that has the slot. Where none is known, a short interruption is waited for, and a longer one is answered at once.
    async fn owner_before(&self, slot: u16, deadline: tokio::time::Instant) -> Result<Arc<Node>, StoreError> {
        let mut map = self.map.subscribe();
        loop {
            let now = Arc::clone(&map.borrow_and_update());
            if let Some(place) = now.owner(slot) {
                return Ok(self.node_at(place.clone()));
            }
            self.look();
            if now.failure() == Some(StoreError::Refused) {
                return Err(StoreError::Refused);
            }
            if now.lacks_slots_for() >= self.options.command_timeout {
                self.alarms
                    .raise(StoreError::Unavailable, "no node of the cluster has the slot");
                return Err(StoreError::Unavailable);
            }
            if !matches!(timeout_at(deadline, map.changed()).await, Ok(Ok(()))) {
                return Err(StoreError::Unavailable);
            }
        }
    }

    /// What every node can say.
    async fn ask_anybody(&self, call: &Call, deadline: tokio::time::Instant) -> Result<Value, StoreError> {
        let owner = self.owner_before(slots::slot_of(call.first_key()), deadline).await;
        let mut nodes = self.nodes_that_are_up();
        match owner {
            Ok(owner) if nodes.is_empty() => nodes.push(owner),
            // One process after the other asks the same one, so that the time is that of one clock.
            Ok(owner) => nodes.sort_by_key(|node| !Arc::ptr_eq(node, &owner)),
            Err(error) if nodes.is_empty() => return Err(error),
            Err(_) => {}
        }
        let call = call.clone().without_keys();
        let half = tokio::time::Instant::now() + self.options.command_timeout / 2;
        let times = [if nodes.len() > 1 { half.min(deadline) } else { deadline }, deadline];
        for (node, until) in nodes.iter().zip(times) {
            match timeout_at(until, node.link.call(&call)).await {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(Unanswered::Failed(error))) if error != StoreError::Unavailable => return Err(error),
                // One that hangs: another one has a clock too.
                _ => {}
            }
        }
        Err(StoreError::Unavailable)
    }

    fn nodes_that_are_up(&self) -> Vec<Arc<Node>> {
        let nodes = self.nodes.read().unwrap_or_else(PoisonError::into_inner);
        nodes
            .values()
            .filter(|node| node.link.is_up())
            .map(Arc::clone)
            .collect()
    }

    fn node_at(&self, place: HostAndPort) -> Arc<Node> {
        let known = self
            .nodes
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&place)
            .map(Arc::clone);
        if let Some(node) = known {
            return node;
        }
        let mut nodes = self.nodes.write().unwrap_or_else(PoisonError::into_inner);
        let node = nodes.entry(place.clone()).or_insert_with(|| {
            let server = Server::At(self.like.at(&place));
            Arc::new(Node {
                link: Arc::new(Link::new(
                    server,
                    self.options,
                    Arc::clone(&self.driver),
                    Arc::clone(&self.alarms),
                )),
                place,
                puts_off_since: Mutex::new(None),
                puts_off: AtomicBool::new(false),
            })
        });
        Arc::clone(node)
    }

    /// A node has said so; the whole map follows.
    fn note_move(&self, slot: u16, to: HostAndPort) {
        self.map.send_if_modified(|map| {
            let is_new = map.owner(slot) != Some(&to);
            if is_new {
                *map = Arc::new(map.with_owner(slot, to));
            }
            is_new
        });
    }

    /// Takes a map that a node has told, and leaves those alone that have no slots any more.
    fn take(&self, told: SlotMap) {
        let told = Arc::new(told.since(&self.map.borrow()));
        self.map.send_replace(Arc::clone(&told));
        if self.is_closed.load(Ordering::Acquire) {
            return;
        }
        for place in told.places() {
            // One that nobody has asked yet is connected to now, so that it can be asked for the map.
            let _ = self.node_at(place.clone()).link.start();
        }
        let mut nodes = self.nodes.write().unwrap_or_else(PoisonError::into_inner);
        nodes.retain(|place, _| told.places().contains(place));
    }
}

impl Node {
    fn does_what_it_is_asked(&self) {
        if self.puts_off.swap(false, Ordering::Relaxed) {
            *self.puts_off_since.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    fn has_put_off_for(&self) -> Duration {
        self.puts_off.store(true, Ordering::Relaxed);
        let mut since = self.puts_off_since.lock().unwrap_or_else(PoisonError::into_inner);
        since.get_or_insert_with(Instant::now).elapsed()
    }

    /// A place as this node names it: without a host it is its own.
    fn beside(&self, place: HostAndPort) -> HostAndPort {
        slots::place_or_own(place, &self.place)
    }
}
