//! Beginning an authorization: from "launch" to the redirect to the EHR.

use std::sync::Arc;

use crate::{
    config::{Ehr, EndpointOverride, EndpointsUse, check_demand},
    log_throttle::log_seldom,
    protocol::{
        authorization::{AuthorizationParams, AuthorizationRedirect, AuthorizationRequestError, AuthorizePost},
        callback::IssParameter,
        client_auth::SecretPlacement,
        id_token::NoncePolicy,
        metadata::ServerMetadata,
        scope::Scopes,
        secret::{CodeVerifier, LaunchToken, Nonce, State},
        sign_in::{SignInDemand, SignInProblem},
        urls::EndpointUrl,
    },
    runtime::{
        Runtime,
        discovery::{DiscoveryError, authorization_endpoint, token_endpoint},
    },
    store::{EndpointsSource, LaunchKind, PendingRecord, PinnedEndpoints, ReturnFor, StoreError},
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
    let requested = scopes_for(kind, start.scopes.as_ref().unwrap_or_else(|| ehr.scopes()));
    let requested = quirks.scopes_to_request(requested, announced.metadata.as_deref());
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
        redirect_uri: ehr.redirect_uri(),
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
        redirect_uri: ehr.redirect_uri().to_owned(),
        aud,
        code_verifier,
        nonce,
        requested,
        return_to: start.return_to,
        return_for: start.return_for,
        started_at,
        signed_in_since: demand.map(|demand| demand.signed_in_since(runtime.wall_clock())),
        client: Some(ehr.client()),
    };
    Ok((redirect, state, record))
}

/// The endpoints with which an authorization would begin now.
///
/// # Errors
///
/// As [`begin`].
pub(crate) async fn endpoints_of(runtime: &Runtime, ehr: &Ehr) -> Result<PinnedEndpoints, StartError> {
    announced(runtime, ehr).await.map(|announced| announced.pinned)
}

/// What the EHR says about itself, or the configuration in its place.
struct Announced {
    authorization: EndpointUrl,
    pinned: PinnedEndpoints,
    /// `None` when the endpoints are configured.
    metadata: Option<Arc<ServerMetadata>>,
}

/// The configured endpoints, or those of the metadata, whichever the registration wants first.
async fn announced(runtime: &Runtime, ehr: &Ehr) -> Result<Announced, StartError> {
    match ehr.endpoints() {
        Some(own) if own.used == EndpointsUse::Always => {
            Ok(Announced::by_registration(own, EndpointsSource::Registration))
        }
        Some(own) => match discovered(runtime, ehr).await {
            Err(StartError::Discovery(error)) => {
                log_seldom!(
                    runtime,
                    warn,
                    ehr = ehr.key(),
                    %error,
                    "a launch begins with the endpoints of the registration, as the EHR's metadata is unavailable"
                );
                Ok(Announced::by_registration(own, EndpointsSource::Fallback))
            }
            other => other,
        },
        None => discovered(runtime, ehr).await,
    }
}

async fn discovered(runtime: &Runtime, ehr: &Ehr) -> Result<Announced, StartError> {
    let metadata = runtime.metadata_of(ehr).await?;
    if !ehr.quirks().accepts_pkce_of(&metadata) {
        return Err(StartError::PkceNotListed);
    }
    let authorization = authorization_endpoint(&metadata)?.clone();
    let token = token_endpoint(&metadata)?.clone();
    if let Some(other) = conflicting(runtime, ehr, &metadata) {
        let conflict = StartError::Conflict {
            other: other.key().to_owned(),
        };
        tracing::error!(ehr = ehr.key(), error = %conflict, "an EHR claims the sign-in of another one");
        return Err(conflict);
    }
    let pinned = PinnedEndpoints {
        token,
        revocation: metadata.revocation_endpoint().cloned(),
        introspection: metadata.introspection_endpoint().cloned(),
        issuer: metadata.issuer().map(str::to_owned),
        jwks_uri: metadata.jwks_uri().cloned(),
        iss_parameter: iss_parameter(&metadata),
        client_secret: SecretPlacement::listed(metadata.token_endpoint_auth_methods_supported()),
        source: EndpointsSource::Metadata,
    };
    ehr.compare_credentials(&metadata);
    Ok(Announced {
        authorization,
        pinned,
        metadata: Some(metadata),
    })
}

impl Announced {
    fn by_registration(own: &EndpointOverride, source: EndpointsSource) -> Self {
        Self {
            authorization: own.authorization.clone(),
            pinned: PinnedEndpoints {
                revocation: own.revocation.clone(),
                source,
                ..PinnedEndpoints::new(own.token.clone())
            },
            metadata: None,
        }
    }

    fn post(&self) -> AuthorizePost {
        match &self.metadata {
            Some(metadata) if metadata.supports_post_based_authorization() => AuthorizePost::Listed,
            _ => AuthorizePost::NotListed,
        }
    }
}

/// Another EHR with the same issuer or authorization endpoint, whose codes go to another host.
///
/// Two FHIR base URLs behind one authorization server share its token endpoint as well. Where they do not, one of them
/// borrows the other's sign-in page to be sent its codes (RFC 9700, section 4.4). Looks at what is configured and what is known
/// already: fetching every EHR's metadata at each launch would make all depend on each.
fn conflicting(runtime: &Runtime, ehr: &Ehr, metadata: &ServerMetadata) -> Option<Arc<Ehr>> {
    let token = metadata.token_endpoint()?.url().origin();
    let claims = |page: Option<&EndpointUrl>, code_goes_to: Option<&EndpointUrl>| {
        let same_page = page.is_some() && page == metadata.authorization_endpoint();
        same_page && code_goes_to.is_some_and(|other| other.url().origin() != token)
    };
    let claims_sign_in_of = |other: &ServerMetadata| {
        let same_issuer = other.issuer().is_some() && other.issuer() == metadata.issuer();
        let elsewhere = other
            .token_endpoint()
            .is_some_and(|other| other.url().origin() != token);
        (same_issuer && elsewhere) || claims(other.authorization_endpoint(), other.token_endpoint())
    };
    let all = runtime.registrations.all_known();
    all.into_iter().filter(|other| other.key() != ehr.key()).find(|other| {
        let own = other.endpoints();
        own.is_some_and(|own| claims(Some(&own.authorization), Some(&own.token)))
            || runtime
                .known_metadata_of(other)
                .is_some_and(|other| claims_sign_in_of(&other))
    })
}

fn iss_parameter(metadata: &ServerMetadata) -> IssParameter {
    if metadata.authorization_response_iss_parameter_supported() {
        IssParameter::Promised
    } else {
        IssParameter::NotPromised
    }
}

/// All scopes that a launch at this EHR may ask for, however it begins.
#[cfg(feature = "actix")]
pub(crate) fn scopes_of_any_launch(ehr: &Ehr) -> Scopes {
    let mut scopes = scopes_for(LaunchKind::Ehr, ehr.scopes());
    for scope in scopes_for(LaunchKind::Standalone, ehr.scopes()).iter() {
        scopes.insert(scope);
    }
    scopes
}

/// The scopes that fit how the launch begins.
///
/// From the EHR: with `launch`, which hands over the context that the EHR chose. Standalone: without it, as there is
/// no context to hand over; patient scopes then need `launch/patient`, with which the EHR lets the person pick one.
fn scopes_for(kind: LaunchKind, configured: &Scopes) -> Scopes {
    let mut scopes = configured.clone();
    match kind {
        LaunchKind::Ehr => scopes.insert("launch"),
        LaunchKind::Standalone => {
            scopes.remove("launch");
            if scopes.iter().any(|scope| scope.starts_with("patient/")) {
                scopes.insert("launch/patient");
            }
        }
    }
    scopes
}

#[cfg(test)]
mod tests;
