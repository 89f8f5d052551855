//! The right to refresh a launch: one process at a time.
//!
//! A lease that lapsed without being given up means that somebody may have sent the refresh token; whether somebody did
//! is in the record ([`super::sent`]).

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::{
    runtime::Runtime,
    store::{LaunchKey, LeaseOwner, Patience, StoreError},
};

/// How long a lease lasts without being renewed: a process that dies frees the launch after this.
pub(super) const LEASE: Duration = Duration::from_secs(15);
/// How often it is renewed.
const RENEW: Duration = Duration::from_secs(5);

/// A lease that is asked for, and held once [`acquire`](Self::acquire) has said so.
#[derive(Clone)]
pub(super) struct Lease {
    runtime: Arc<Runtime>,
    key: LaunchKey,
    owner: LeaseOwner,
}

impl Lease {
    pub(super) fn of(runtime: &Arc<Runtime>, key: LaunchKey) -> Self {
        Self {
            runtime: Arc::clone(runtime),
            key,
            owner: LeaseOwner(rand::random()),
        }
    }

    /// Takes it, if nobody holds it.
    pub(super) async fn acquire(&self) -> Result<bool, StoreError> {
        let acquired = self.runtime.store.acquire_lease(self.key, self.owner, LEASE).await;
        if acquired.is_err() {
            // The store may have done it all the same, and then nobody else could refresh this launch. Where it does so only after this, the lease
            // runs out by itself.
            self.keep_giving_up();
        }
        acquired
    }

    /// Does the work, renews the lease meanwhile, and gives it up.
    pub(super) async fn held_during<T>(&self, work: impl Future<Output = T>) -> T {
        let asking = AtomicBool::new(false);
        let (mut work, mut renewing) = (pin!(work), pin!(self.keep_renewing(&asking)));
        // Not `select!`: that drops what is being renewed, and the store may renew it after it was given up.
        // Side by side: a store that takes long to renew must not keep the work from saving.
        let done = poll_fn(|cx| {
            let done = work.as_mut().poll(cx);
            if done.is_pending() {
                let _ = renewing.as_mut().poll(cx);
            }
            done
        })
        .await;
        if asking.swap(false, Relaxed) {
            // Or it might be renewed after it was given up.
            renewing.await;
        }
        // Before anybody is told what came of it: who begins the next refresh finds the launch free.
        if self.give_up().await.is_err() {
            self.keep_giving_up();
        }
        done
    }

    /// `asking` is true while the store is asked; whoever makes it false meanwhile wants no more than that answer.
    async fn keep_renewing(&self, asking: &AtomicBool) {
        loop {
            tokio::time::sleep(RENEW).await;
            asking.store(true, Relaxed);
            match self.runtime.store.acquire_lease(self.key, self.owner, LEASE).await {
                Ok(true) => {}
                // What the record says protects the answer: going on is safe.
                Ok(false) => tracing::warn!("the lease of a running refresh was lost"),
                Err(error) => tracing::warn!(%error, "the lease of a running refresh could not be renewed"),
            }
            if !asking.swap(false, Relaxed) {
                return;
            }
        }
    }

    async fn give_up(&self) -> Result<(), StoreError> {
        self.runtime.store.release_lease(self.key, self.owner).await
    }

    /// Tries again while the store is away: whoever wants to refresh next waits for this, and so does a shutdown.
    fn keep_giving_up(&self) {
        let lease = self.clone();
        let giving_up = async move {
            let mut patience = Patience::of(LEASE);
            while let Err(error) = lease.give_up().await {
                if !patience.allows_another().await {
                    tracing::warn!(%error, "the lease of a refresh was not given up; it runs out by itself");
                    return;
                }
            }
        };
        drop(self.runtime.engine.spawn("giving up a lease", giving_up));
    }
}

#[cfg(test)]
mod tests;
