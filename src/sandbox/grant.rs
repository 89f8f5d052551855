//! What somebody has agreed to, as a test sees it: [`Grant`].

use serde::Serialize;

use super::state::GrantRecord;

/// One completed authorization, as the sandbox sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Grant {
    /// Which client it was given to.
    pub client_id: String,
    /// FHIR reference of the user who gave it; empty where the application asked for itself.
    pub user: String,
    /// The patient in context.
    pub patient: Option<String>,
    /// The encounter in context.
    pub encounter: Option<String>,
    /// The granted scopes, separated by spaces.
    pub scope: String,
    /// How often it was refreshed with success.
    pub refreshes: u32,
    /// Whether a refresh token that had been replaced was presented again.
    pub reuse_detected: bool,
    /// Whether its tokens have stopped working before their time.
    pub revoked: bool,
}

impl Grant {
    pub(super) fn of(grant: &GrantRecord) -> Self {
        Self {
            client_id: grant.agreement.client_id.clone(),
            user: grant.agreement.user.clone(),
            patient: grant.agreement.patient.clone(),
            encounter: grant.agreement.encounter.clone(),
            scope: grant.agreement.scopes.join(" "),
            refreshes: grant.refreshes,
            reuse_detected: grant.reuse_detected,
            revoked: grant.revoked,
        }
    }
}
