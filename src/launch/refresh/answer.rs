//! What becomes of a launch whose refresh token was sent: [`Asked`].

use std::sync::Arc;

use crate::{
    config::Ehr,
    launch::{
        refresh::{
            ending::end_and_hand_out,
            outcome::RefreshOutcome,
            save::{self, Saved},
        },
        revoke::{RevocableTokens, Revoker},
    },
    protocol::token::{RefreshMismatch, TokenSet},
    runtime::{Runtime, single_flight::Progress},
    store::{EndReason, LaunchKey, LaunchRecord, RefreshFailure, RefreshState, Version},
};

/// A launch whose refresh token was to be sent. Its record has the note of that, unless the request could not be signed.
pub(super) struct Asked<'a> {
    pub(super) runtime: &'a Runtime,
    pub(super) revoker: &'a Revoker,
    pub(super) key: LaunchKey,
    pub(super) record: &'a LaunchRecord,
    pub(super) version: Version,
    pub(super) ehr: &'a Arc<Ehr>,
    /// For those who wait for the refresh.
    pub(super) progress: &'a Progress<RefreshOutcome, RefreshFailure>,
}

impl Asked<'_> {
    /// Saves the new tokens before anybody uses them.
    pub(super) async fn keep(&self, tokens: TokenSet) -> RefreshOutcome {
        let refresh = RefreshState {
            last_success: Some(self.runtime.now()),
            ..RefreshState::default()
        };
        // A patient may have been taken over (`PatientOnRefresh::TakenOver`).
        let patient = self
            .record
            .patient
            .or_else(|| self.runtime.patient_digest(&self.record.origin.ehr, &tokens));
        let fresh = LaunchRecord {
            tokens,
            patient,
            // Read again with the new token: much may have been corrected in the hour.
            patient_facts: None,
            refresh,
            ..self.record.clone()
        };
        let brought = RevocableTokens::of(&fresh.tokens, self.ehr.client());
        match self.save(fresh).await {
            Saved::Written(record) => {
                tracing::info!(ehr = %record.origin.ehr, launch = self.key.reference(), "access token refreshed");
                RefreshOutcome::Current(record)
            }
            Saved::Superseded(record) => {
                let (ehr, launch) = (&record.origin.ehr, self.key.reference());
                tracing::warn!(%ehr, launch, "other tokens of this launch were saved meanwhile; those that this refresh brought are dropped");
                RefreshOutcome::Current(record)
            }
            Saved::Gone(outcome) => {
                self.revoke(brought);
                outcome
            }
            Saved::GaveUp => RefreshOutcome::failed(self.runtime, RefreshFailure::StoreUnavailable),
        }
    }

    /// Ends the launch, as its refresh named another patient or user. Unlike tokens that ran out or were refused, its old
    /// ones work on.
    pub(super) async fn end_of_somebody_else(
        &self,
        mismatch: RefreshMismatch,
        brought: RevocableTokens,
    ) -> RefreshOutcome {
        let ehr = &self.record.origin.ehr;
        let reason = match mismatch {
            RefreshMismatch::PatientChanged => EndReason::PatientChanged,
            RefreshMismatch::UserChanged => EndReason::UserChanged,
        };
        tracing::error!(%mismatch, %ehr, "a refresh was answered for somebody else; its tokens are dropped");
        self.revoke(brought);
        match end_and_hand_out(self.runtime, self.key, self.version, reason).await {
            Ok((ended, outcome)) => {
                self.revoker.launches(&ended);
                // What the log says, and nothing else.
                match &outcome {
                    RefreshOutcome::Ended(reason) => tracing::error!(%ehr, ?reason, "the launch is ended"),
                    // Somebody has written other tokens meanwhile, which were not for somebody else.
                    _ => tracing::warn!(%ehr, "the launch goes on with newer tokens"),
                }
                outcome
            }
            Err(error) => RefreshOutcome::store_failed(self.runtime, error),
        }
    }

    /// Writes what the answer says of the launch.
    pub(super) async fn save(&self, fresh: LaunchRecord) -> Saved {
        let tell_trouble = || self.progress.so_far(RefreshFailure::StoreUnavailable);
        save::until_written(self.runtime, self.key, self.version, self.record, fresh, tell_trouble).await
    }

    fn revoke(&self, tokens: RevocableTokens) {
        self.revoker
            .revoke(&self.record.origin.ehr, &self.record.origin.endpoints, tokens);
    }
}
