//! The one request for a token (SMART App Launch 2.2, Backend Services; RFC 6749, section 4.4).

use std::time::Duration;

use super::{failure::BackendFailure, token::BackendToken, work::Work};
use crate::{
    launch::announced::endpoints_for_refresh,
    log_throttle::log_seldom,
    protocol::{people::People, token_request::TokenForm, token_response::Grant},
    runtime::{
        Runtime,
        places::PlaceKind,
        refusal_log::{About, Purpose},
        signing::SignedAhead,
        token_endpoint::{TokenCall, call_token_endpoint},
    },
};

/// Why there is no token, and how long the EHR asks to wait.
pub(super) struct Unanswered {
    pub(super) failure: BackendFailure,
    pub(super) retry_after: Option<Duration>,
}

/// Asks the EHR, once.
pub(super) async fn ask(runtime: &Runtime, work: &Work) -> Result<BackendToken, Unanswered> {
    let (ehr, scopes) = (&work.ehr, &work.scopes);
    let (endpoints, _) = endpoints_for_refresh(runtime, ehr).await.map_err(|error| {
        log_seldom!(runtime, warn, ehr = ehr.key(), %error, "the token endpoint for a backend token is not known");
        Unanswered {
            failure: BackendFailure::of_endpoints(&error),
            retry_after: None,
        }
    })?;
    let failed = |error| {
        let failure = BackendFailure::of(&error);
        log_seldom!(runtime, warn, ehr = ehr.key(), %error, "the EHR gave no backend token");
        Unanswered {
            failure,
            retry_after: error.retry_after(),
        }
    };
    // Before there is a place at the EHR: a slow signer takes none.
    let signed = SignedAhead::for_request(runtime, ehr, &endpoints.auth_server()).await;
    let signed = signed.map_err(|error| failed(error.into()))?;
    let place = runtime.places.take(ehr.desk(), PlaceKind::Refresh).await;
    let place = place.map_err(|busy| failed(busy.into()))?;
    let call = TokenCall {
        endpoints: &endpoints,
        form: TokenForm::client_credentials(scopes),
        requested: scopes,
        grant: Grant::ClientCredentials,
        signed,
        not_after: None,
        about: About {
            purpose: Purpose::Backend,
            people: People::default(),
        },
    };
    let requested_at = runtime.now();
    let response = call_token_endpoint(runtime, ehr, call, &place).await.map_err(failed)?;
    let token = BackendToken::of(response, scopes, requested_at, runtime.settings.tokens.default_lifetime);
    let denied = token.granted.uncovered(scopes);
    tracing::info!(ehr = ehr.key(), granted = %token.granted, %denied, "a backend token was obtained");
    Ok(token)
}
