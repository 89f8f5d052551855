//! The one refresh request: from a refresh token to tokens for the same patient and the same user.

use std::time::Instant;

use crate::{
    config::Ehr,
    launch::{id_token::same_user, revoke::RevocableTokens},
    protocol::{
        findings::{Finding, Findings},
        id_token::IdTokenClaims,
        people::People,
        scope::Scopes,
        token::{PatientOnRefresh, RefreshMismatch, TokenSet},
        token_error::TokenError,
        token_request::TokenForm,
        token_response,
    },
    runtime::{
        Runtime,
        places::Place,
        refusal_log::{About, Purpose},
        registrations::explain_refusal,
        token_endpoint::{TokenCall, call_token_endpoint},
    },
    store::{PinnedClient, PinnedEndpoints},
    time::Timestamp,
};

/// What is to be refreshed.
pub(crate) struct Grant<'a> {
    pub(crate) endpoints: &'a PinnedEndpoints,
    pub(crate) tokens: &'a TokenSet,
    /// The scopes that the authorization asked for.
    pub(crate) requested: &'a Scopes,
    /// Who signed in.
    pub(crate) identity: Option<&'a IdTokenClaims>,
    /// The client that the tokens were given to, where that is known.
    pub(crate) client: Option<&'a PinnedClient>,
    /// From when the life of the new tokens counts.
    pub(crate) requested_at: Timestamp,
    /// The moment after which nothing is sent.
    pub(crate) not_after: Option<Instant>,
}

/// Why there are no new tokens.
pub(crate) enum NotGranted {
    /// There is no refresh token. Nothing was sent.
    NoRefreshToken,
    /// The EHR gave none.
    Refused(TokenError),
    /// The EHR answered for somebody else. What it brought is to be revoked.
    SomebodyElse {
        mismatch: RefreshMismatch,
        brought: RevocableTokens,
    },
}

impl Grant<'_> {
    /// Sends the refresh token, once. What the EHR does not repeat stays as it was.
    pub(crate) async fn ask(self, runtime: &Runtime, ehr: &Ehr, place: Place) -> Result<TokenSet, NotGranted> {
        let quirks = ehr.quirks();
        let refresh_token = self.tokens.refresh_token().ok_or(NotGranted::NoRefreshToken)?;
        let scopes = quirks.scopes_of_refresh(self.tokens.granted_scopes(), self.requested);
        let call = TokenCall {
            endpoints: self.endpoints,
            form: TokenForm::refresh(refresh_token, scopes),
            requested: self.requested,
            grant: token_response::Grant::RefreshToken,
            not_after: self.not_after,
            about: About {
                purpose: Purpose::Refresh,
                people: People::of_launch(self.tokens, self.identity),
            },
        };
        let answer = call_token_endpoint(runtime, ehr, call, &place).await;
        // What follows is nothing that the EHR does.
        drop(place);
        let response = answer.map_err(|error| {
            explain_refusal(ehr, self.client, &error);
            NotGranted::Refused(error)
        })?;
        let is_new_patient = response.context.patient.is_some() && self.tokens.context().patient().is_none();
        if is_new_patient && quirks.patient_on_refresh == PatientOnRefresh::Ignored {
            let mut unusual = Findings::default();
            unusual.note(Finding::PatientOnRefresh);
            ehr.tell_unusual(unusual);
        }
        let brought = RevocableTokens::of_response(&response, ehr.client());
        let default_lifetime = runtime.settings.tokens.default_lifetime;
        same_user(self.identity, response.id_token.as_ref(), quirks.subject_on_refresh)
            .and_then(|()| {
                let policy = quirks.patient_on_refresh;
                self.tokens
                    .refreshed(response, self.requested_at, default_lifetime, policy)
            })
            .map_err(|mismatch| NotGranted::SomebodyElse { mismatch, brought })
    }
}
