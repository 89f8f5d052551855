//! Keeping the access token of a launch fresh.
//!
//! [`Refresher::ensure_fresh`] is what a request calls: it decides ([`pace`]), joins or starts the one refresh of that
//! launch, waits as long as is sensible and no longer. The refresh itself ([`attempt`]) runs on the engine and finishes
//! whether or not anybody waits for it: it takes the [`lease`], notes that the refresh token is [`sent`], sends it
//! ([`grant`]), and saves what the [`answer`] says.

mod answer;
mod attempt;
mod ending;
pub(crate) mod grant;
mod lease;
mod outcome;
mod pace;
mod refused;
mod registration;
mod role;
mod save;
mod sent;
#[cfg(test)]
mod test_launch;

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use tokio::time::timeout;
use tracing::{Instrument as _, Span, field::Empty};

use self::{
    attempt::Work,
    outcome::RefreshOutcome,
    pace::{Verdict, Wanted, judge},
    role::{LEADER, WAITER},
    save::same_tokens,
};
use crate::{
    launch::{error::LaunchError, revoke::Revoker, to_its_end::to_its_end},
    meter::{self, Stopwatch},
    runtime::{
        Runtime,
        places::PlaceKind,
        single_flight::{Joined, SingleFlight, Waiter},
    },
    store::{EndReason, LaunchKey, LaunchRecord, LaunchUse, RefreshFailure, Version},
    time::Timestamp,
};

/// Keeps the tokens of launches fresh. Cheap to clone; clones share what is under way.
#[derive(Clone)]
pub(crate) struct Refresher {
    runtime: Arc<Runtime>,
    revoker: Revoker,
    /// What each says of itself meanwhile is why there is no new token yet.
    running: SingleFlight<LaunchKey, RefreshOutcome, RefreshFailure>,
}

/// What an application that asked for a refresh got.
#[derive(Debug, Clone)]
pub(crate) enum Refreshed {
    /// A new token.
    Yes(Arc<LaunchRecord>),
    /// None: it would be too early.
    TooEarly { retry_after: Duration },
}

/// A launch as somebody has loaded it.
type Stored = (Arc<LaunchRecord>, Version);

/// A refresh that is under way.
type Running = Waiter<RefreshOutcome, RefreshFailure>;

impl Refresher {
    pub(crate) fn new(runtime: Arc<Runtime>, revoker: Revoker) -> Self {
        Self {
            runtime,
            revoker,
            running: SingleFlight::default(),
        }
    }

    /// Gives back the launch with a usable access token, refreshed first when that is due.
    ///
    /// Usable, not new: one that is due is given back where the new one takes long. A usable token is never waited for longer than
    /// `refresh_wait_due`, and only by the request that started the refresh in its process.
    /// Where it runs out meanwhile, that request waits for the longer one of that and `refresh_wait_unusable` in all.
    pub(crate) async fn ensure_fresh(
        &self,
        key: LaunchKey,
        (record, version): Stored,
        launch_use: LaunchUse,
    ) -> Result<Arc<LaunchRecord>, LaunchError> {
        let now = self.runtime.now();
        let usable = record.tokens.is_usable(now);
        match self.judge(&record, Wanted::WhenDue, now) {
            Verdict::Fresh => return Ok(record),
            Verdict::NotBefore(_) | Verdict::Sent(_) if usable => return Ok(record),
            Verdict::Dead => return Box::pin(self.end_dead(key, version)).await,
            Verdict::NotBefore(moment) => {
                let cause = record.refresh.last_failure.unwrap_or(RefreshFailure::EhrUnavailable);
                let error = LaunchError::no_token(cause, moment.saturating_since(now));
                return Err(error.after_failures(record.refresh.failures));
            }
            Verdict::Refresh | Verdict::Sent(_) => {}
        }
        // Boxed: most requests find a fresh token, and should not carry the room for a refresh with them.
        Box::pin(self.brought_up_to_date(key, (record, version), usable, launch_use)).await
    }

    /// Gives back the launch after its refresh, or as it is where its token is usable meanwhile.
    async fn brought_up_to_date(
        &self,
        key: LaunchKey,
        (record, version): Stored,
        usable: bool,
        launch_use: LaunchUse,
    ) -> Result<Arc<LaunchRecord>, LaunchError> {
        let (running, started_it) = self.join(key, (&record, version), Wanted::WhenDue, launch_use);
        if usable && !started_it {
            return Ok(record);
        }
        let tokens = &self.runtime.settings.tokens;
        let patience = if usable {
            tokens.wait_when_due
        } else {
            tokens.wait_when_unusable
        };
        let waiting = async {
            let mut outcome = pin!(self.usable_outcome(key, running.clone(), launch_use));
            if let Ok(outcome) = timeout(patience, outcome.as_mut()).await {
                return Some(outcome);
            }
            if !usable || record.tokens.is_usable(self.runtime.now()) {
                return None;
            }
            // Its token has run out meanwhile: it waits as long as if it had come without one.
            let rest = tokens.wait_when_unusable.saturating_sub(patience);
            timeout(rest, outcome).await.ok()
        };
        let outcome = waited(role_of(started_it), waiting).await;
        match self.settle(outcome.flatten(), running.so_far()) {
            // Good enough while there is no newer one.
            Err(LaunchError::Unavailable { .. } | LaunchError::ClientRefused)
                if record.tokens.is_usable(self.runtime.now()) =>
            {
                Ok(record)
            }
            settled => settled.map_err(|error| error.after_failures(record.refresh.failures)),
        }
    }

    /// Refreshes now, whether or not it is due, as far as the pace allows.
    pub(crate) async fn refresh_now(
        &self,
        key: LaunchKey,
        (record, version): Stored,
        launch_use: LaunchUse,
    ) -> Result<Refreshed, LaunchError> {
        let now = self.runtime.now();
        let too_early = |moment: Timestamp| Refreshed::TooEarly {
            retry_after: moment.saturating_since(now),
        };
        match self.judge(&record, Wanted::Now, now) {
            Verdict::NotBefore(moment) => return Ok(too_early(moment)),
            Verdict::Dead => return self.end_dead(key, version).await.map(Refreshed::Yes),
            Verdict::Fresh | Verdict::Refresh | Verdict::Sent(_) => {}
        }
        if !record.tokens.can_be_renewed() {
            return Ok(too_early(record.tokens.expires_at()));
        }
        let (running, started_it) = self.join(key, (&record, version), Wanted::Now, launch_use);
        let patience = self.runtime.settings.tokens.wait_when_unusable;
        let waiting = timeout(patience, running.clone().result());
        match waited(role_of(started_it), waiting).await.ok().flatten() {
            // Another process was busy with this launch, and failed.
            Some(RefreshOutcome::Current(stored)) if same_tokens(&stored, &record) => {
                let now = self.runtime.now();
                let retry_after = match self.judge(&stored, Wanted::Now, now) {
                    Verdict::NotBefore(moment) | Verdict::Sent(moment) => moment.saturating_since(now),
                    _ => SHORTLY,
                };
                Ok(Refreshed::TooEarly { retry_after })
            }
            Some(RefreshOutcome::Current(newer)) => Ok(Refreshed::Yes(newer)),
            outcome => self.settle(outcome, running.so_far()).map(Refreshed::Yes),
        }
    }

    fn judge(&self, record: &LaunchRecord, wanted: Wanted, now: Timestamp) -> Verdict {
        judge(record, wanted, || self.runtime.least_interval(record), now)
    }

    /// What the refresh came to. When its token was so slow to come, or to be saved, that it ran out on the way, what one
    /// more refresh came to: a handler must not begin with it.
    async fn usable_outcome(&self, key: LaunchKey, running: Running, launch_use: LaunchUse) -> Option<RefreshOutcome> {
        match running.result().await {
            Some(RefreshOutcome::Current(newer)) if !newer.tokens.is_usable(self.runtime.now()) => {
                // Whatever its version is by now: the lease comes with another look, and nothing is written before that.
                let (running, _) = self.join(key, (&newer, Version(0)), Wanted::WhenDue, launch_use);
                running.result().await
            }
            outcome => outcome,
        }
    }

    /// What somebody gets who needs a usable token. `so_far` is what the refresh is about at the moment, for those who will
    /// not wait any longer.
    fn settle(
        &self,
        outcome: Option<RefreshOutcome>,
        so_far: Option<RefreshFailure>,
    ) -> Result<Arc<LaunchRecord>, LaunchError> {
        let now = self.runtime.now();
        match outcome {
            Some(RefreshOutcome::Current(newer)) if newer.tokens.is_usable(now) => Ok(newer),
            Some(RefreshOutcome::Ended(reason)) => Err(LaunchError::Ended(reason)),
            Some(RefreshOutcome::Forgotten) => Err(LaunchError::NotFound),
            Some(RefreshOutcome::Failed {
                cause,
                not_before,
                failures,
            }) => Err(LaunchError::no_token(cause, not_before.saturating_since(now)).after_failures(failures)),
            Some(RefreshOutcome::Current(_)) | None => Err(LaunchError::no_token(
                so_far.unwrap_or(RefreshFailure::Unanswered),
                SHORTLY,
            )),
        }
    }

    /// Joins the refresh of this launch, or starts it on the engine. Says whether it started it.
    fn join(
        &self,
        key: LaunchKey,
        seen: (&Arc<LaunchRecord>, Version),
        wanted: Wanted,
        launch_use: LaunchUse,
    ) -> (Running, bool) {
        let runtime = &self.runtime;
        let (leader, waiter) = match self.running.join(key) {
            Joined::Waiter(waiter) => {
                meter::REFRESH_ASKED.count([("ehr", &seen.0.origin.ehr), ("role", WAITER)]);
                return (waiter, false);
            }
            Joined::Leader(leader, waiter) => (leader, waiter),
        };
        meter::REFRESH_ASKED.count([("ehr", &seen.0.origin.ehr), ("role", LEADER)]);
        // Before the store is asked for anything, which has enough to do then.
        if let Some(busy) = runtime.places.would_refuse(&seen.0.origin.ehr, PlaceKind::Refresh) {
            meter::SHED.count([("ehr", &seen.0.origin.ehr), ("kind", PlaceKind::Refresh.name())]);
            leader.complete(RefreshOutcome::turned_away(runtime, &seen.0.origin.ehr, busy));
            return (waiter, true);
        }
        let work = attempt::run(Work {
            runtime: Arc::clone(runtime),
            revoker: self.revoker.clone(),
            key,
            wanted,
            launch_use,
            seen: (Arc::clone(seen.0), seen.1),
            progress: leader.progress(),
        });
        let (ehr, took) = (seen.0.origin.ehr.clone(), Stopwatch::start());
        let span = tracing::info_span!(
            "smart.refresh",
            ehr,
            launch = key.reference(),
            role = Empty,
            outcome = Empty
        );
        let work = async move {
            let outcome = work.await;
            Span::current().record("outcome", outcome.name());
            meter::REFRESH_SECONDS.record(took, [("ehr", &ehr)]);
            outcome
        };
        // Not awaited: the refresh belongs to the launch, not to the request that happened to start it.
        let tell = move |outcome| leader.complete(outcome);
        runtime.engine.spawn_then("refresh", work.instrument(span), tell);
        (waiter, true)
    }

    /// Ends a launch whose tokens have run out: there is nothing to revoke. Gives it back when it is alive: somebody has
    /// written to it meanwhile.
    async fn end_dead(&self, key: LaunchKey, version: Version) -> Result<Arc<LaunchRecord>, LaunchError> {
        let end = move |runtime: Arc<Runtime>| async move {
            let reason = EndReason::TokenExpired;
            ending::end(&runtime, key, version, reason).await
        };
        match to_its_end(&self.runtime, "end of a launch", end).await {
            Ok(outcome) => self.settle(Some(outcome), None),
            Err(error) => Err(LaunchError::not_ended(&self.runtime, key, error)),
        }
    }
}

const fn role_of(started_it: bool) -> &'static str {
    if started_it { LEADER } else { WAITER }
}

/// Waits for a refresh, as long as `waiting` does, and measures that.
async fn waited<T>(role: &'static str, waiting: impl Future<Output = T>) -> T {
    let (_waiting, took) = (meter::REFRESH_WAITING.hold([]), Stopwatch::start());
    let outcome = waiting
        .instrument(tracing::debug_span!("smart.refresh.wait", role))
        .await;
    meter::REFRESH_WAIT_SECONDS.record(took, []);
    outcome
}

/// When it is worth asking again for what is nearly there.
const SHORTLY: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
