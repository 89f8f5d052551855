//! An open launch: [`LaunchRecord`].

use std::sync::Arc;

use super::{LaunchKind, LaunchOrigin, PatientDigest, Proof, RefreshState};
use crate::{
    protocol::{id_token::IdTokenClaims, patient::facts::PatientFacts, token::TokenSet},
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
    /// Which EHR was asked, for what, and as which client.
    pub origin: Arc<LaunchOrigin>,
    /// How it began.
    pub kind: LaunchKind,
    /// The user, (issuer, subject) hashed. `None` when no id token was verified.
    pub user: Option<[u8; 32]>,
    /// What the verified id token says, for the life of the launch.
    pub identity: Option<IdTokenClaims>,
    /// Its patient, where it has one. `None` too in records of versions that did not write it.
    pub patient: Option<PatientDigest>,
    /// Who the patient is, where the application wants that kept. A refresh drops it.
    pub patient_facts: Option<Box<PatientFacts>>,
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
