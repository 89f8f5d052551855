//! What an answer without tokens means for a launch.

use crate::{
    config::Quirks,
    launch::refresh::{
        answer::Asked,
        ending::end_or_fail,
        outcome::RefreshOutcome,
        pace::{delay_after, next_after_failure},
        save::Saved,
    },
    protocol::token_error::TokenError,
    store::{EndReason, LaunchRecord, LaunchUse, LoadedLaunch, RefreshFailure, RefreshState},
    time::Timestamp,
};

impl Asked<'_> {
    /// Decides what an answer without tokens means for the launch.
    pub(super) async fn refused(&self, error: TokenError) -> RefreshOutcome {
        let now = self.runtime.now();
        let usable = self.record.tokens.is_usable(now);
        let lost_before = self.record.refresh.unanswered_since.is_some();
        if means_dead(&error, self.ehr.quirks(), usable, lost_before) {
            return self.end_of_dead(&error, lost_before).await;
        }
        let cause = cause_of(&error);
        let ehr = &self.record.ehr;
        let failures = self.record.refresh.failures.saturating_add(1);
        match cause {
            RefreshFailure::ClientRefused if error.is_invalid_client() => {
                tracing::error!(%error, %ehr, "the EHR refuses this application; check client id and credentials. The launch is kept");
            }
            RefreshFailure::ClientRefused => {
                tracing::error!(%error, %ehr, "the EHR refuses to refresh an access token; the launch is kept");
            }
            _ => {
                tracing::warn!(%error, %ehr, failures, "an access token could not be refreshed; the launch is kept");
            }
        }
        let delay = delay_after(failures, error.retry_after());
        let least_interval = self.ehr.quirks().min_refresh_interval;
        let not_before = next_after_failure(self.record, delay, least_interval, now);
        let noted = LaunchRecord {
            refresh: self.after_failure(&error, cause, failures, not_before),
            ..self.record.clone()
        };
        // As insistent as with new tokens: without the note the next request would send the same refresh token again.
        match self.save(noted).await {
            Saved::Written(_) => RefreshOutcome::Failed { cause, not_before },
            Saved::Superseded(record) => RefreshOutcome::Current(record),
            Saved::Gone(outcome) => outcome,
            Saved::GaveUp => RefreshOutcome::failed(self.runtime, RefreshFailure::StoreUnavailable),
        }
    }

    /// Ends the launch, unless the answer came to the loser of a race: a newer token may be stored, or somebody else has sent
    /// the same one and waits.
    async fn end_of_dead(&self, error: &TokenError, lost_before: bool) -> RefreshOutcome {
        let version = match self.runtime.load(self.key, LaunchUse::DoesNotCount).await {
            Ok(LoadedLaunch::Open { record: stored, .. }) if !self.is_about(&stored) => {
                return RefreshOutcome::Current(stored);
            }
            Ok(LoadedLaunch::Open { version, .. }) => version,
            Ok(_) => self.version,
            Err(error) => return RefreshOutcome::store_failed(self.runtime, error),
        };
        let reason = if lost_before {
            EndReason::RefreshAnswerLost
        } else {
            EndReason::RefreshRefused
        };
        tracing::info!(%error, ehr = %self.record.ehr, ?reason, "the EHR refused the refresh token; the launch is ended");
        end_or_fail(self.runtime, self.key, version, reason).await
    }

    /// Whether a record still has the refresh token that was sent, and the note of this sending.
    fn is_about(&self, stored: &LaunchRecord) -> bool {
        let token = |record: &LaunchRecord| {
            record
                .tokens
                .refresh_token()
                .map(|token| token.expose_secret().to_owned())
        };
        token(stored) == token(self.record) && stored.refresh.sent == self.record.refresh.sent
    }

    fn after_failure(
        &self,
        error: &TokenError,
        cause: RefreshFailure,
        failures: u32,
        not_before: Timestamp,
    ) -> RefreshState {
        let before = &self.record.refresh;
        let sent_at = before.sent.map_or_else(|| self.runtime.now(), |sent| sent.at);
        let unanswered = error.may_have_been_processed().then_some(sent_at);
        RefreshState {
            last_success: before.last_success,
            failures,
            not_before: Some(not_before),
            unanswered_since: before.unanswered_since.or(unanswered),
            sent: None,
            last_failure: Some(cause),
        }
    }
}

fn cause_of(error: &TokenError) -> RefreshFailure {
    match error {
        TokenError::ClientAuth(_) => RefreshFailure::ClientRefused,
        TokenError::Busy { .. } => RefreshFailure::Busy,
        // Looked at before anything is sent.
        TokenError::RegistrationChanged => RefreshFailure::RegistrationUnavailable,
        error if error.error_code().is_some() && !error.may_have_been_processed() => RefreshFailure::ClientRefused,
        _ => RefreshFailure::EhrUnavailable,
    }
}

/// Whether the answer says that this refresh token will never work again.
///
/// `invalid_grant` does, and so do the codes of which the registration says that. Some EHRs say `invalid_request` for a
/// spent token, and some cannot refresh at all: such answers count once nothing is left to lose, or when an earlier
/// answer to the same token got lost.
fn means_dead(error: &TokenError, quirks: &Quirks, usable: bool, lost_before: bool) -> bool {
    if error.is_invalid_grant() || error.definite_code().is_some_and(|code| quirks.is_dead_code(code)) {
        return true;
    }
    let final_refusal = matches!(
        error.definite_code(),
        Some("invalid_request" | "unsupported_grant_type" | "unauthorized_client" | "invalid_scope")
    );
    final_refusal && (!usable || lost_before)
}
