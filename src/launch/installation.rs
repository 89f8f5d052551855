//! A client that the EHR makes for one launch, and the access token of that launch that asks for it
//! ([`InstallationClient`](crate::options::InstallationClient)).

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::{
    config::{CheckedInstallation, Ehr},
    log_throttle::log_seldom,
    protocol::{
        client_auth::PublicJwk,
        client_registration::{Answer, UnusableAnswer},
        echoed_secrets::SentSecrets,
        endpoint_error::EndpointError,
        http::HttpRequest,
        installation::Installation,
        token::TokenSet,
        transport_error::TransportError,
        urls::EndpointUrl,
    },
    runtime::{
        Runtime,
        discovery::DiscoveryError,
        places::{Busy, PlaceKind},
    },
    store::PinnedEndpoints,
};

/// The tokens of a launch, with a client of their own where the registration wants one and there is no refresh token. Without it, when
/// that did not work: the log says why, and the launch ends with its first access token.
pub(crate) async fn with_own_client(
    runtime: &Runtime,
    ehr: &Ehr,
    endpoints: &PinnedEndpoints,
    tokens: TokenSet,
) -> TokenSet {
    let Some(wanted) = ehr.installation().filter(|_| !tokens.can_be_renewed()) else {
        return tokens;
    };
    // Somebody waits for the page, and `longest_exchange` counts with so much.
    let http = &runtime.settings.http;
    let until = Instant::now() + http.transport.connect_timeout.saturating_add(http.request_timeout);
    let installation = match registered(runtime, ehr, wanted, endpoints, &tokens, until).await {
        Ok(installation) => Some(Box::new(installation)),
        Err(error) => {
            log_seldom!(
                runtime, warn, ehr = ehr.key(), %error,
                "the EHR made no client for a launch, which cannot be renewed without one and ends with its first access token"
            );
            None
        }
    };
    TokenSet { installation, ..tokens }
}

/// How long is waited, at least, before another attempt after one that certainly made no client. So many there are.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(2),
];

/// Registers, and once more where that passes by itself and made no client for sure.
async fn registered(
    runtime: &Runtime,
    ehr: &Ehr,
    wanted: &CheckedInstallation,
    endpoints: &PinnedEndpoints,
    tokens: &TokenSet,
    until: Instant,
) -> Result<Installation, NotMade> {
    let mut pauses = PAUSES.into_iter();
    loop {
        let registering = timeout_at(until, register(runtime, ehr, wanted, endpoints, tokens)).await;
        let error = match registering.unwrap_or(Err(NotMade::Late)) {
            Ok(installation) => return Ok(installation),
            Err(error) => error,
        };
        let again = error.passes_in().and_then(|wait| {
            let at = Instant::now() + wait.max(pauses.next()?);
            Some(at).filter(|at| *at < until)
        });
        match again {
            Some(at) => {
                tracing::debug!(ehr = ehr.key(), %error, "the EHR is asked once more for a client for a launch");
                sleep_until(at).await;
            }
            None => return Err(error),
        }
    }
}

/// Why there is no such client.
#[derive(Debug, thiserror::Error)]
enum NotMade {
    #[error(
        "the metadata of the EHR names no registration endpoint; name it with `InstallationClient::registration_endpoint`"
    )]
    NoEndpoint,
    #[error(transparent)]
    Metadata(#[from] DiscoveryError),
    #[error("no key is configured for it")]
    NoKey,
    #[error("too many requests to this EHR are under way")]
    Busy { retry_after: Duration },
    #[error("the registration took too long; the EHR may have made a client that nobody uses")]
    Late,
    #[error("the registration endpoint could not be asked: {0}")]
    Transport(#[from] TransportError),
    #[error("{error}")]
    Refused {
        error: EndpointError,
        /// As the EHR says it.
        retry_after: Option<Duration>,
    },
    #[error("the answer of the registration endpoint is no JSON object with a `client_id` of its own")]
    Unusable,
}

impl From<Busy> for NotMade {
    fn from(Busy { retry_after }: Busy) -> Self {
        Self::Busy { retry_after }
    }
}

impl NotMade {
    /// When the same may succeed, where no client was made for sure. `None`: it will not, or the EHR may have made one.
    fn passes_in(&self) -> Option<Duration> {
        match self {
            Self::Transport(error) => error.was_not_sent().then_some(Duration::ZERO),
            Self::Busy { retry_after } => Some(*retry_after),
            // The server does not deal with requests (RFC 9110, section 15.6.4; RFC 6585, section 4).
            Self::Refused {
                error:
                    EndpointError::Refused { status: 429 | 503, .. }
                    | EndpointError::UnexpectedStatus { status: 429 | 503, .. },
                retry_after,
            } => Some(retry_after.unwrap_or_default()),
            _ => None,
        }
    }
}

impl From<UnusableAnswer> for NotMade {
    fn from(_: UnusableAnswer) -> Self {
        Self::Unusable
    }
}

async fn register(
    runtime: &Runtime,
    ehr: &Ehr,
    wanted: &CheckedInstallation,
    endpoints: &PinnedEndpoints,
    tokens: &TokenSet,
) -> Result<Installation, NotMade> {
    let endpoint = endpoint(runtime, ehr, wanted).await?;
    // The one that will sign, and no other: the client is known by it from now on.
    let key = wanted.credentials.signing_key(endpoints.assertion_algorithm);
    let key = key.ok_or(NotMade::NoKey)?;
    let place = runtime.places.take(ehr.desk(), PlaceKind::Exchange).await?;
    let request = request(runtime, ehr, wanted, &endpoint, key, tokens);
    let response = runtime.transport().send(request).await?;
    drop(place);
    let sent = SentSecrets::new([tokens.access_token().expose_secret().to_owned()]);
    EndpointError::judge(&response, &sent, runtime.wall_clock()).map_err(|error| NotMade::Refused {
        retry_after: error.retry_after(),
        error,
    })?;
    let client_id = Answer::read(&response)?.into_client_id();
    if client_id == ehr.client_id() {
        return Err(NotMade::Unusable);
    }
    tracing::debug!(ehr = ehr.key(), client_id, "the EHR made a client for a launch");
    Ok(Installation {
        client_id,
        kid: key.kid().to_owned(),
    })
}

async fn endpoint(runtime: &Runtime, ehr: &Ehr, wanted: &CheckedInstallation) -> Result<EndpointUrl, NotMade> {
    if let Some(endpoint) = &wanted.endpoint {
        return Ok(endpoint.clone());
    }
    let metadata = runtime.metadata_of(ehr).await?;
    metadata.registration_endpoint().cloned().ok_or(NotMade::NoEndpoint)
}

fn request(
    runtime: &Runtime,
    ehr: &Ehr,
    wanted: &CheckedInstallation,
    endpoint: &EndpointUrl,
    key: &PublicJwk,
    tokens: &TokenSet,
) -> HttpRequest {
    let body = json!({ "software_id": wanted.software_id, "jwks": { "keys": [key] } });
    let timeout = runtime.settings.http.request_timeout;
    let mut request = HttpRequest::post_form(endpoint.url().clone(), body.to_string(), timeout);
    request.addresses = ehr.addresses().clone();
    request.headers = vec![
        ("Accept", "application/json".to_owned()),
        ("Content-Type", "application/json".to_owned()),
        (
            "Authorization",
            format!("Bearer {}", tokens.access_token().expose_secret()),
        ),
    ];
    request
}

#[cfg(test)]
mod tests;
