//! One refresh, from taking the lease to saving the answer.

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use crate::{
    config::Quirks,
    identity::same_user,
    protocol::{
        secret::RefreshToken, token::RefreshMismatch, token_error::TokenError, token_request::TokenForm,
        token_response::TokenResponse,
    },
    refresh::{
        pace::{Verdict, Wanted, delay_after, judge, next_after_failure},
        registration::Standing,
        save::{self, Saved},
    },
    registrations::explain_refusal,
    revoke::{Orphans, Revoker},
    shared::Shared,
    store::{
        EndReason, JustEnded, LaunchKey, LaunchRecord, LaunchUse, LeaseOwner, LoadedLaunch, RefreshFailure,
        RefreshState, StoreError, Version,
    },
    time::Timestamp,
    token_client::{TokenCallError, call_token_endpoint},
    transport::HttpTransport,
};

/// What a refresh came to, for all who wait for it.
#[derive(Debug, Clone)]
pub(crate) enum RefreshOutcome {
    /// The launch as it is in the store now: with a new token, or with one that somebody else had fetched.
    Current(Arc<LaunchRecord>),
    /// The launch has ended.
    Ended(EndReason),
    /// No new token, the launch is kept.
    Failed {
        cause: RefreshFailure,
        not_before: Timestamp,
    },
}

/// How long a lease lasts without being renewed: a process that dies frees the launch after this.
const LEASE: Duration = Duration::from_secs(15);
/// How often it is renewed.
const RENEW: Duration = Duration::from_secs(5);
/// How often one that waits for another process's refresh looks again.
const LOOK: Duration = Duration::from_millis(200);

/// Refreshes a launch, unless looking again shows that there is nothing to do.
pub(crate) async fn run(
    shared: Arc<Shared>,
    transport: Arc<dyn HttpTransport>,
    revoker: Revoker,
    key: LaunchKey,
    wanted: Wanted,
) -> RefreshOutcome {
    let owner = LeaseOwner(rand::random());
    let deadline = shared.now().saturating_add(shared.settings.tokens.deadline + LEASE);
    loop {
        match shared
            .store
            .backend()
            .acquire_lease(key, owner, LEASE, shared.now())
            .await
        {
            Ok(true) => break,
            Ok(false) if shared.now() >= deadline => return failed(&shared, RefreshFailure::EhrUnavailable),
            Ok(false) => {}
            Err(error) => {
                // The store may have done it all the same, and then nobody else could refresh this launch.
                tokio::spawn(give_up_lease(Arc::clone(&shared), key, owner));
                return store_failed(&shared, error);
            }
        }
        // Another process refreshes this launch, or the launch is gone: look rather than ask again.
        match look(&shared, key, wanted).await {
            Ok(Look::Settled(outcome)) => return outcome,
            Ok(Look::Refresh(..)) => {}
            Err(error) => return store_failed(&shared, error),
        }
        tokio::time::sleep(LOOK).await;
    }
    let work = holding_lease(&shared, &*transport, &revoker, key, wanted);
    let outcome = renewing(&shared, key, owner, work).await;
    if shared.store.backend().release_lease(key, owner).await.is_err() {
        tokio::spawn(give_up_lease(Arc::clone(&shared), key, owner));
    }
    outcome
}

/// Gives a lease up, and tries again while the store is away. Whoever wants to refresh next waits for this.
async fn give_up_lease(shared: Arc<Shared>, key: LaunchKey, owner: LeaseOwner) {
    let began = tokio::time::Instant::now();
    while let Err(error) = shared.store.backend().release_lease(key, owner).await {
        if began.elapsed() >= LEASE {
            tracing::warn!(%error, "the lease of a refresh was not given up; it runs out by itself");
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Does the work and renews the lease meanwhile.
async fn renewing<T>(shared: &Shared, key: LaunchKey, owner: LeaseOwner, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        if let Ok(done) = tokio::time::timeout(RENEW, &mut work).await {
            return done;
        }
        match shared
            .store
            .backend()
            .acquire_lease(key, owner, LEASE, shared.now())
            .await
        {
            Ok(true) => {}
            // The record's version still protects the answer: going on is safe.
            Ok(false) => tracing::warn!("the lease of a running refresh was lost"),
            Err(error) => tracing::warn!(%error, "the lease of a running refresh could not be renewed"),
        }
    }
}

enum Look {
    Settled(RefreshOutcome),
    Refresh(Arc<LaunchRecord>, Version),
}

/// Reads the launch again and decides with what is stored now, not with what the request had read. Whether that was a
/// use, the request has said.
async fn look(shared: &Shared, key: LaunchKey, wanted: Wanted) -> Result<Look, StoreError> {
    let now = shared.now();
    Ok(match shared.load(key, LaunchUse::DoesNotCount).await? {
        LoadedLaunch::Open { record, version } => {
            match judge(&record, wanted, || shared.least_interval(&record), now) {
                Verdict::Refresh => Look::Refresh(record, version),
                Verdict::Fresh => Look::Settled(RefreshOutcome::Current(record)),
                Verdict::NotBefore(_) if record.tokens.is_usable(now) => Look::Settled(RefreshOutcome::Current(record)),
                Verdict::NotBefore(not_before) => Look::Settled(RefreshOutcome::Failed {
                    cause: record.refresh.last_failure.unwrap_or(RefreshFailure::EhrUnavailable),
                    not_before,
                }),
                Verdict::Dead => Look::Settled(end(shared, key, EndReason::TokenExpired).await?),
            }
        }
        LoadedLaunch::Ended(ended) => Look::Settled(RefreshOutcome::Ended(ended.reason)),
        LoadedLaunch::NotFound => Look::Settled(RefreshOutcome::Ended(EndReason::LoggedOut)),
    })
}

async fn holding_lease(
    shared: &Shared,
    transport: &dyn HttpTransport,
    revoker: &Revoker,
    key: LaunchKey,
    wanted: Wanted,
) -> RefreshOutcome {
    let (record, version) = match look(shared, key, wanted).await {
        Ok(Look::Refresh(record, version)) => (record, version),
        Ok(Look::Settled(outcome)) => return outcome,
        Err(error) => return store_failed(shared, error),
    };
    let Some(refresh_token) = record.tokens.refresh_token() else {
        return RefreshOutcome::Current(record);
    };
    let ehr = match Standing::of(shared, &record).await {
        Standing::Registered(ehr) => ehr,
        Standing::Ended(reason) => return end_or_fail(shared, key, reason).await,
        Standing::Failed(cause) => return failed(shared, cause),
    };
    let requested_at = shared.now();
    let quirks = ehr.quirks();
    // What a resolver knows may have been unknown until now.
    let verdict = judge(&record, wanted, || quirks.min_refresh_interval, requested_at);
    if matches!(verdict, Verdict::NotBefore(_)) {
        return RefreshOutcome::Current(record);
    }
    let scopes = quirks.scopes_of_refresh(record.tokens.granted_scopes(), &record.requested);
    let form = TokenForm::refresh(refresh_token, scopes);
    let (endpoint, requested) = (&record.endpoints.token, &record.requested);
    match call_token_endpoint(shared, transport, &ehr, endpoint, form, requested).await {
        Ok(response) => match same_user(
            record.identity.as_ref(),
            response.id_token.as_ref(),
            quirks.subject_on_refresh,
        ) {
            Ok(()) => keep(shared, revoker, key, &record, version, response, requested_at).await,
            Err(mismatch) => {
                let brought = Orphans::of_response(&response);
                end_of_somebody_else(shared, revoker, key, &record, brought, mismatch).await
            }
        },
        Err(error) => {
            explain_refusal(&ehr, record.client.as_ref(), &error);
            refused(shared, key, &record, version, refresh_token, quirks, error).await
        }
    }
}

/// Saves the new tokens before anybody uses them.
async fn keep(
    shared: &Shared,
    revoker: &Revoker,
    key: LaunchKey,
    record: &LaunchRecord,
    version: Version,
    response: TokenResponse,
    requested_at: Timestamp,
) -> RefreshOutcome {
    let default_lifetime = shared.settings.tokens.default_lifetime;
    let brought = Orphans::of_response(&response);
    let tokens = match record.tokens.refreshed(response, requested_at, default_lifetime) {
        Ok(tokens) => tokens,
        Err(mismatch) => return end_of_somebody_else(shared, revoker, key, record, brought, mismatch).await,
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
    let orphans = Orphans::of(&fresh.tokens);
    match save::until_written(shared, key, version, record, fresh).await {
        Saved::Written(record) | Saved::Superseded(record) => RefreshOutcome::Current(record),
        Saved::Gone(reason) => {
            revoker.revoke(&record.ehr, &record.endpoints, orphans);
            RefreshOutcome::Ended(reason)
        }
        Saved::GaveUp => failed(shared, RefreshFailure::StoreUnavailable),
    }
}

/// Decides what an answer without tokens means for the launch.
async fn refused(
    shared: &Shared,
    key: LaunchKey,
    record: &LaunchRecord,
    version: Version,
    sent: &RefreshToken,
    quirks: &Quirks,
    error: TokenCallError,
) -> RefreshOutcome {
    let now = shared.now();
    let usable = record.tokens.is_usable(now);
    let lost_before = record.refresh.unanswered_since.is_some();
    if let TokenCallError::Token(token_error) = &error
        && means_dead(token_error, quirks, usable, lost_before)
    {
        // A newer token may be stored: the one that was sent is then the loser of a race, not a dead launch.
        match shared.load(key, LaunchUse::DoesNotCount).await {
            Ok(LoadedLaunch::Open { record, .. }) if !holds(&record, sent) => return RefreshOutcome::Current(record),
            Ok(_) => {}
            Err(error) => return store_failed(shared, error),
        }
        let reason = if lost_before {
            EndReason::RefreshAnswerLost
        } else {
            EndReason::RefreshRefused
        };
        tracing::info!(error = %token_error, ehr = %record.ehr, ?reason, "the EHR refused the refresh token; the launch is ended");
        return end_or_fail(shared, key, reason).await;
    }
    let cause = match &error {
        TokenCallError::Token(error) if error.error_code().is_some() && !error.may_have_been_processed() => {
            RefreshFailure::ClientRefused
        }
        TokenCallError::Token(_) => RefreshFailure::EhrUnavailable,
        TokenCallError::ClientAuth(_) => RefreshFailure::ClientRefused,
        // Looked at before anything is sent.
        TokenCallError::Ehr(_) | TokenCallError::RegistrationChanged => RefreshFailure::RegistrationUnavailable,
    };
    match cause {
        RefreshFailure::ClientRefused => {
            tracing::error!(%error, ehr = %record.ehr, "the EHR refuses this application; check client id and credentials. The launch is kept");
        }
        _ => {
            tracing::warn!(%error, ehr = %record.ehr, failures = record.refresh.failures + 1, "an access token could not be refreshed; the launch is kept")
        }
    }
    let failures = record.refresh.failures.saturating_add(1);
    let delay = delay_after(failures, error.retry_after());
    let not_before = next_after_failure(record, delay, quirks.min_refresh_interval, now);
    let unanswered = error.may_have_been_processed().then_some(now);
    let refresh = RefreshState {
        last_success: record.refresh.last_success,
        failures,
        not_before: Some(not_before),
        unanswered_since: record.refresh.unanswered_since.or(unanswered),
        last_failure: Some(cause),
    };
    let noted = LaunchRecord {
        refresh,
        ..record.clone()
    };
    // As insistent as with new tokens: without the note the next request would send the same refresh token again.
    match save::until_written(shared, key, version, record, noted).await {
        Saved::Written(_) => RefreshOutcome::Failed { cause, not_before },
        Saved::Superseded(record) => RefreshOutcome::Current(record),
        Saved::Gone(reason) => RefreshOutcome::Ended(reason),
        Saved::GaveUp => failed(shared, RefreshFailure::StoreUnavailable),
    }
}

/// Whether the answer says that this refresh token will never work again.
///
/// `invalid_grant` does, and so do the codes of which the registration says that. Some EHRs say `invalid_request` for a
/// spent token, and some cannot refresh at all: such answers count once nothing is left to lose, or when an earlier
/// answer to the same token got lost.
fn means_dead(error: &TokenError, quirks: &Quirks, usable: bool, lost_before: bool) -> bool {
    if error.is_invalid_grant() || error.definite_code().is_some_and(|code| quirks.says_dead(code)) {
        return true;
    }
    let final_refusal = matches!(
        error.error_code(),
        Some("invalid_request" | "unsupported_grant_type" | "unauthorized_client" | "invalid_scope")
    );
    final_refusal && (!usable || lost_before)
}

fn holds(record: &LaunchRecord, sent: &RefreshToken) -> bool {
    record
        .tokens
        .refresh_token()
        .is_some_and(|stored| stored.expose_secret() == sent.expose_secret())
}

/// Ends a launch whose refresh named another patient or user. Unlike tokens that ran out or were refused, its old ones
/// work on.
async fn end_of_somebody_else(
    shared: &Shared,
    revoker: &Revoker,
    key: LaunchKey,
    record: &LaunchRecord,
    brought: Orphans,
    mismatch: RefreshMismatch,
) -> RefreshOutcome {
    let reason = match mismatch {
        RefreshMismatch::PatientChanged => EndReason::PatientChanged,
        RefreshMismatch::UserChanged => EndReason::UserChanged,
    };
    tracing::error!(%mismatch, ehr = %record.ehr, ?reason, "a refresh was answered for somebody else; the launch is ended");
    revoker.revoke(&record.ehr, &record.endpoints, brought);
    let backend = shared.store.backend();
    match backend.end_launch(key, reason, shared.rules(), shared.now()).await {
        Ok(ended) => {
            revoker.launches(&ended);
            RefreshOutcome::Ended(reason_of(shared, key, &ended, reason).await)
        }
        Err(error) => store_failed(shared, error),
    }
}

async fn end(shared: &Shared, key: LaunchKey, reason: EndReason) -> Result<RefreshOutcome, StoreError> {
    let backend = shared.store.backend();
    let ended = backend.end_launch(key, reason, shared.rules(), shared.now()).await?;
    Ok(RefreshOutcome::Ended(reason_of(shared, key, &ended, reason).await))
}

/// Why a launch has ended. Somebody may have signed out while the EHR was asked, and revoking made the EHR refuse: who
/// waits for the answer has to be told that, and is not to be sent to a new launch.
pub(super) async fn reason_of(shared: &Shared, key: LaunchKey, ended: &JustEnded, reason: EndReason) -> EndReason {
    if ended.count() > 0 {
        return reason;
    }
    match shared.load(key, LaunchUse::DoesNotCount).await {
        Ok(LoadedLaunch::Ended(ended)) => ended.reason,
        Ok(_) | Err(_) => reason,
    }
}

async fn end_or_fail(shared: &Shared, key: LaunchKey, reason: EndReason) -> RefreshOutcome {
    end(shared, key, reason)
        .await
        .unwrap_or_else(|error| store_failed(shared, error))
}

fn store_failed(shared: &Shared, error: StoreError) -> RefreshOutcome {
    tracing::warn!(%error, "a refresh could not use the token store");
    failed(shared, RefreshFailure::StoreUnavailable)
}

fn failed(shared: &Shared, cause: RefreshFailure) -> RefreshOutcome {
    RefreshOutcome::Failed {
        cause,
        not_before: shared.now().saturating_add(Duration::from_secs(5)),
    }
}
