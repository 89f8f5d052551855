//! Keeping the access token of a launch fresh.
//!
//! [`ensure_fresh`] is what a request calls: it decides ([`pace`]), joins or starts the one refresh of that launch
//! ([`crate::runtime::single_flight`]), waits as long as is sensible and no longer. The refresh itself ([`attempt`]) runs on the
//! engine and finishes whether or not anybody waits for it.

mod attempt;
mod ending;
mod lease;
mod pace;
mod refused;
mod registration;
mod save;
mod sent;

use std::{sync::Arc, time::Duration};

pub(crate) use attempt::RefreshOutcome;
use pace::{Verdict, Wanted, judge};
use save::same_tokens;

use crate::{
    config::SmartConfig,
    launch::revoke::Revoker,
    runtime::{
        places::PlaceKind,
        single_flight::{Joined, Passenger},
    },
    store::{EndReason, LaunchKey, LaunchRecord, RefreshFailure, StoreError, Version},
};

/// Why a launch has no token that may be used now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotFresh {
    /// The launch has ended.
    Ended(EndReason),
    /// The store does not know the launch any more.
    Forgotten,
    /// Not now; the launch is kept.
    Later {
        cause: RefreshFailure,
        retry_after: Duration,
    },
}

/// What an application that asked for a refresh got.
#[derive(Debug, Clone)]
pub(crate) enum Refreshed {
    /// A new token.
    Yes(Arc<LaunchRecord>),
    /// None: it would be too early.
    TooEarly { retry_after: Duration },
}

/// A refresh that is under way; what it says meanwhile is why there is no new token yet.
type Flight = Passenger<RefreshOutcome, RefreshFailure>;

/// Gives back the launch with a usable access token, refreshed first when that is due.
///
/// A usable token is never waited for longer than `refresh_wait_due`, and only by the request that started the refresh.
pub(crate) async fn ensure_fresh(
    config: &SmartConfig,
    key: LaunchKey,
    (record, version): (Arc<LaunchRecord>, Version),
) -> Result<Arc<LaunchRecord>, NotFresh> {
    let shared = config.shared();
    let now = shared.now();
    let usable = record.tokens.is_usable(now);
    match judge(&record, Wanted::WhenDue, || shared.least_interval(&record), now) {
        Verdict::Fresh => Ok(record),
        Verdict::Dead => dead(config, key, version).await,
        Verdict::NotBefore(_) | Verdict::Sent(_) if usable => Ok(record),
        Verdict::NotBefore(moment) => Err(NotFresh::Later {
            cause: record.refresh.last_failure.unwrap_or(RefreshFailure::EhrUnavailable),
            retry_after: moment.saturating_since(now),
        }),
        Verdict::Refresh | Verdict::Sent(_) => {
            let (passenger, started_it) = board(config, key, (&record, version), Wanted::WhenDue);
            if usable && !started_it {
                return Ok(record);
            }
            let tokens = &shared.settings.tokens;
            let patience = if usable {
                tokens.wait_when_due
            } else {
                tokens.wait_when_unusable
            };
            let waited_for = passenger.clone();
            let outcome = tokio::time::timeout(patience, usable_outcome(config, key, passenger)).await;
            match outcome.ok().flatten() {
                Some(RefreshOutcome::Current(newer)) if newer.tokens.is_usable(shared.now()) => Ok(newer),
                Some(RefreshOutcome::Ended(reason)) => Err(NotFresh::Ended(reason)),
                Some(RefreshOutcome::Forgotten) => Err(NotFresh::Forgotten),
                Some(RefreshOutcome::Current(_) | RefreshOutcome::Failed { .. }) | None
                    if record.tokens.is_usable(shared.now()) =>
                {
                    Ok(record)
                }
                Some(RefreshOutcome::Failed { cause, not_before }) => Err(NotFresh::Later {
                    cause,
                    retry_after: not_before.saturating_since(shared.now()),
                }),
                Some(RefreshOutcome::Current(_)) | None => Err(still_at_it(&waited_for)),
            }
        }
    }
}

/// What the refresh came to. When its token was so slow to come, or to be saved, that it ran out on the way, what one
/// more refresh came to: a handler must not begin with it.
async fn usable_outcome(config: &SmartConfig, key: LaunchKey, passenger: Flight) -> Option<RefreshOutcome> {
    match passenger.result().await {
        Some(RefreshOutcome::Current(newer)) if !newer.tokens.is_usable(config.shared().now()) => {
            // Whatever its version is by now: the lease comes with another look.
            board(config, key, (&newer, Version(0)), Wanted::WhenDue)
                .0
                .result()
                .await
        }
        outcome => outcome,
    }
}

/// Refreshes now, whether or not it is due, as far as the pace allows.
pub(crate) async fn refresh_now(
    config: &SmartConfig,
    key: LaunchKey,
    (record, version): (Arc<LaunchRecord>, Version),
) -> Result<Refreshed, NotFresh> {
    let shared = config.shared();
    let now = shared.now();
    match judge(&record, Wanted::Now, || shared.least_interval(&record), now) {
        Verdict::NotBefore(moment) => {
            return Ok(Refreshed::TooEarly {
                retry_after: moment.saturating_since(now),
            });
        }
        Verdict::Dead => {
            return dead(config, key, version).await.map(Refreshed::Yes);
        }
        Verdict::Fresh | Verdict::Refresh | Verdict::Sent(_) => {}
    }
    if record.tokens.refresh_token().is_none() {
        return Ok(Refreshed::TooEarly {
            retry_after: record.tokens.expires_at().saturating_since(now),
        });
    }
    let (passenger, _) = board(config, key, (&record, version), Wanted::Now);
    let waited_for = passenger.clone();
    match outcome_within(shared.settings.tokens.wait_when_unusable, passenger).await {
        // Another process was busy with this launch, and failed.
        Some(RefreshOutcome::Current(now_stored)) if same_tokens(&now_stored, &record) => {
            let now = shared.now();
            let retry_after = match judge(&now_stored, Wanted::Now, || shared.least_interval(&now_stored), now) {
                Verdict::NotBefore(moment) | Verdict::Sent(moment) => moment.saturating_since(now),
                _ => Duration::from_secs(1),
            };
            Ok(Refreshed::TooEarly { retry_after })
        }
        Some(RefreshOutcome::Current(record)) => Ok(Refreshed::Yes(record)),
        Some(RefreshOutcome::Ended(reason)) => Err(NotFresh::Ended(reason)),
        Some(RefreshOutcome::Forgotten) => Err(NotFresh::Forgotten),
        Some(RefreshOutcome::Failed { cause, not_before }) => Err(NotFresh::Later {
            cause,
            retry_after: not_before.saturating_since(shared.now()),
        }),
        None => Err(still_at_it(&waited_for)),
    }
}

/// What to tell those who will not wait any longer: what the refresh is about at the moment.
fn still_at_it(flight: &Flight) -> NotFresh {
    NotFresh::Later {
        cause: flight.so_far().unwrap_or(RefreshFailure::Unanswered),
        retry_after: Duration::from_secs(1),
    }
}

/// Joins the refresh of this launch, or starts it on the engine. Says whether it started it.
fn board(config: &SmartConfig, key: LaunchKey, seen: (&Arc<LaunchRecord>, Version), wanted: Wanted) -> (Flight, bool) {
    let shared = config.shared();
    match shared.refreshes.join(key) {
        Joined::Follower(passenger) => (passenger, false),
        Joined::Leader(pilot, passenger) => {
            // Before the store is asked for anything, which has enough to do then.
            if let Some(busy) = shared.places.would_refuse(&seen.0.ehr, PlaceKind::Refresh) {
                pilot.land(attempt::turned_away(shared, &seen.0.ehr, busy));
                return (passenger, true);
            }
            let work = attempt::run(attempt::Work {
                shared: Arc::clone(shared),
                transport: config.transport(),
                revoker: Revoker::new(config),
                engine: config.engine().detached(),
                key,
                wanted,
                seen: (Arc::clone(seen.0), seen.1),
                progress: pilot.progress(),
            });
            // Not awaited: the refresh belongs to the launch, not to the request that happened to start it.
            drop(config.engine().spawn("refresh", async move { pilot.land(work.await) }));
            (passenger, true)
        }
    }
}

async fn outcome_within(patience: Duration, passenger: Flight) -> Option<RefreshOutcome> {
    tokio::time::timeout(patience, passenger.result()).await.ok().flatten()
}

/// Ends a launch whose tokens have run out: there is nothing to revoke. Gives it back when it is alive: somebody has
/// written to it meanwhile.
async fn dead(config: &SmartConfig, key: LaunchKey, version: Version) -> Result<Arc<LaunchRecord>, NotFresh> {
    let shared = config.shared();
    let outcome = ending::end(shared, key, version, EndReason::TokenExpired).await;
    match outcome.map_err(store_failed)? {
        RefreshOutcome::Current(newer) if newer.tokens.is_usable(shared.now()) => Ok(newer),
        RefreshOutcome::Ended(reason) => Err(NotFresh::Ended(reason)),
        RefreshOutcome::Forgotten => Err(NotFresh::Forgotten),
        RefreshOutcome::Current(_) | RefreshOutcome::Failed { .. } => Err(NotFresh::Later {
            cause: RefreshFailure::Unanswered,
            retry_after: Duration::from_secs(1),
        }),
    }
}

fn store_failed(error: StoreError) -> NotFresh {
    tracing::warn!(%error, "a launch could not be ended");
    NotFresh::Later {
        cause: RefreshFailure::StoreUnavailable,
        retry_after: Duration::from_secs(5),
    }
}
