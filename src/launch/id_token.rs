//! Who signed in: finds the keys of an id token's issuer, and has the token verified.
//!
//! Nothing of a launch is stored, and the application is not asked, before this is done. It fails closed: no keys, no
//! launch.

mod continuity;
mod error;
mod keys;

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

pub(crate) use continuity::same_user;
pub use error::IdentityError;

use crate::{
    config::{Ehr, IdTokenPolicy},
    protocol::{
        ehr_text::EhrText,
        id_token::{Expected, IdTokenClaims, IdTokenError, KeySet, unverified_issuer, verify},
        secret::RawIdToken,
        sign_in::check_sign_in,
        token::TokenSet,
        urls::{EndpointUrl, FhirBaseUrl},
    },
    runtime::{
        discovery::{DiscoverySettings, DocumentCache, DocumentRequest, Newer, OpenIdConfiguration},
        engine::Engine,
    },
    store::{PendingRecord, PinnedEndpoints},
    time::Clock,
};

/// How often an id token is tried with later keys. Twice is the rule, as a fetch that others began may be older than the
/// key; the third is for the unlikely, and then it has to end.
const LATER_KEYS: usize = 3;
/// How often it is looked whether keys that could not be fetched can be fetched now.
const AGAIN: Duration = Duration::from_millis(500);

/// Verifies id tokens, with the keys of all issuers. Cheap to clone; clones share the keys.
#[derive(Debug, Clone)]
pub(crate) struct IdTokenVerifier {
    configurations: DocumentCache<OpenIdConfiguration>,
    keys: DocumentCache<KeySet>,
    clock: Arc<dyn Clock>,
    /// How long keys are waited for that cannot be fetched at the moment.
    patience: Duration,
}

impl IdTokenVerifier {
    pub(crate) fn new(engine: &Engine, clock: &Arc<dyn Clock>, settings: DiscoverySettings) -> Self {
        Self {
            configurations: DocumentCache::new(engine, Arc::clone(clock), settings),
            keys: DocumentCache::new(engine, Arc::clone(clock), settings),
            clock: Arc::clone(clock),
            patience: settings.timeout,
        }
    }

    /// Who signed in, as the answer to a code exchange says it, and recently enough where that was demanded. `None` when
    /// nobody is named and the policy of the registration allows that.
    ///
    /// # Errors
    ///
    /// [`IdentityError`]; the launch must not be opened then.
    pub(crate) async fn identify(
        &self,
        ehr: &Ehr,
        pending: &PendingRecord,
        tokens: &TokenSet,
    ) -> Result<Option<IdTokenClaims>, IdentityError> {
        let claims = self.who(ehr, pending, tokens).await?;
        if let Some(since) = pending.signed_in_since {
            check_sign_in(
                claims.as_ref(),
                since,
                self.clock.now(),
                ehr.quirks().tolerated_clock_difference(),
            )?;
        }
        Ok(claims)
    }

    async fn who(
        &self,
        ehr: &Ehr,
        pending: &PendingRecord,
        tokens: &TokenSet,
    ) -> Result<Option<IdTokenClaims>, IdentityError> {
        let token = match (ehr.id_token_policy(), tokens.raw_id_token()) {
            (IdTokenPolicy::Ignore, _) => return Ok(None),
            (IdTokenPolicy::Required, None) => return Err(IdentityError::NoIdToken),
            (IdTokenPolicy::Required, Some(token)) => token,
            // Nobody asked for it, and no nonce was sent for it.
            (IdTokenPolicy::IfPresent, _) if !pending.requested.contains("openid") => return Ok(None),
            (IdTokenPolicy::IfPresent, None) => return Ok(None),
            (IdTokenPolicy::IfPresent, Some(token)) => token,
        };
        let issuer = expected_issuer(ehr, &pending.endpoints)?;
        // A token of another issuer has other keys too: said so, it is plain what to configure.
        if let Some(found) = unverified_issuer(token).filter(|found| found != issuer) {
            return Err(IdentityError::IdToken(IdTokenError::OtherIssuer {
                expected: issuer.to_owned(),
                found: EhrText::new(&found),
            }));
        }
        let jwks_uri = self.jwks_uri(ehr, &pending.endpoints, issuer).await?;
        let expected = Expected {
            issuer,
            client_id: ehr.client_id(),
            nonce: pending.nonce.as_ref(),
            nonce_policy: ehr.quirks().nonce,
            fhir_base_url: &pending.aud,
            now: self.clock.now(),
            clock_tolerance: ehr.quirks().tolerated_clock_difference(),
            other_audiences: ehr.quirks().other_audiences,
        };
        let keys_at = DocumentRequest::at(jwks_uri.url().clone()).reaching(ehr.addresses().clone());
        self.verified(token, &keys_at, &expected).await.map(Some)
    }

    /// The keys with which id tokens of a launch that began now would be verified, and where they are.
    pub(crate) async fn keys_of(
        &self,
        ehr: &Ehr,
        endpoints: &PinnedEndpoints,
    ) -> Result<(EndpointUrl, Arc<KeySet>), IdentityError> {
        let issuer = expected_issuer(ehr, endpoints)?;
        let at = self.jwks_uri(ehr, endpoints, issuer).await?;
        let keys_at = DocumentRequest::at(at.url().clone()).reaching(ehr.addresses().clone());
        let keys = self.keys.get(&keys_at).await?;
        Ok((at, keys))
    }

    /// Verifies with the keys that there are, and with later ones when these may be why it fails.
    ///
    /// The code of this sign-in is spent: keys that cannot be fetched at the moment are waited for, for as long as a document
    /// may take.
    async fn verified(
        &self,
        token: &RawIdToken,
        keys_at: &DocumentRequest<KeySet>,
        expected: &Expected<'_>,
    ) -> Result<IdTokenClaims, IdentityError> {
        let began = Instant::now();
        let may_wait = || began.elapsed() < self.patience;
        let mut keys = loop {
            match self.keys.get(keys_at).await {
                Ok(keys) => break keys,
                Err(error) if error.is_temporary() && may_wait() => sleep(AGAIN).await,
                Err(error) => return Err(error.into()),
            }
        };
        let mut fetched = 0;
        loop {
            let error = match verify(token, &keys, expected) {
                Err(error) if error.wants_newer_keys() && fetched < LATER_KEYS => error,
                result => return Ok(result?),
            };
            match self.keys.newer_than(&keys, keys_at).await {
                Ok(Newer::Fetched(newer)) => {
                    tracing::info!(keys = newer.len(), "the EHR's keys were fetched again for an id token");
                    keys = newer;
                    fetched += 1;
                }
                // Fetched for another token, before this one had come.
                Ok(Newer::TooSoon) if fetched == 0 && may_wait() => sleep(AGAIN).await,
                Ok(Newer::TooSoon) => return Err(error.into()),
                // There was a set that could be used, so a page that is none is an outage too.
                Err(_) if may_wait() => sleep(AGAIN).await,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Where the keys of the expected issuer are: as configured, else as pinned when the launch began, else as the
    /// issuer says itself.
    async fn jwks_uri(
        &self,
        ehr: &Ehr,
        endpoints: &PinnedEndpoints,
        issuer: &str,
    ) -> Result<EndpointUrl, IdentityError> {
        let quirks = ehr.quirks();
        if let Some(configured) = &quirks.id_token_jwks_uri {
            return EndpointUrl::parse(configured).map_err(IdentityError::UnusableJwksUri);
        }
        // The pinned keys are those of the pinned issuer, and of no other.
        match &endpoints.jwks_uri {
            Some(pinned) if quirks.id_token_issuer.is_none() => return Ok(pinned.clone()),
            _ => {}
        }
        let url = configuration_url(issuer)?;
        let request = DocumentRequest::at(url.clone()).reaching(ehr.addresses().clone());
        let configuration = self.configurations.get(&request).await?;
        if configuration.issuer() != issuer {
            return Err(IdentityError::OtherConfiguration {
                endpoint: url.into(),
                expected: issuer.to_owned(),
                found: EhrText::new(configuration.issuer()),
            });
        }
        Ok(configuration.jwks_uri().clone())
    }
}

fn expected_issuer<'a>(ehr: &'a Ehr, endpoints: &'a PinnedEndpoints) -> Result<&'a str, IdentityError> {
    let configured = ehr.quirks().id_token_issuer.as_deref();
    configured
        .or(endpoints.issuer.as_deref())
        .ok_or(IdentityError::NoIssuer)
}

/// `.well-known/openid-configuration` appended to the issuer, without a slash at its end (OpenID Connect Discovery 1.0,
/// section 4.1).
fn configuration_url(issuer: &str) -> Result<url::Url, IdentityError> {
    // The rules for an issuer are those for a FHIR base URL: https, no query, no fragment.
    FhirBaseUrl::parse(issuer).map_err(IdentityError::UnusableIssuer)?;
    let base = issuer.strip_suffix('/').unwrap_or(issuer);
    let url = format!("{base}/.well-known/openid-configuration");
    let url = EndpointUrl::parse(&url).map_err(IdentityError::UnusableIssuer)?;
    Ok(url.url().clone())
}

#[cfg(test)]
mod tests;
