//! One refresh, from taking the lease to saving the answer.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use crate::{
    launch::{
        id_token::same_user,
        refresh::{
            ending::{end, end_of_somebody_else, end_or_fail},
            lease::{LEASE, Lease},
            pace::{Verdict, Wanted, judge},
            refused::refused,
            registration::Standing,
            save::{self, Saved},
            sent::{self, Noted},
        },
        revoke::{Orphans, Revoker},
    },
    log_throttle::log_seldom,
    protocol::{token_request::TokenForm, token_response::TokenResponse},
    runtime::{
        Shared,
        engine::Engine,
        places::{Busy, PlaceKind},
        registrations::explain_refusal,
        single_flight::Progress,
        token_client::{TokenCall, call_token_endpoint},
    },
    store::{
        EndReason, LaunchKey, LaunchRecord, LaunchUse, LoadedLaunch, PinnedClient, RefreshFailure, RefreshState,
        StoreError, Version,
    },
    time::Timestamp,
    transport::HttpTransport,
};

/// What a refresh came to, for all who wait for it.
#[derive(Debug, Clone)]
pub(crate) enum RefreshOutcome {
    /// The launch as it is in the store now: with a new token, or with one that somebody else had fetched.
    Current(Arc<LaunchRecord>),
    /// The launch has ended.
    Ended(EndReason),
    /// The store does not know the launch any more.
    Forgotten,
    /// No new token, the launch is kept.
    Failed {
        cause: RefreshFailure,
        not_before: Timestamp,
    },
}

/// How often one that waits for another process's refresh looks again.
const LOOK: Duration = Duration::from_millis(200);
/// How long one waits for another process to save an answer that can come no more. The store may have been away until now,
/// and its connections come back one after the other.
const SAVING: Duration = Duration::from_secs(5);

/// What all of one refresh is about.
pub(super) struct Work {
    pub(super) shared: Arc<Shared>,
    pub(super) transport: Arc<dyn HttpTransport>,
    pub(super) revoker: Revoker,
    /// For what goes on when the refresh is over. Detached: work must not keep the engine open.
    pub(super) engine: Engine,
    pub(super) key: LaunchKey,
    pub(super) wanted: Wanted,
    /// The launch as the request has loaded it.
    pub(super) seen: (Arc<LaunchRecord>, Version),
    /// Why there is no new token yet.
    pub(super) progress: Progress<RefreshOutcome, RefreshFailure>,
}

/// Refreshes a launch, unless looking shows that there is nothing to do.
pub(super) async fn run(work: Work) -> RefreshOutcome {
    let shared = &work.shared;
    let lease = Lease::of(shared, &work.engine, work.key);
    let began = Instant::now();
    let longest = sent::longest(shared) + SAVING + LEASE;
    let mut look = Some(Look::by_request(&work.seen));
    while began.elapsed() < longest {
        let looked = match look.take().flatten() {
            Some(seen) => Ok(seen),
            None => work.look().await,
        };
        match looked {
            Ok(Look::Settled(outcome)) => return outcome,
            Ok(Look::Sent(record)) if work.wanted == Wanted::WhenDue && record.tokens.is_usable(shared.now()) => {
                return RefreshOutcome::Current(record);
            }
            // Whoever only waits holds no lease: should this process be killed, the next one need not wait for that.
            Ok(Look::Sent(_)) => work.stage(RefreshFailure::Unanswered),
            Ok(Look::Refresh(record, _)) if may_still_be_saved(shared, &record) && began.elapsed() < SAVING => {
                work.stage(RefreshFailure::Unanswered);
            }
            Ok(Look::Refresh(..)) => match lease.acquire().await {
                Ok(true) => {
                    if let Some(outcome) = lease.held_during(work.holding_lease()).await {
                        return outcome;
                    }
                    continue;
                }
                // Another process is about to send it.
                Ok(false) => work.stage(RefreshFailure::Unanswered),
                Err(error) => return store_failed(shared, error),
            },
            Err(error) => return store_failed(shared, error),
        }
        sleep(LOOK).await;
    }
    failed(shared, RefreshFailure::Unanswered)
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
        let Self { shared, key, .. } = self;
        let (record, version) = match shared.load(*key, LaunchUse::DoesNotCount).await? {
            LoadedLaunch::Open { record, version } => (record, version),
            LoadedLaunch::Ended(ended) => return Ok(Look::Settled(RefreshOutcome::Ended(ended.reason))),
            LoadedLaunch::NotFound => return Ok(Look::Settled(RefreshOutcome::Forgotten)),
        };
        let now = shared.now();
        Ok(
            match judge(&record, self.wanted, || shared.least_interval(&record), now) {
                Verdict::Refresh => Look::Refresh(record, version),
                Verdict::Sent(_) => Look::Sent(record),
                Verdict::Fresh => Look::Settled(RefreshOutcome::Current(record)),
                Verdict::NotBefore(_) if record.tokens.is_usable(now) => Look::Settled(RefreshOutcome::Current(record)),
                Verdict::NotBefore(not_before) => Look::Settled(RefreshOutcome::Failed {
                    cause: record.refresh.last_failure.unwrap_or(RefreshFailure::EhrUnavailable),
                    not_before,
                }),
                Verdict::Dead => Look::Settled(end(shared, *key, version, EndReason::TokenExpired).await?),
            },
        )
    }

    /// Decides once more, now that nobody else does anything, and sends. `None` when it has to be looked at again.
    async fn holding_lease(&self) -> Option<RefreshOutcome> {
        match self.look().await {
            Ok(Look::Settled(outcome)) => Some(outcome),
            Ok(Look::Sent(_)) => None,
            Ok(Look::Refresh(record, version)) => self.send(record, version).await,
            Err(error) => Some(store_failed(&self.shared, error)),
        }
    }

    /// Says what it is about now, for those who will not wait for its end.
    fn stage(&self, cause: RefreshFailure) {
        self.progress.so_far(cause);
    }

    /// Sends the refresh token. `None` when somebody has written to the record, so that it has to be looked at again.
    async fn send(&self, record: Arc<LaunchRecord>, version: Version) -> Option<RefreshOutcome> {
        let Self { shared, key, .. } = self;
        self.stage(RefreshFailure::RegistrationUnavailable);
        // Nobody is asked to refresh a launch without one.
        let refresh_token = record.tokens.refresh_token()?.clone();
        let ehr = match Standing::of(shared, &record).await {
            Standing::Registered(ehr) => ehr,
            Standing::Ended(reason) => return Some(end_or_fail(shared, *key, version, reason).await),
            Standing::Failed(cause) => return Some(failed(shared, cause)),
        };
        let quirks = ehr.quirks();
        // What a resolver knows may have been unknown until now.
        let verdict = judge(&record, self.wanted, || quirks.min_refresh_interval, shared.now());
        if matches!(verdict, Verdict::NotBefore(_)) {
            return Some(RefreshOutcome::Current(record));
        }
        self.stage(RefreshFailure::Busy);
        let place = match shared.places.take(ehr.key(), PlaceKind::Refresh).await {
            Ok(place) => place,
            Err(busy) => return Some(turned_away(shared, &record.ehr, busy)),
        };
        self.stage(RefreshFailure::StoreUnavailable);
        // After the waiting: whatever happened to the launch meanwhile shows now.
        let noted = sent::note(shared, &self.engine, *key, &record, version).await;
        let (record, version, send_by) = match noted {
            Ok(Noted::Yes {
                record,
                version,
                send_by,
            }) => (record, version, send_by),
            Ok(Noted::LookAgain) => return None,
            Err(error) => return Some(store_failed(shared, error)),
        };
        let scopes = quirks.scopes_of_refresh(record.tokens.granted_scopes(), &record.requested);
        let call = TokenCall {
            endpoint: &record.endpoints.token,
            form: TokenForm::refresh(&refresh_token, scopes),
            requested: &record.requested,
            not_after: Some(send_by.into_std()),
        };
        let stored = (&*record, version);
        self.stage(RefreshFailure::EhrUnavailable);
        let answer = call_token_endpoint(shared, &*self.transport, &ehr, call, &place).await;
        // Saving may take long, and is nothing that the EHR does.
        drop(place);
        self.stage(RefreshFailure::StoreUnavailable);
        Some(match answer {
            Ok(response) => match same_user(
                record.identity.as_ref(),
                response.id_token.as_ref(),
                quirks.subject_on_refresh,
            ) {
                Ok(()) => self.keep(stored, response, ehr.client()).await,
                Err(mismatch) => {
                    let brought = Orphans::of_response(&response, ehr.client());
                    end_of_somebody_else(shared, &self.revoker, *key, stored, brought, mismatch).await
                }
            },
            Err(error) => {
                explain_refusal(&ehr, record.client.as_ref(), &error);
                refused(shared, *key, stored, &refresh_token, quirks, error).await
            }
        })
    }

    /// Saves the new tokens, which this client was given, before anybody uses them.
    async fn keep(
        &self,
        (record, version): (&LaunchRecord, Version),
        response: TokenResponse,
        client: PinnedClient,
    ) -> RefreshOutcome {
        let Self {
            shared, revoker, key, ..
        } = self;
        let default_lifetime = shared.settings.tokens.default_lifetime;
        let requested_at = record.refresh.sent.map_or_else(|| shared.now(), |sent| sent.at);
        let brought = Orphans::of_response(&response, client.clone());
        let tokens = match record.tokens.refreshed(response, requested_at, default_lifetime) {
            Ok(tokens) => tokens,
            Err(mismatch) => {
                return end_of_somebody_else(shared, revoker, *key, (record, version), brought, mismatch).await;
            }
        };
        let refresh = RefreshState {
            last_success: Some(shared.now()),
            ..RefreshState::default()
        };
        let fresh = LaunchRecord {
            tokens,
            refresh,
            ..record.clone()
        };
        tracing::debug!(ehr = %record.ehr, "access token refreshed");
        let orphans = Orphans::of(&fresh.tokens, client);
        match save::until_written(shared, *key, version, record, fresh).await {
            Saved::Written(record) | Saved::Superseded(record) => RefreshOutcome::Current(record),
            Saved::Gone(outcome) => {
                revoker.revoke(&record.ehr, &record.endpoints, orphans);
                outcome
            }
            Saved::GaveUp => failed(shared, RefreshFailure::StoreUnavailable),
        }
    }
}

/// Whether a process that sent the refresh token may have an answer that it could not save yet.
fn may_still_be_saved(shared: &Shared, record: &LaunchRecord) -> bool {
    let sent = record.refresh.sent;
    sent.is_some_and(|sent| shared.now() < sent.answer_until.saturating_add(save::PATIENCE))
}

/// Too many others want something of the same EHR. Nothing was sent, so nothing is noted.
pub(super) fn turned_away(shared: &Shared, ehr: &str, Busy { retry_after }: Busy) -> RefreshOutcome {
    log_seldom!(
        shared,
        warn,
        ehr,
        "too many token requests to this EHR are under way; a refresh was not sent"
    );
    RefreshOutcome::Failed {
        cause: RefreshFailure::Busy,
        not_before: shared.now().saturating_add(retry_after),
    }
}

pub(super) fn store_failed(shared: &Shared, error: StoreError) -> RefreshOutcome {
    tracing::warn!(%error, "a refresh could not use the token store");
    failed(shared, RefreshFailure::StoreUnavailable)
}

pub(super) fn failed(shared: &Shared, cause: RefreshFailure) -> RefreshOutcome {
    RefreshOutcome::Failed {
        cause,
        not_before: shared.now().saturating_add(Duration::from_secs(5)),
    }
}
