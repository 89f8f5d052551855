//! One refresh, from taking the lease to saving the answer.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};
use tracing::Span;

use crate::{
    audit::{AuditEvent, RefreshResult},
    config::Ehr,
    launch::{
        refresh::{
            answer::Asked,
            ending::{end, end_or_fail},
            grant::{Grant, Granted, Held, NotGranted},
            lease::{LEASE, Lease},
            outcome::RefreshOutcome,
            pace::{Verdict, Wanted, judge},
            registration::Standing,
            role::{LEADER, OTHER_PROCESS},
            save,
            sent::{self, Noted},
        },
        revoke::Revoker,
    },
    meter,
    protocol::token_error::TokenError,
    runtime::{Runtime, places::PlaceKind, signing::SignedAhead, single_flight::Progress},
    store::{EndReason, LaunchKey, LaunchRecord, LaunchUse, LoadedLaunch, RefreshFailure, StoreError, Version},
};

/// How often one that waits for another process's refresh looks again.
const LOOK: Duration = Duration::from_millis(200);
/// How long one waits for another process to save an answer that can come no more. The store may have been away until now,
/// and its connections come back one after the other.
const FOR_ANOTHER_TO_SAVE: Duration = Duration::from_secs(5);

/// What all of one refresh is about.
pub(super) struct Work {
    pub(super) runtime: Arc<Runtime>,
    pub(super) revoker: Revoker,
    pub(super) key: LaunchKey,
    pub(super) wanted: Wanted,
    /// Of the request that started it.
    pub(super) launch_use: LaunchUse,
    /// The launch as the request has loaded it.
    pub(super) seen: (Arc<LaunchRecord>, Version),
    /// Why there is no new token yet.
    pub(super) progress: Progress<RefreshOutcome, RefreshFailure>,
}

/// Refreshes a launch, unless looking shows that there is nothing to do. Its span is told whether another process was at it.
pub(super) async fn run(work: Work) -> RefreshOutcome {
    let mut elsewhere = false;
    let outcome = refresh(work, &mut elsewhere).await;
    let role = if elsewhere { OTHER_PROCESS } else { LEADER };
    Span::current().record("role", role);
    outcome
}

async fn refresh(work: Work, elsewhere: &mut bool) -> RefreshOutcome {
    let runtime = &work.runtime;
    let lease = Lease::of(runtime, work.key);
    let began = Instant::now();
    let longest = runtime.settings.signer_timeout + sent::longest(runtime) + FOR_ANOTHER_TO_SAVE + LEASE;
    let mut look = Look::by_request(&work.seen);
    while began.elapsed() < longest {
        let looked = match look.take() {
            Some(seen) => Ok(seen),
            None => work.look().await,
        };
        match looked {
            Ok(Look::Settled(outcome)) => return outcome,
            Ok(Look::Sent(record)) if work.wanted == Wanted::WhenDue && record.tokens.is_usable(runtime.now()) => {
                return RefreshOutcome::Current(record);
            }
            // Whoever only waits holds no lease: should this process be killed, the next one need not wait for that.
            Ok(Look::Sent(_)) => work.would_be_blamed(RefreshFailure::Unanswered),
            // It was sent, and its answer can come no more, but whoever has it may be saving it. From the beginning of this attempt: one that has looked
            // for so long has had the store for so long.
            Ok(Look::Refresh(record, _))
                if may_still_be_saved(runtime, &record) && began.elapsed() < FOR_ANOTHER_TO_SAVE =>
            {
                work.would_be_blamed(RefreshFailure::Unanswered);
            }
            Ok(Look::Refresh(..)) => match lease.acquire().await {
                Ok(true) => {
                    if let Some(outcome) = lease.held_during(work.holding_lease()).await {
                        return outcome;
                    }
                    continue;
                }
                // Another process is about to send it.
                Ok(false) => work.would_be_blamed(RefreshFailure::Unanswered),
                Err(error) => return RefreshOutcome::store_failed(runtime, error),
            },
            Err(error) => return RefreshOutcome::store_failed(runtime, error),
        }
        if !std::mem::replace(elsewhere, true) {
            meter::REFRESH_ASKED.count([("ehr", &work.seen.0.origin.ehr), ("role", OTHER_PROCESS)]);
        }
        sleep(LOOK).await;
    }
    RefreshOutcome::failed(runtime, RefreshFailure::Unanswered)
}

enum Look {
    Settled(RefreshOutcome),
    Refresh(Arc<LaunchRecord>, Version),
    /// The refresh token is on its way, and the answer may still come.
    Sent(Arc<LaunchRecord>),
}

impl Look {
    /// What the request that wants the refresh has seen just now, if that is enough to ask for the lease.
    fn by_request((record, version): &(Arc<LaunchRecord>, Version)) -> Option<Self> {
        let unsent = record.refresh.sent.is_none();
        unsent.then(|| Self::Refresh(Arc::clone(record), *version))
    }
}

impl Work {
    /// Reads the launch again and decides with what is stored now, not with what the request had read. Whether that was a
    /// use, the request has said.
    async fn look(&self) -> Result<Look, StoreError> {
        let Self { runtime, key, .. } = self;
        let (record, version) = match runtime.load(*key, LaunchUse::DoesNotCount).await? {
            LoadedLaunch::Open { record, version } => (record, version),
            LoadedLaunch::Ended(ended) => return Ok(Look::Settled(RefreshOutcome::Ended(ended.reason))),
            LoadedLaunch::NotFound => return Ok(Look::Settled(RefreshOutcome::Forgotten)),
        };
        let now = runtime.now();
        Ok(
            match judge(&record, self.wanted, || runtime.least_interval(&record), now) {
                Verdict::Refresh => Look::Refresh(record, version),
                Verdict::Sent(_) => Look::Sent(record),
                Verdict::Fresh => Look::Settled(RefreshOutcome::Current(record)),
                Verdict::NotBefore(_) if record.tokens.is_usable(now) => Look::Settled(RefreshOutcome::Current(record)),
                Verdict::NotBefore(not_before) => Look::Settled(RefreshOutcome::Failed {
                    cause: record.refresh.last_failure.unwrap_or(RefreshFailure::EhrUnavailable),
                    not_before,
                    failures: record.refresh.failures,
                }),
                Verdict::Dead => Look::Settled(end(runtime, *key, version, EndReason::TokenExpired).await?),
            },
        )
    }

    /// Decides once more, now that nobody else does anything, and sends. `None` when it has to be looked at again.
    async fn holding_lease(&self) -> Option<RefreshOutcome> {
        match self.look().await {
            Ok(Look::Settled(outcome)) => Some(outcome),
            Ok(Look::Sent(_)) => None,
            Ok(Look::Refresh(record, version)) => self.send(record, version).await,
            Err(error) => Some(RefreshOutcome::store_failed(&self.runtime, error)),
        }
    }

    /// Notes what the next step waits for. A request whose patience ends during that step is told this cause: nothing has failed yet.
    fn would_be_blamed(&self, cause: RefreshFailure) {
        self.progress.so_far(cause);
    }

    /// Sends the refresh token. `None` when somebody has written to the record, so that it has to be looked at again.
    async fn send(&self, record: Arc<LaunchRecord>, version: Version) -> Option<RefreshOutcome> {
        let Self { runtime, key, .. } = self;
        self.would_be_blamed(RefreshFailure::RegistrationUnavailable);
        let ehr = match Standing::of(runtime, &record).await {
            Standing::Registered(ehr) => ehr,
            Standing::Ended(reason) => return Some(end_or_fail(runtime, *key, version, reason).await),
            Standing::Failed(cause) => return Some(RefreshOutcome::failed(runtime, cause)),
            Standing::NotRegisteredYet { retry_after } => {
                let cause = RefreshFailure::RegistrationFailed;
                return Some(RefreshOutcome::failed_for(runtime, cause, retry_after));
            }
        };
        let least_interval = ehr.quirks().min_refresh_interval;
        // What a resolver knows may have been unknown until now.
        let verdict = judge(&record, self.wanted, || least_interval, runtime.now());
        if matches!(verdict, Verdict::NotBefore(_)) {
            return Some(RefreshOutcome::Current(record));
        }
        // Before the token is noted as sent, and before there is a place at the EHR: a signer may take long, and may fail.
        self.would_be_blamed(RefreshFailure::NotSigned);
        let signed =
            match SignedAhead::for_renewal(runtime, &ehr, &record.tokens, &record.origin.endpoints.auth_server()).await
            {
                Ok(signed) => signed,
                Err(error) => return Some(self.not_signed(&record, version, &ehr, error.into()).await),
            };
        self.would_be_blamed(RefreshFailure::Busy);
        let place = match runtime.places.take(ehr.desk(), PlaceKind::Refresh).await {
            Ok(place) => place,
            Err(busy) => return Some(RefreshOutcome::turned_away(runtime, &record.origin.ehr, busy)),
        };
        // A store that fails is told as the outcome. One that is slow has not failed.
        self.would_be_blamed(RefreshFailure::Unanswered);
        // After the waiting: whatever happened to the launch meanwhile shows now.
        let (record, version, send_by) = match sent::note(runtime, *key, &record, version).await {
            Ok(Noted::Yes {
                record,
                version,
                send_by,
            }) => (record, version, send_by),
            Ok(Noted::LookAgain) => return None,
            Err(error) => return Some(RefreshOutcome::store_failed(runtime, error)),
        };
        self.would_be_blamed(RefreshFailure::EhrUnavailable);
        let grant = Grant {
            endpoints: &record.origin.endpoints,
            held: Held::With(&record.tokens),
            requested: &record.origin.requested,
            scopes: None,
            launch_use: self.launch_use,
            identity: record.identity.as_ref(),
            client: record.origin.client.as_ref(),
            requested_at: record.refresh.sent.map_or_else(|| runtime.now(), |sent| sent.at),
            signed,
            not_after: Some(send_by.into_std()),
        };
        let granted = grant.ask(runtime, &ehr, place).await;
        // It has answered. What that comes to is known when it is saved.
        self.would_be_blamed(RefreshFailure::Unanswered);
        let asked = Asked {
            runtime,
            revoker: &self.revoker,
            key: *key,
            record: &record,
            version,
            ehr: &ehr,
            progress: &self.progress,
        };
        let note = |result: RefreshResult| self.note(&record, result);
        Some(match granted {
            Ok(Granted { tokens, .. }) => {
                note(RefreshResult::Refreshed);
                asked.keep(tokens).await
            }
            Err(NotGranted::SomebodyElse { mismatch, brought }) => {
                note(mismatch.into());
                asked.end_of_somebody_else(mismatch, brought).await
            }
            Err(NotGranted::Refused(error)) => {
                let result = asked.result_of(&error);
                note(result);
                self.has_come_to(result);
                asked.refused(error, result).await
            }
            // Nobody is asked to refresh a launch without one.
            Err(NotGranted::NoRefreshToken) => return None,
        })
    }

    /// What comes of it when the request is not signed. Nothing was sent.
    async fn not_signed(
        &self,
        record: &LaunchRecord,
        version: Version,
        ehr: &Arc<Ehr>,
        error: TokenError,
    ) -> RefreshOutcome {
        let record = sent::not_sent(record);
        let asked = Asked {
            runtime: &self.runtime,
            revoker: &self.revoker,
            key: self.key,
            record: &record,
            version,
            ehr,
            progress: &self.progress,
        };
        let result = asked.result_of(&error);
        self.note(&record, result);
        self.has_come_to(result);
        asked.refused(error, result).await
    }

    /// Tells those who wait why there is no new token, while that is being noted. The end of a launch is told when it has ended.
    fn has_come_to(&self, result: RefreshResult) {
        if let RefreshResult::Failed(cause) = result {
            self.would_be_blamed(cause);
        }
    }

    /// Counts and audits what came of it.
    fn note(&self, record: &LaunchRecord, result: RefreshResult) {
        meter::REFRESHES.count([("ehr", &record.origin.ehr), ("result", result.name())]);
        let audit = &self.runtime.audit;
        audit.note(|at| AuditEvent::refreshed(at, self.key, record, result));
    }
}

/// Whether a process that sent the refresh token may have an answer that it could not save yet.
fn may_still_be_saved(runtime: &Runtime, record: &LaunchRecord) -> bool {
    let sent = record.refresh.sent;
    sent.is_some_and(|sent| runtime.now() < sent.answer_until.saturating_add(save::UNTIL_SAVED))
}

#[cfg(test)]
mod tests;
