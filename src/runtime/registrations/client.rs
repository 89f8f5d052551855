//! Whether a registration is still that of the client that an authorization began with.

use crate::{config::Ehr, protocol::token_error::TokenError, store::PinnedClient};

/// How the client of a registration stands to the one that an authorization began with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientNow {
    /// It is the same. Also where a record of an earlier version does not say which one it was.
    Same,
    /// It is the same, and proves who it is in another way. The EHR decides what that means.
    OtherCredentials,
    /// It is another one: what was given to the first one must not be sent.
    Other,
}

impl ClientNow {
    /// Compares. `began_with` is what the record of the authorization says.
    pub(crate) fn of(ehr: &Ehr, began_with: Option<&PinnedClient>) -> Self {
        let Some(began_with) = began_with else {
            return Self::Same;
        };
        let now = ehr.client();
        if now.client_id != began_with.client_id {
            Self::Other
        } else if now.credentials == began_with.credentials {
            Self::Same
        } else {
            Self::OtherCredentials
        }
    }
}

/// Says in the log, where the EHR refuses this application, that its registration was changed since the authorization
/// began.
pub(crate) fn explain_refusal(ehr: &Ehr, began_with: Option<&PinnedClient>, refused: &TokenError) {
    let is_refusal = refused.is_invalid_client() || refused.error_code() == Some("unauthorized_client");
    if let (true, ClientNow::OtherCredentials, Some(before)) = (is_refusal, ClientNow::of(ehr, began_with), began_with)
    {
        let (before, now) = (before.credentials, ehr.client().credentials);
        tracing::error!(
            ehr = ehr.key(),
            ?before,
            ?now,
            "the EHR refuses this application, and the kind of its credentials was changed since the launch began; register \
             the new kind at the EHR too, or put the registration back"
        );
    }
}
