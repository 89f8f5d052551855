//! Refreshing by hand: tokens of this client, or a refresh token that was kept somewhere.

use std::sync::Arc;

use super::{Authorized, RefreshError, SmartClient};
use crate::{
    config::scopes_to_ask,
    launch::{
        announced::endpoints_for_refresh,
        refresh::grant::{Grant, Granted, Held, NotGranted},
    },
    protocol::{
        id_token::IdTokenClaims, scope::Scopes, secret::RefreshToken, token::TokenSet, token_error::TokenError,
    },
    runtime::{places::PlaceKind, signing::SignedAhead},
    store::{LaunchKind, LaunchUse, PinnedClient, PinnedEndpoints},
};

/// How a refresh differs from what the registration says.
#[derive(Debug, Clone)]
pub struct RefreshOptions {
    scopes: Option<Scopes>,
    launch_use: LaunchUse,
}

impl RefreshOptions {
    /// Nothing differs.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            scopes: None,
            launch_use: LaunchUse::DoesNotCount,
        }
    }

    /// Whether somebody is at work for whom this is, for EHRs that want to hear that
    /// ([`Quirks::activity_on_refresh`](crate::Quirks::activity_on_refresh)). Default: [`LaunchUse::DoesNotCount`].
    #[must_use]
    pub const fn launch_use(mut self, launch_use: LaunchUse) -> Self {
        self.launch_use = launch_use;
        self
    }

    /// Asks for these scopes, at least one: fewer than were granted, for a token that somebody else is to use (RFC 6749,
    /// section 6: never more). An EHR that does not say what it grants has granted these.
    ///
    /// The refresh token stays good for all. A later refresh without this asks for what the registration says
    /// ([`Quirks::refresh_scope`](crate::Quirks::refresh_scope)): by default for nothing, which means all, and an EHR that does not
    /// say what it grants then leaves the shorter list in the result, though the token may do more. With
    /// [`RefreshScope::Granted`](crate::options::RefreshScope::Granted) it asks for the shorter list again.
    #[must_use]
    pub fn scopes(mut self, scopes: &str) -> Self {
        self.scopes = Some(Scopes::parse(scopes));
        self
    }

    fn check(&self) -> Result<(), RefreshError> {
        if self.scopes.as_ref().is_some_and(Scopes::is_empty) {
            return Err(RefreshError::NoScopes);
        }
        Ok(())
    }
}

impl Default for RefreshOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl SmartClient {
    /// Exchanges the refresh token for new tokens. What the EHR does not repeat stays as it was.
    ///
    /// Nothing is stored and nothing waits for anybody: of two calls with the same tokens a careful EHR refuses one
    /// *and* revokes the other. And where this future is dropped while the EHR answers, the answer is lost: an EHR that replaces
    /// refresh tokens takes the old one no more. A launch in the store ([`open_launch`](Self::open_launch)) has all of that done.
    ///
    /// # Errors
    ///
    /// [`RefreshError`]; the old tokens stay as they are. Tokens that came for another patient or user are dropped, and revoked
    /// in the background where the EHR has an endpoint for it.
    pub async fn refresh(&self, authorized: &Authorized) -> Result<Authorized, RefreshError> {
        self.refresh_with(authorized, RefreshOptions::new()).await
    }

    /// As [`refresh`](Self::refresh), with options for this one.
    ///
    /// # Errors
    ///
    /// As [`refresh`](Self::refresh), and [`RefreshError::NoScopes`].
    pub async fn refresh_with(
        &self,
        authorized: &Authorized,
        options: RefreshOptions,
    ) -> Result<Authorized, RefreshError> {
        options.check()?;
        if !authorized.tokens.can_be_renewed() {
            return Err(RefreshError::NoRefreshToken);
        }
        if self.is_of_another_ehr(authorized) {
            return Err(RefreshError::OtherEhr);
        }
        self.check_client(Some(&authorized.client))?;
        let known = Known {
            held: OwnHeld::With(Box::new(authorized.tokens.clone())),
            requested: authorized.requested.clone(),
            identity: authorized.identity.clone(),
            aud: authorized.aud.clone(),
            kind: authorized.kind,
            endpoints: authorized.endpoints.clone(),
            client: authorized.client.clone(),
        };
        self.ask(known, options).await
    }

    /// New tokens for a refresh token that was kept, of which nothing else is known: from a database, or from a former program.
    /// It has to be one of this registration's client.
    ///
    /// The patient and the scopes are those that the EHR names in its answer; where it names no scopes, those of the options count
    /// as granted, else those of the registration. Who signed in is not known ([`Authorized::id_token_claims`] is `None`), and
    /// nobody can say whether the patient is still the same: compare it with what you have kept. It has not been looked at either
    /// whether the [`required_scopes`](crate::EhrBuilder::required_scopes) are granted; [`open_launch`](Self::open_launch) does
    /// that, as far as the EHR says what it grants. [`Authorized::seal`] keeps all of it from the beginning.
    ///
    /// # Errors
    ///
    /// [`RefreshError`]. The refresh token is still good where
    /// [`TokenError::was_not_sent`](crate::error::TokenError::was_not_sent) says so, and with [`RefreshError::Endpoints`],
    /// [`RefreshError::Store`] and [`RefreshError::NoScopes`].
    pub async fn refresh_token(
        &self,
        refresh_token: RefreshToken,
        options: RefreshOptions,
    ) -> Result<Authorized, RefreshError> {
        options.check()?;
        let kind = LaunchKind::Standalone;
        let (endpoints, metadata) = endpoints_for_refresh(self.config.runtime(), &self.ehr).await?;
        let known = Known {
            held: OwnHeld::Alone(refresh_token),
            requested: scopes_to_ask(self.ehr.quirks(), kind, self.ehr.scopes(), metadata.as_deref()),
            identity: None,
            aud: self.ehr.fhir_base_url().as_str().to_owned(),
            kind,
            endpoints,
            client: self.ehr.client(),
        };
        self.ask(known, options).await
    }

    /// Sends the refresh token, once.
    async fn ask(&self, known: Known, options: RefreshOptions) -> Result<Authorized, RefreshError> {
        // The life of what comes is counted by the store's clock.
        let learned = self.config.runtime().store.learned_now().await;
        learned.map_err(RefreshError::Store)?;
        let (runtime, ehr, revoker) = (
            Arc::clone(self.config.runtime()),
            Arc::clone(&self.ehr),
            self.config.revoker().clone(),
        );
        let work = async move {
            let server = known.endpoints.auth_server();
            let signed = match &known.held {
                OwnHeld::With(tokens) => SignedAhead::for_renewal(&runtime, &ehr, tokens, &server).await,
                OwnHeld::Alone(_) => SignedAhead::for_request(&runtime, &ehr, &server).await,
            };
            let signed = signed.map_err(TokenError::from)?;
            let place = runtime.places.take(ehr.desk(), PlaceKind::Refresh).await;
            let place = place.map_err(TokenError::from)?;
            let grant = Grant {
                endpoints: &known.endpoints,
                held: match &known.held {
                    OwnHeld::With(tokens) => Held::With(tokens),
                    OwnHeld::Alone(refresh_token) => Held::Alone(refresh_token),
                },
                requested: &known.requested,
                scopes: options.scopes.as_ref(),
                launch_use: options.launch_use,
                identity: known.identity.as_ref(),
                client: Some(&known.client),
                requested_at: runtime.now(),
                signed,
                not_after: None,
            };
            match grant.ask(&runtime, &ehr, place).await {
                Ok(Granted { tokens, report }) => Ok(Authorized {
                    tokens,
                    report: Some(report),
                    requested: known.requested,
                    identity: known.identity,
                    aud: known.aud,
                    kind: known.kind,
                    endpoints: known.endpoints,
                    client: known.client,
                }),
                Err(NotGranted::NoRefreshToken) => Err(RefreshError::NoRefreshToken),
                Err(NotGranted::Refused(error)) => Err(error.into()),
                Err(NotGranted::SomebodyElse { mismatch, brought }) => {
                    revoker.revoke(ehr.key(), &known.endpoints, brought);
                    Err(mismatch.into())
                }
            }
        };
        let key = self.ehr.key().to_owned();
        let undo = move |_| {
            tracing::warn!(
                ehr = %key,
                "nobody waits for the answer to a refresh any more, and it is lost; where the EHR replaces refresh tokens, the old \
                 one is spent. Wait for it, or let a launch in the store do it (`SmartClient::open_launch`)"
            );
        };
        let stopped = |error| TokenError::from(error).into();
        self.on_engine_or_undo("refresh", work, undo, stopped).await
    }
}

/// What is known of the one whose refresh token it is.
struct Known {
    held: OwnHeld,
    requested: Scopes,
    identity: Option<IdTokenClaims>,
    aud: String,
    kind: LaunchKind,
    endpoints: PinnedEndpoints,
    client: PinnedClient,
}

enum OwnHeld {
    With(Box<TokenSet>),
    Alone(RefreshToken),
}
