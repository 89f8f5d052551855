//! Which token is meant: [`Work`].

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{config::Ehr, protocol::scope::Scopes, store::ValueKey};

/// For which registration and scopes, and under which key it is kept.
#[derive(Clone)]
pub(super) struct Work {
    pub(super) ehr: Arc<Ehr>,
    pub(super) scopes: Scopes,
    pub(super) key: ValueKey,
    pub(super) credentials: Credentials,
}

/// What the application authenticates with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Credentials {
    /// Those of the registration.
    Registered,
    /// Those of one call.
    Other,
}

impl Work {
    pub(super) fn new(ehr: Arc<Ehr>, scopes: Scopes) -> Self {
        let key = ValueKey::of("backend token", &[ehr.key(), ehr.client_id(), &sorted(&scopes)]);
        Self {
            ehr,
            scopes,
            key,
            credentials: Credentials::Registered,
        }
    }

    /// `ehr` has them. What is kept is kept apart for each: a token that one key got is no answer for who shows another.
    pub(super) fn with_other_credentials(ehr: Arc<Ehr>, scopes: Scopes) -> Self {
        let fingerprint = URL_SAFE_NO_PAD.encode(ehr.credentials().fingerprint());
        let parts = [ehr.key(), ehr.client_id(), &sorted(&scopes), &fingerprint];
        let key = ValueKey::of("backend token of other credentials", &parts);
        Self {
            ehr,
            scopes,
            key,
            credentials: Credentials::Other,
        }
    }
}

/// The same token, whatever their order.
fn sorted(scopes: &Scopes) -> String {
    let mut sorted: Vec<&str> = scopes.iter().collect();
    sorted.sort_unstable();
    sorted.join(" ")
}
