//! Beginning an authorization: from "launch" to the redirect to the EHR.

use std::sync::Arc;

use crate::{
    config::{Ehr, check_demand, scopes_to_ask},
    launch::announced::announced,
    log_throttle::log_seldom,
    protocol::{
        authorization::{AuthorizationParams, AuthorizationRedirect, AuthorizationRequestError},
        id_token::NoncePolicy,
        launch_request::SignInWish,
        scope::Scopes,
        secret::{CodeVerifier, LaunchToken, Nonce, State},
        sign_in::{SignInDemand, SignInProblem},
    },
    runtime::{Runtime, discovery::DiscoveryError},
    store::{LaunchKind, PendingRecord, ReturnFor, StoreError},
};

/// How an authorization is to begin.
#[derive(Debug, Clone)]
pub(crate) struct Start {
    /// `iss` as received and `launch`, for a launch from the EHR.
    pub(crate) from_ehr: Option<(String, LaunchToken)>,
    /// Scopes instead of the configured ones.
    pub(crate) scopes: Option<Scopes>,
    /// Where to go afterwards.
    pub(crate) return_to: Option<String>,
    /// For whom that is.
    pub(crate) return_for: ReturnFor,
    /// What is demanded of the sign-in, more than of every launch at that EHR.
    pub(crate) sign_in: Option<SignInDemand>,
}

/// Why an authorization did not begin.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The EHR's metadata is unavailable.
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
    /// The EHR's authorization endpoint cannot be used.
    #[error(transparent)]
    Request(#[from] AuthorizationRequestError),
    /// The EHR's metadata claims the issuer or the authorization endpoint of another registered EHR, and sends codes to
    /// another host. Nothing was begun.
    #[error(
        "the metadata names the issuer or the authorization endpoint of another registered EHR ({other}) but another \
         token endpoint; find out which of the two is to be believed, and if both are, give the endpoints of one by hand"
    )]
    Conflict {
        /// The FHIR base URL of the other EHR.
        other: String,
    },
    /// A launch is to begin with the `iss` of another EHR than that of the client. Nothing was fetched and nothing was begun:
    /// the token would be sent to whatever `iss` says.
    #[error("`iss` is not the EHR of this client; make one with `SmartClient::for_ehr` and this `iss`")]
    OtherEhr,
    /// A list of scopes was given, and there is none in it.
    #[error("no scope is asked for; leave out `StartOptions::scopes` to ask for the configured ones")]
    NoScopes,
    /// The registration is for the application itself, without a user: it has no redirect URI.
    #[error(
        "nobody launches at this EHR: its registration has no redirect URI; add `EhrBuilder::redirect_uri` and `EhrBuilder::scopes`"
    )]
    NoLaunches,
    /// The EHR's metadata does not list the PKCE method `S256`, and its registration demands that
    /// ([`PkceListing::Required`](crate::options::PkceListing::Required)).
    #[error(
        "the metadata of the EHR does not list the PKCE method S256, which its registration demands; ask the EHR's \
         administrator, or take `PkceListing::Required` out of the registration's quirks"
    )]
    PkceNotListed,
    /// A new sign-in is demanded, and with these scopes or this registration nobody could tell whether it happened.
    #[error(transparent)]
    SignIn(#[from] SignInProblem),
    /// The token store has not answered since this process started, so that nobody knows what time it is there, and
    /// authorizations go by that. Nothing was begun; try again shortly.
    #[error("the token store has not said yet what time it is, by which authorizations are judged: {0}")]
    StoreUnavailable(#[source] StoreError),
}

/// Begins an authorization: where to send the browser, and what has to survive until the callback.
pub(crate) async fn begin(
    runtime: &Runtime,
    ehr: &Arc<Ehr>,
    start: Start,
) -> Result<(AuthorizationRedirect, State, PendingRecord), StartError> {
    if start
        .from_ehr
        .as_ref()
        .is_some_and(|(iss, _)| !ehr.fhir_base_url().matches(iss))
    {
        return Err(StartError::OtherEhr);
    }
    if start.scopes.as_ref().is_some_and(Scopes::is_empty) {
        return Err(StartError::NoScopes);
    }
    let redirect_uri = ehr.redirect_uri().ok_or(StartError::NoLaunches)?;
    let announced = announced(runtime, ehr).await?;
    let (state, code_verifier, nonce) = {
        let mut rng = rand::rng();
        (
            State::random(&mut rng),
            CodeVerifier::random(&mut rng),
            Nonce::random(&mut rng),
        )
    };
    let (kind, aud, launch) = match start.from_ehr {
        Some((iss, launch)) => (LaunchKind::Ehr, iss, Some(launch)),
        None => (LaunchKind::Standalone, ehr.fhir_base_url().as_str().to_owned(), None),
    };
    let quirks = ehr.quirks();
    let wanted = start.scopes.as_ref().unwrap_or_else(|| ehr.scopes());
    let requested = scopes_to_ask(ehr.quirks(), kind, wanted, announced.metadata.as_deref());
    let demand = start.sign_in.or_else(|| ehr.sign_in().always());
    if let Some(demand) = demand {
        check_demand(demand, &requested, ehr.id_token_policy(), quirks)?;
    }
    let others = &quirks.authorization_parameters;
    let others = demand.map_or_else(|| others.clone(), |demand| demand.parameters(others));
    let wants_nonce = requested.contains("openid") && quirks.nonce != NoncePolicy::NotSent;
    let nonce = wants_nonce.then_some(nonce);
    let redirect = AuthorizationParams {
        endpoint: &announced.authorization,
        client_id: ehr.client_id(),
        redirect_uri,
        scope: &requested,
        state: &state,
        aud: quirks.aud.as_deref().unwrap_or(&aud),
        launch: launch.as_ref(),
        nonce: nonce.as_ref(),
        code_challenge: &code_verifier.challenge(),
        others: &others,
    }
    .redirect(quirks.method_of(kind, ehr.authorize_method()), announced.post())?;
    log_seldom!(runtime, info, ehr = ehr.key(), ?kind, scopes = %requested, "an authorization begins");
    let started_at = runtime
        .store
        .learned_now()
        .await
        .map_err(StartError::StoreUnavailable)?;
    let record = PendingRecord {
        ehr: ehr.key().to_owned(),
        kind,
        endpoints: announced.pinned,
        redirect_uri: redirect_uri.to_owned(),
        aud,
        code_verifier,
        nonce,
        requested,
        return_to: start.return_to,
        return_for: start.return_for,
        started_at,
        signed_in_since: demand.map(|demand| demand.signed_in_since(runtime.wall_clock())),
        sign_in: SignInWish::again_if(demand == Some(SignInDemand::Again)),
        client: Some(ehr.client()),
    };
    Ok((redirect, state, record))
}

#[cfg(test)]
mod tests;
