//! What an answer without tokens means for a launch.

use crate::{
    config::Quirks,
    launch::refresh::{
        RefreshOutcome,
        attempt::{failed, store_failed},
        ending::end_or_fail,
        pace::{delay_after, next_after_failure},
        save::{self, Saved},
    },
    protocol::{secret::RefreshToken, token_error::TokenError},
    runtime::{Shared, token_client::TokenCallError},
    store::{EndReason, LaunchKey, LaunchRecord, LaunchUse, LoadedLaunch, RefreshFailure, RefreshState, Version},
};

/// Decides what an answer without tokens means for the launch.
pub(super) async fn refused(
    shared: &Shared,
    key: LaunchKey,
    (record, version): (&LaunchRecord, Version),
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
        // A newer token may be stored, or somebody else has sent the same one and waits: this one is then the loser of a race,
        // not a dead launch.
        let judged = match shared.load(key, LaunchUse::DoesNotCount).await {
            Ok(LoadedLaunch::Open { record: stored, .. })
                if !holds(&stored, sent) || stored.refresh.sent != record.refresh.sent =>
            {
                return RefreshOutcome::Current(stored);
            }
            Ok(LoadedLaunch::Open { version, .. }) => version,
            Ok(_) => version,
            Err(error) => return store_failed(shared, error),
        };
        let reason = if lost_before {
            EndReason::RefreshAnswerLost
        } else {
            EndReason::RefreshRefused
        };
        tracing::info!(error = %token_error, ehr = %record.ehr, ?reason, "the EHR refused the refresh token; the launch is ended");
        return end_or_fail(shared, key, judged, reason).await;
    }
    let cause = match &error {
        TokenCallError::Token(error) if error.error_code().is_some() && !error.may_have_been_processed() => {
            RefreshFailure::ClientRefused
        }
        TokenCallError::Token(_) => RefreshFailure::EhrUnavailable,
        TokenCallError::Busy { .. } => RefreshFailure::Busy,
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
    let sent_at = record.refresh.sent.map_or(now, |sent| sent.at);
    let unanswered = error.may_have_been_processed().then_some(sent_at);
    let refresh = RefreshState {
        last_success: record.refresh.last_success,
        failures,
        not_before: Some(not_before),
        unanswered_since: record.refresh.unanswered_since.or(unanswered),
        sent: None,
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
        Saved::Gone(outcome) => outcome,
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
