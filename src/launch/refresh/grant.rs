//! The one refresh request: from a refresh token to tokens for the same patient and the same user.

use std::time::Instant;

use crate::{
    config::Ehr,
    launch::{id_token::same_user, revoke::RevocableTokens},
    protocol::{
        findings::TokenResponseReport,
        id_token::IdTokenClaims,
        people::People,
        scope::Scopes,
        secret::RefreshToken,
        token::{RefreshMismatch, RenewedWith, TokenSet},
        token_error::TokenError,
        token_request::TokenForm,
        token_response,
    },
    runtime::{
        Runtime,
        places::Place,
        refusal_log::{About, Purpose},
        registrations::explain_refusal,
        signing::SignedAhead,
        token_endpoint::{TokenCall, call_token_endpoint},
    },
    store::{LaunchUse, PinnedClient, PinnedEndpoints},
    time::Timestamp,
};

/// What is to be refreshed.
pub(crate) struct Grant<'a> {
    pub(crate) endpoints: &'a PinnedEndpoints,
    pub(crate) held: Held<'a>,
    /// The scopes that the authorization asked for.
    pub(crate) requested: &'a Scopes,
    /// The scopes to ask for now, instead of what the registration says about refreshes.
    pub(crate) scopes: Option<&'a Scopes>,
    /// Whether it is refreshed for somebody who is at work.
    pub(crate) launch_use: LaunchUse,
    /// Who signed in.
    pub(crate) identity: Option<&'a IdTokenClaims>,
    /// The client that the tokens were given to, where that is known.
    pub(crate) client: Option<&'a PinnedClient>,
    /// From when the life of the new tokens counts.
    pub(crate) requested_at: Timestamp,
    /// What is signed already.
    pub(crate) signed: SignedAhead,
    /// The moment after which nothing is sent.
    pub(crate) not_after: Option<Instant>,
}

/// Whose refresh token it is.
#[derive(Clone, Copy)]
pub(crate) enum Held<'a> {
    /// That of these tokens.
    With(&'a TokenSet),
    /// Nothing is known but the token.
    Alone(&'a RefreshToken),
}

/// What the EHR gave.
pub(crate) struct Granted {
    pub(crate) tokens: TokenSet,
    /// What was missing or unusual in its answer.
    pub(crate) report: TokenResponseReport,
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
    pub(crate) async fn ask(self, runtime: &Runtime, ehr: &Ehr, place: Place) -> Result<Granted, NotGranted> {
        let quirks = ehr.quirks();
        let (with, granted, people) = match self.held {
            Held::With(tokens) => (
                tokens.renewed_with().ok_or(NotGranted::NoRefreshToken)?,
                tokens.granted_scopes(),
                People::of_launch(tokens, self.identity),
            ),
            Held::Alone(refresh_token) => (
                RenewedWith::RefreshToken(refresh_token),
                self.requested,
                People::default(),
            ),
        };
        let scopes = self
            .scopes
            .or_else(|| quirks.scopes_of_refresh(granted, self.requested));
        let (mut form, grant) = match with {
            RenewedWith::RefreshToken(refresh_token) => (
                TokenForm::refresh(refresh_token, scopes),
                token_response::Grant::RefreshToken,
            ),
            RenewedWith::Statement(_) => (TokenForm::jwt_bearer(scopes), token_response::Grant::JwtBearer),
        };
        if let Held::With(tokens) = self.held
            && quirks.says_active(tokens, self.launch_use)
        {
            form.push("active_at", "0");
        }
        let call = TokenCall {
            endpoints: self.endpoints,
            form,
            requested: self.requested,
            grant,
            signed: self.signed,
            not_after: self.not_after,
            about: About {
                purpose: Purpose::Refresh,
                people,
            },
        };
        let answer = call_token_endpoint(runtime, ehr, call, &place).await;
        // What follows is nothing that the EHR does.
        drop(place);
        let mut response = answer.map_err(|error| {
            explain_refusal(ehr, self.client, &error);
            NotGranted::Refused(error)
        })?;
        let lifetime = runtime.settings.tokens.default_lifetime;
        if grant == token_response::Grant::JwtBearer {
            // It would be of another client than the one of the registration (RFC 7521, section 4.1: there should be none).
            response.refresh_token = None;
        }
        // RFC 6749, section 5.1: what is not said was granted as asked for.
        response.scope = response.scope.or_else(|| self.scopes.cloned());
        let (tokens, report) = match self.held {
            Held::Alone(refresh_token) => {
                response.refresh_token.get_or_insert_with(|| refresh_token.clone());
                let report = response.report;
                let tokens = TokenSet::of_launch(response, self.requested, self.requested_at, lifetime);
                (tokens, report)
            }
            Held::With(tokens) => {
                let brought = RevocableTokens::of_response(&response, ehr.client());
                same_user(self.identity, response.id_token.as_ref(), quirks.subject_on_refresh)
                    .and_then(|()| {
                        let policy = quirks.patient_on_refresh;
                        tokens.refreshed(response, self.requested_at, lifetime, policy)
                    })
                    .map_err(|mismatch| NotGranted::SomebodyElse { mismatch, brought })?
            }
        };
        ehr.tell_findings(report);
        Ok(Granted { tokens, report })
    }
}

#[cfg(test)]
mod tests;
