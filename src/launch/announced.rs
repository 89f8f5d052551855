//! What an EHR says about itself, or its registration in its place: where an authorization goes, and a refresh.

use std::{collections::HashSet, sync::Arc};

use crate::{
    config::{Ehr, EndpointOverride, EndpointsUse},
    launch::begin::StartError,
    log_throttle::log_seldom,
    protocol::{
        authorization::AuthorizePost,
        callback::IssParameter,
        client_auth::{SecretPlacement, SigningAlgorithm},
        metadata::ServerMetadata,
        urls::{EndpointUrl, FhirBaseUrl},
    },
    runtime::{
        Runtime,
        discovery::{DiscoveryError, authorization_endpoint, token_endpoint},
        sign_ins::SignIn,
    },
    store::{EndpointsSource, PinnedEndpoints},
};

/// What an authorization begins with.
pub(super) struct Announced {
    pub(super) authorization: EndpointUrl,
    pub(super) pinned: PinnedEndpoints,
    /// `None` when the endpoints are configured.
    pub(super) metadata: Option<Arc<ServerMetadata>>,
}

/// The configured endpoints, or those of the metadata, whichever the registration wants first.
pub(super) async fn announced(runtime: &Runtime, ehr: &Ehr) -> Result<Announced, StartError> {
    match ehr.endpoints() {
        Some(own) if own.used == EndpointsUse::Always => {
            Ok(Announced::by_registration(own, EndpointsSource::Registration))
        }
        Some(own) => match discovered(runtime, ehr).await {
            Err(StartError::Discovery(error)) => {
                say_fallback(runtime, ehr, &error);
                Ok(Announced::by_registration(own, EndpointsSource::Fallback))
            }
            other => other,
        },
        None => discovered(runtime, ehr).await,
    }
}

/// The endpoints for a refresh token that came without any, and the metadata that they are from. What only an authorization needs
/// is not asked for.
pub(crate) async fn endpoints_for_refresh(
    runtime: &Runtime,
    ehr: &Ehr,
) -> Result<(PinnedEndpoints, Option<Arc<ServerMetadata>>), StartError> {
    let by_registration = |own, source| (Announced::by_registration(own, source).pinned, None);
    let discovered = async {
        let metadata = runtime.metadata_of(ehr).await?;
        Ok((pinned_by(runtime, ehr, &metadata)?, Some(metadata)))
    };
    match ehr.endpoints() {
        Some(own) if own.used == EndpointsUse::Always => Ok(by_registration(own, EndpointsSource::Registration)),
        Some(own) => match discovered.await {
            Err(StartError::Discovery(error)) => {
                say_fallback(runtime, ehr, &error);
                Ok(by_registration(own, EndpointsSource::Fallback))
            }
            other => other,
        },
        None => discovered.await,
    }
}

fn say_fallback(runtime: &Runtime, ehr: &Ehr, error: &DiscoveryError) {
    log_seldom!(
        runtime,
        warn,
        ehr = ehr.key(),
        %error,
        "the endpoints of the registration are used, as the EHR's metadata is unavailable"
    );
}

async fn discovered(runtime: &Runtime, ehr: &Ehr) -> Result<Announced, StartError> {
    let metadata = runtime.metadata_of(ehr).await?;
    if !ehr.quirks().accepts_pkce_of(&metadata) {
        return Err(StartError::PkceNotListed);
    }
    Ok(Announced {
        authorization: authorization_endpoint(&metadata)?.clone(),
        pinned: pinned_by(runtime, ehr, &metadata)?,
        metadata: Some(metadata),
    })
}

/// The endpoints of the metadata, unless it claims the sign-in of another EHR.
pub(crate) fn pinned_by(
    runtime: &Runtime,
    ehr: &Ehr,
    metadata: &ServerMetadata,
) -> Result<PinnedEndpoints, StartError> {
    let token = token_endpoint(metadata)?.clone();
    if let Some(other) = conflicting(runtime, ehr, metadata) {
        let conflict = StartError::Conflict {
            other: other.key().to_owned(),
        };
        tracing::error!(ehr = ehr.key(), error = %conflict, "an EHR claims the sign-in of another one");
        return Err(conflict);
    }
    ehr.compare_credentials(metadata);
    Ok(PinnedEndpoints {
        token,
        revocation: metadata.revocation_endpoint().cloned(),
        introspection: metadata.introspection_endpoint().cloned(),
        issuer: metadata.issuer().map(str::to_owned),
        jwks_uri: metadata.jwks_uri().cloned(),
        iss_parameter: iss_parameter(metadata),
        client_secret: SecretPlacement::listed(metadata.token_endpoint_auth_methods_supported()),
        assertion_algorithm: SigningAlgorithm::only_listed(metadata.token_endpoint_auth_signing_alg_values_supported()),
        source: EndpointsSource::Metadata,
    })
}

/// The endpoints of the registration.
pub(crate) fn configured(own: &EndpointOverride) -> PinnedEndpoints {
    Announced::by_registration(own, EndpointsSource::Registration).pinned
}

impl Announced {
    fn by_registration(own: &EndpointOverride, source: EndpointsSource) -> Self {
        Self {
            authorization: own.authorization.clone(),
            pinned: PinnedEndpoints {
                revocation: own.revocation.clone(),
                issuer: own.issuer.clone(),
                source,
                ..PinnedEndpoints::new(own.token.clone())
            },
            metadata: None,
        }
    }

    pub(super) fn post(&self) -> AuthorizePost {
        match &self.metadata {
            Some(metadata) if metadata.supports_post_based_authorization() => AuthorizePost::Listed,
            _ => AuthorizePost::NotListed,
        }
    }
}

/// Another EHR with the same issuer or authorization endpoint, whose codes go to another host.
///
/// Two FHIR base URLs behind one authorization server share its token endpoint as well. Where they do not, one of them
/// borrows the other's sign-in page to be sent its codes (RFC 9700, section 4.4): the one whose codes go to another host than that of the page
/// or the issuer which both name. Where that is so of both, both are refused. Looks at what is configured and what is known
/// already: fetching every EHR's metadata at each launch would make all depend on each.
///
/// Not one by one: there may be ten thousand. Both registrations and metadata are noted by issuer and page where they are kept. What is
/// noted of an EHR that has gone, or has other metadata by now, is compared again, and found to be nothing.
fn conflicting(runtime: &Runtime, ehr: &Ehr, metadata: &ServerMetadata) -> Option<Arc<Ehr>> {
    let sign_in = SignIn::announced(metadata)?;
    let mut others = runtime.registrations.with_codes_elsewhere(&sign_in);
    for address in runtime.metadata.with_codes_elsewhere(&sign_in) {
        if let Some(normalized) = FhirBaseUrl::key_of(&address) {
            others.extend(runtime.registrations.known_at(&normalized));
        }
    }
    others.retain(|other| other.key() != ehr.key() && has_codes_elsewhere(runtime, other, &sign_in));
    first_known(runtime, others)
}

/// Whether an EHR has this sign-in too, and another host for its codes, by its registration or by what it is known to say.
fn has_codes_elsewhere(runtime: &Runtime, other: &Ehr, than: &SignIn) -> bool {
    let announced = || {
        let known = runtime.known_metadata_of(other)?;
        SignIn::announced(&known)
    };
    let elsewhere = |other: SignIn| other.is_same_with_codes_elsewhere(than);
    SignIn::configured(other).is_some_and(elsewhere) || announced().is_some_and(elsewhere)
}

/// The one that comes first in the configuration, if one is in it.
fn first_known(runtime: &Runtime, mut those: Vec<Arc<Ehr>>) -> Option<Arc<Ehr>> {
    let any = those.pop()?;
    if those.is_empty() {
        return Some(any);
    }
    let keys: HashSet<_> = those.iter().chain([&any]).map(|ehr| ehr.key()).collect();
    let listed = runtime.registrations.listed();
    let first = listed.iter().find(|ehr| keys.contains(ehr.key())).map(Arc::clone);
    first.or(Some(any))
}

fn iss_parameter(metadata: &ServerMetadata) -> IssParameter {
    if metadata.authorization_response_iss_parameter_supported() {
        IssParameter::Promised
    } else {
        IssParameter::NotPromised
    }
}

#[cfg(test)]
mod conflicts;
#[cfg(test)]
mod tests;
