//! What an answer without tokens means for a launch.

use crate::{
    audit::RefreshResult,
    config::Quirks,
    launch::refresh::{
        answer::Asked,
        ending::end_or_fail,
        outcome::RefreshOutcome,
        pace::{delay_after, next_after_failure},
        save::Saved,
    },
    protocol::{
        body_kind::BodyKind, client_auth::credentials::ClientAuthError, oauth_error::is_code_of_token_requests,
        reach::Reach, token_error::TokenError,
    },
    store::{EndReason, LaunchRecord, LaunchUse, LoadedLaunch, RefreshFailure, RefreshState},
    time::Timestamp,
};

impl Asked<'_> {
    /// What an answer without tokens is called.
    pub(super) fn result_of(&self, error: &TokenError) -> RefreshResult {
        if self.is_end(error) {
            RefreshResult::Refused
        } else {
            RefreshResult::Failed(cause_of(error))
        }
    }

    /// Whether the launch ends with this answer.
    fn is_end(&self, error: &TokenError) -> bool {
        let usable = self.record.tokens.is_usable(self.runtime.now());
        let again = !usable && is_refused_otherwise(error) && self.was_refused_so_when_unusable();
        // The client of this launch alone is gone, and no configuration brings it back.
        let has_no_client = !usable && !self.has_refresh_token() && error.is_invalid_client();
        again || has_no_client || means_dead(error, self.ehr.quirks(), usable, self.was_lost_before())
    }

    /// Whether an earlier answer to the same refresh token got lost. What a client of the launch's own signs is never spent.
    const fn was_lost_before(&self) -> bool {
        self.record.refresh.unanswered_since.is_some() && self.has_refresh_token()
    }

    const fn has_refresh_token(&self) -> bool {
        self.record.tokens.refresh_token().is_some()
    }

    /// Does what an answer without tokens means for the launch. `result` is what it was called ([`result_of`](Self::result_of)): judged
    /// a second time, at a later moment, it could mean something else.
    pub(super) async fn refused(&self, error: TokenError, result: RefreshResult) -> RefreshOutcome {
        let now = self.runtime.now();
        let RefreshResult::Failed(cause) = result else {
            return self.end_of_dead(&error, self.was_lost_before()).await;
        };
        let ehr = &self.record.origin.ehr;
        let failures = self.record.refresh.failures.saturating_add(1);
        // What the log says, and nothing else.
        match cause {
            RefreshFailure::ClientRefused if error.is_invalid_client() && !self.has_refresh_token() => {
                tracing::warn!(
                    %error, %ehr,
                    "the EHR refuses the client that it has made for a launch; the launch ends with its access token"
                );
            }
            RefreshFailure::ClientRefused if error.is_invalid_client() => {
                tracing::error!(
                    %error, %ehr,
                    "the EHR refuses this application; the line above says what is known and what to try. The launch is \
                     kept"
                );
            }
            RefreshFailure::ClientRefused => {
                tracing::error!(%error, %ehr, "the EHR refuses to refresh an access token; the launch is kept");
            }
            RefreshFailure::NotSigned => {
                tracing::warn!(
                    %error, %ehr, failures,
                    "an access token could not be refreshed, as the request was not signed; nothing was sent to the EHR, and the launch \
                     is kept"
                );
            }
            RefreshFailure::Refused => {
                tracing::warn!(
                    %error, %ehr, failures,
                    "the EHR refused a refresh token in another form than OAuth's; the launch is kept, and ends if that \
                     happens twice in a row while its access token is not usable"
                );
            }
            RefreshFailure::UnusableAnswer => {
                tracing::error!(
                    %error, %ehr, failures,
                    "an access token could not be refreshed, as the EHR's answer cannot be used; the launch is kept"
                );
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
            Saved::Written(_) => RefreshOutcome::Failed {
                cause,
                not_before,
                failures,
            },
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
        tracing::info!(%error, ehr = %self.record.origin.ehr, ?reason, "the EHR refused to renew the access token; the launch is ended");
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
        let now = self.runtime.now();
        let sent_at = before.sent.map_or(now, |sent| sent.at);
        let refused_at = is_refused_otherwise(error).then_some(now);
        let unanswered = (error.may_have_been_processed() && refused_at.is_none()).then_some(sent_at);
        RefreshState {
            last_success: before.last_success,
            failures,
            not_before: Some(not_before),
            unanswered_since: before.unanswered_since.or(unanswered),
            sent: None,
            last_failure: Some(cause),
            // In a row: what comes in between may be the same incident at a gateway.
            refused_at,
        }
    }

    /// Whether the attempt before this one was refused in another form than OAuth's, with an access token that was unusable then.
    ///
    /// A refusal from the time when it was usable does not count: nobody was in need, and a gateway's trouble of a minute would
    /// be half the way to the end for all whose tokens were due.
    fn was_refused_so_when_unusable(&self) -> bool {
        let unusable_from = self.record.tokens.unusable_from();
        self.record.refresh.refused_at.is_some_and(|at| unusable_from <= at)
    }
}

fn cause_of(error: &TokenError) -> RefreshFailure {
    match error {
        TokenError::ClientAuth(ClientAuthError::NotSigned(_) | ClientAuthError::KeyGone) => RefreshFailure::NotSigned,
        TokenError::ClientAuth(_) => RefreshFailure::ClientRefused,
        TokenError::Busy { .. } => RefreshFailure::Busy,
        // Looked at before anything is sent.
        TokenError::RegistrationChanged => RefreshFailure::RegistrationUnavailable,
        error if is_refused_otherwise(error) => RefreshFailure::Refused,
        error if error.definite_code().is_some_and(is_code_of_token_requests) => RefreshFailure::ClientRefused,
        error => match error.reach() {
            Reach::Silent => RefreshFailure::EhrUnavailable,
            Reach::Troubled => RefreshFailure::EhrTroubled,
            Reach::Unusable => RefreshFailure::UnusableAnswer,
        },
    }
}

/// Whether the answer refuses in a form that OAuth does not know: with status 400 or 401, and a text, some other JSON or
/// nothing. It may mean a dead refresh token, or a gateway in trouble. A web page is always a gateway's, and what breaks
/// off may have been OAuth's.
fn is_refused_otherwise(error: &TokenError) -> bool {
    match error {
        TokenError::UnexpectedStatus { status, body, .. } => {
            matches!(status, 400 | 401) && !matches!(body, BodyKind::Html | BodyKind::BrokenOff)
        }
        _ => error.is_refused_in_words_of_its_own(),
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
