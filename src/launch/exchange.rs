//! The one code exchange: from the code of a callback to tokens that a launch may open with.

use std::{sync::Arc, time::Instant};

use tracing::{Instrument as _, field::Empty};

use crate::{
    config::Ehr,
    launch::{
        id_token::{IdTokenVerifier, IdentityError},
        revoke::{RevocableTokens, Revoker},
    },
    protocol::{
        findings::TokenResponseReport, id_token::IdTokenClaims, people::People, scope::Scopes,
        secret::AuthorizationCode, token::TokenSet, token_error::TokenError, token_request::TokenForm, token_response,
    },
    runtime::{
        Runtime,
        places::Place,
        refusal_log::{About, Purpose},
        registrations::explain_refusal,
        signing::SignedAhead,
        token_endpoint::{TokenCall, call_token_endpoint, outcome_name},
    },
    store::PendingRecord,
};

/// An authorization whose code has come.
pub(crate) struct Exchange<'a> {
    pub(crate) runtime: &'a Runtime,
    pub(crate) revoker: &'a Revoker,
    pub(crate) verifier: &'a IdTokenVerifier,
    pub(crate) ehr: &'a Arc<Ehr>,
    pub(crate) pending: &'a PendingRecord,
}

/// What a code brought.
pub(crate) struct Exchanged {
    pub(crate) tokens: TokenSet,
    /// What was missing or unusual in the answer.
    pub(crate) report: TokenResponseReport,
}

/// Why no launch may open with tokens. They are revoked in the background where the EHR has an endpoint for it.
pub(crate) enum Unfit {
    /// The EHR did not grant what the registration requires.
    ScopesNotGranted { missing: Scopes },
    /// It is not known for certain who signed in.
    Identity(IdentityError),
}

impl Exchange<'_> {
    /// Sends the code, once, with what is signed; and not after `not_after`.
    pub(crate) async fn send(
        &self,
        code: &AuthorizationCode,
        place: Place,
        signed: SignedAhead,
        not_after: Option<Instant>,
    ) -> Result<Exchanged, TokenError> {
        let Self {
            runtime, ehr, pending, ..
        } = self;
        let requested_at = runtime.now();
        let requested = &pending.requested;
        let call = TokenCall {
            endpoints: &pending.endpoints,
            form: TokenForm::exchange(code, &pending.redirect_uri, &pending.code_verifier),
            requested,
            grant: token_response::Grant::Code,
            signed,
            not_after,
            about: About {
                purpose: Purpose::Exchange,
                // Nobody is known before there is an answer.
                people: People::default(),
            },
        };
        let span = tracing::info_span!("smart.exchange", ehr = ehr.key(), outcome = Empty);
        let answer = call_token_endpoint(runtime, ehr, call, &place)
            .instrument(span.clone())
            .await;
        span.record("outcome", outcome_name(&answer));
        drop(span);
        // What follows asks the application and the store, not the EHR's token endpoint.
        drop(place);
        let response = answer.inspect_err(|error| explain_refusal(ehr, pending.client.as_ref(), error))?;
        let report = response.report;
        let lifetime = runtime.settings.tokens.default_lifetime;
        let tokens = TokenSet::of_launch(response, requested, requested_at, lifetime);
        Ok(Exchanged { tokens, report })
    }

    /// Who signed in, once it is certain that a launch may open with these tokens.
    pub(crate) async fn admit(&self, tokens: &TokenSet) -> Result<Option<IdTokenClaims>, Unfit> {
        let missing = tokens.granted_scopes().uncovered(self.ehr.required_scopes());
        if !missing.is_empty() {
            self.revoke(tokens);
            return Err(Unfit::ScopesNotGranted { missing });
        }
        let identity = self.verifier.identify(self.ehr, self.pending, tokens).await;
        identity.map_err(|error| {
            self.revoke(tokens);
            Unfit::Identity(error)
        })
    }

    /// Has tokens revoked that no launch opens with.
    pub(crate) fn revoke(&self, tokens: &TokenSet) {
        let tokens = RevocableTokens::of(tokens, self.ehr.client());
        self.revoker.revoke(&self.pending.ehr, &self.pending.endpoints, tokens);
    }
}
