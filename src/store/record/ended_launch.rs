//! What is left of a launch that has ended: [`EndedLaunch`].

use super::{EndReason, FormerPatient, LaunchKind, LaunchRecord, Proof};
use crate::{store::key::BrowserKey, time::Timestamp};

/// What a store remembers of an ended launch.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EndedLaunch {
    /// The browser that it was opened in.
    pub browser: BrowserKey,
    /// The hash of the secret in its cookie.
    pub proof: Proof,
    /// How it began.
    pub kind: LaunchKind,
    /// The key of the EHR registration.
    pub ehr: String,
    /// What is known of its patient.
    pub patient: FormerPatient,
    /// Why it ended.
    pub reason: EndReason,
    /// When it ended.
    pub ended_at: Timestamp,
}

impl EndedLaunch {
    /// What is remembered of `record` when it ends.
    #[must_use]
    pub fn of(record: &LaunchRecord, reason: EndReason, now: Timestamp) -> Self {
        Self {
            browser: record.browser,
            proof: record.proof,
            kind: record.kind,
            ehr: record.origin.ehr.clone(),
            patient: FormerPatient::of(record),
            reason,
            ended_at: now,
        }
    }
}
