//! An open launch: [`LaunchRecord`].

use super::{LaunchKind, PatientDigest, PinnedClient, PinnedEndpoints, Proof, RefreshState};
use crate::{
    protocol::{id_token::IdTokenClaims, patient::facts::PatientFacts, scope::Scopes, token::TokenSet},
    store::key::BrowserKey,
    time::Timestamp,
};

/// An open launch.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LaunchRecord {
    /// The browser that it was opened in.
    pub browser: BrowserKey,
    /// The hash of the secret in its cookie.
    pub proof: Proof,
    /// The key of the EHR registration (its FHIR base URL as registered).
    pub ehr: String,
    /// The FHIR base URL as it was sent in `aud`.
    pub aud: String,
    /// How it began.
    pub kind: LaunchKind,
    /// The endpoints that its authorization used.
    pub endpoints: PinnedEndpoints,
    /// The scopes that were requested.
    pub requested: Scopes,
    /// The user, (issuer, subject) hashed. `None` when no id token was verified.
    pub user: Option<[u8; 32]>,
    /// What the verified id token says, for the life of the launch.
    pub identity: Option<IdTokenClaims>,
    /// Its patient, where it has one. `None` too in records of versions that did not write it.
    pub patient: Option<PatientDigest>,
    /// Who the patient is, where the application wants that kept. A refresh drops it.
    pub patient_facts: Option<Box<PatientFacts>>,
    /// The client that its tokens were given to. `None` in records of versions that did not write it.
    pub client: Option<PinnedClient>,
    /// When its sign-in began. `None` in records of versions that did not write it.
    pub began_at: Option<Timestamp>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Access token, refresh token, context.
    pub tokens: TokenSet,
    /// How refreshing goes.
    pub refresh: RefreshState,
}

impl LaunchRecord {
    /// Whether the sign-in of this launch began after `moment`: the person chose it later.
    pub(crate) fn began_after(&self, moment: Timestamp) -> bool {
        self.began_at.unwrap_or(self.opened_at) > moment
    }
}
